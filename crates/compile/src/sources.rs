//! What a package is compiled from, found by reading and without starting cargo.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use landfall_tree::EntryPath;

use crate::binaries::binaries;
use crate::lockfile::{self, Lockfile};
use crate::manifest::Manifest;
use crate::reach::reach;
use crate::root_manifest::root_manifest;
use crate::workspace::Workspace;
use crate::{CompileError, files};

/// The inputs of a compile: files of the workspace, and the two texts that stand for the rest.
#[derive(Debug, Clone)]
pub struct Sources {
    workspace: PathBuf,
    package: String,
    folders: BTreeMap<EntryPath, String>,
    files: Vec<EntryPath>,
    binaries: Vec<String>,
    root_manifest: String,
    lock: Lockfile,
}

/// Finds what `package` of the workspace in a folder is compiled from.
///
/// That is: its folder and those of its path dependencies (normal and build dependencies of every
/// target and feature, and what `[patch]` puts in their place), the root Cargo.toml without what
/// the package does not reach, and that part of Cargo.lock. Needs of tests are left out.
///
/// Fails where a file cannot be read or understood, where a path dependency or a link leads out
/// of the workspace, and where Cargo.lock is missing or older than the Cargo.toml files.
pub fn discover(workspace: &Path, package: &str) -> Result<Sources, CompileError> {
    let workspace = Workspace::open(workspace)?;
    let lock = Lockfile::read(lockfile::path_in(&workspace.folder))?;
    let main = workspace.find(package)?;
    let binaries = binaries(&workspace.folder, &main);
    let (reach, lock) = reach(&workspace, main, &lock)?;
    let name = |manifest: &Manifest| manifest.package().unwrap_or_default().to_owned();
    Ok(Sources {
        package: package.into(),
        files: files::list(&workspace.folder, reach.members.keys())?,
        binaries,
        root_manifest: root_manifest(&workspace, &reach)?,
        lock,
        folders: reach
            .members
            .iter()
            .map(|(folder, manifest)| (folder.clone(), name(manifest)))
            .collect(),
        workspace: workspace.folder,
    })
}

impl Sources {
    /// The folder of the workspace.
    pub fn workspace(&self) -> &Path {
        &self.workspace
    }

    /// The name of the package.
    pub fn package(&self) -> &str {
        &self.package
    }

    /// The folders that the files stand in, with the name of the package of each.
    pub fn folders(&self) -> &BTreeMap<EntryPath, String> {
        &self.folders
    }

    /// All files and links, sorted, relative to the workspace. The caller makes a tree of them.
    pub fn files(&self) -> &[EntryPath] {
        &self.files
    }

    /// The root Cargo.toml that is compiled with.
    pub fn root_manifest(&self) -> &str {
        &self.root_manifest
    }

    /// The part of Cargo.lock that the package reaches, with every reference spelled out.
    pub fn lock(&self) -> String {
        self.lock.to_text()
    }

    pub(crate) fn lockfile(&self) -> &Lockfile {
        &self.lock
    }

    /// Which binary is meant: the one that was named; else the only one, or the one that is
    /// named as the package.
    pub fn binary(&self, wanted: Option<&str>) -> Result<String, CompileError> {
        let (package, known) = (self.package.clone(), self.binaries.clone());
        match (wanted, known.as_slice()) {
            (Some(name), _) if known.iter().any(|known| known == name) => Ok(name.into()),
            (_, []) => Err(CompileError::NoBinary { package }),
            (Some(name), _) => {
                Err(CompileError::UnknownBinary { package, binary: name.into(), known })
            }
            (None, [only]) => Ok(only.clone()),
            (None, _) if known.contains(&package) => Ok(package),
            (None, _) => Err(CompileError::SeveralBinaries { package, known }),
        }
    }
}
