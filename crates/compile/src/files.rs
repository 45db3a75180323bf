//! The files of a package's folder.
//!
//! Every file counts, because any of them can be read by the code or by a build script. Passed
//! over are: `target` and `.git`, folders that another program marked as a cache (CACHEDIR.TAG,
//! bford.info/cachedir), folders below that hold a package of their own, `app.lock` beside an
//! `app.toml` (the first build writes it, and must not make the second one compile again), and in
//! the workspace's own folder the files that are written anew for the compile (Cargo.toml, Cargo.lock) and
//! `.cargo`, whose settings hold for a developer's builds only.

use std::fs::{self, DirEntry, FileType};
use std::path::{Path, PathBuf};

use landfall_tree::EntryPath;

use crate::CompileError;

/// What a package's own folder passes over.
const NEVER: &[&str] = &["target", ".git"];
/// What the workspace's folder passes over, too.
const OF_THE_ROOT: &[&str] = &["Cargo.toml", "Cargo.lock", ".cargo"];

/// Lists files and links of packages.
pub(crate) struct Lister {
    workspace: PathBuf,
    /// With every link followed, for judging where links lead.
    folders: Vec<PathBuf>,
    files: Vec<EntryPath>,
}

/// Lists the files of all the folders, sorted, relative to the workspace.
pub(crate) fn list<'a>(
    workspace: &Path,
    folders: impl Iterator<Item = &'a EntryPath> + Clone,
) -> Result<Vec<EntryPath>, CompileError> {
    let real = folders.clone().map(|folder| canonical(&workspace.join(folder.as_str())));
    let folders_followed = real.collect::<Result<_, _>>()?;
    let mut lister =
        Lister { workspace: workspace.into(), folders: folders_followed, files: Vec::new() };
    for folder in folders {
        lister.package(folder)?;
    }
    lister.files.sort();
    lister.files.dedup();
    Ok(lister.files)
}

fn canonical(path: &Path) -> Result<PathBuf, CompileError> {
    path.canonicalize().map_err(|source| CompileError::Read { path: path.into(), source })
}

impl Lister {
    fn package(&mut self, folder: &EntryPath) -> Result<(), CompileError> {
        let skipped =
            |name: &str| NEVER.contains(&name) || (folder.is_root() && OF_THE_ROOT.contains(&name));
        for entry in self.entries(folder)? {
            if !entry.file_name().to_str().is_some_and(skipped) {
                self.entry(folder, &entry)?;
            }
        }
        Ok(())
    }

    fn below(&mut self, folder: &EntryPath) -> Result<(), CompileError> {
        let entries = self.entries(folder)?;
        let ends = |entry: &DirEntry| {
            entry.file_name() == "Cargo.toml" || entry.file_name() == "CACHEDIR.TAG"
        };
        if entries.iter().any(ends) {
            return Ok(());
        }
        entries
            .iter()
            .filter(|entry| entry.file_name() != ".git")
            .try_for_each(|entry| self.entry(folder, entry))
    }

    fn entries(&self, folder: &EntryPath) -> Result<Vec<DirEntry>, CompileError> {
        let path = self.workspace.join(folder.as_str());
        let failed = |source| CompileError::Read { path: path.clone(), source };
        let entries = fs::read_dir(&path).map_err(failed)?.collect::<Result<Vec<_>, _>>();
        Ok(without_app_lock(entries.map_err(failed)?))
    }

    fn entry(&mut self, folder: &EntryPath, entry: &DirEntry) -> Result<(), CompileError> {
        let path = below(folder, entry)?;
        let failed = |source| CompileError::Read { path: entry.path(), source };
        let kind: FileType = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            return self.below(&path);
        }
        if kind.is_symlink() {
            self.check_link(&entry.path())?;
        } else if !kind.is_file() {
            return Err(CompileError::Special { path: entry.path() });
        }
        self.files.push(path);
        Ok(())
    }

    /// A link must be relative and lead to what is compiled, or it would lead nowhere, or
    /// elsewhere, on another machine.
    fn check_link(&self, link: &Path) -> Result<(), CompileError> {
        let failed = |source| CompileError::Read { path: link.into(), source };
        let target = fs::read_link(link).map_err(failed)?;
        let followed = canonical(link)?;
        let inside = self.folders.iter().any(|folder| followed.starts_with(folder));
        if target.is_relative() && inside {
            return Ok(());
        }
        Err(CompileError::LinkOutside { path: link.into(), target })
    }
}

fn without_app_lock(mut entries: Vec<DirEntry>) -> Vec<DirEntry> {
    if entries.iter().any(|entry| entry.file_name() == "app.toml") {
        entries.retain(|entry| entry.file_name() != "app.lock");
    }
    entries
}

fn below(folder: &EntryPath, entry: &DirEntry) -> Result<EntryPath, CompileError> {
    let name = entry.file_name();
    let name = name.to_str().ok_or_else(|| CompileError::NotText { path: entry.path() })?;
    let name = name.parse().map_err(|source| CompileError::Path { path: entry.path(), source })?;
    let path = folder.join(&name);
    path.check_length().map_err(|source| CompileError::Path { path: entry.path(), source })?;
    Ok(path)
}
