//! What a package is compiled from, found by reading and without starting cargo.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use landfall_tree::EntryPath;
use toml::Value;

use crate::lockfile::{self, Lockfile};
use crate::manifest::Manifest;
use crate::workspace::{Reach, Workspace};
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
        root_manifest: workspace.narrowed(&reach)?,
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

/// Walks the Cargo.toml files by `path`, then Cargo.lock, until neither shows anything new.
fn reach(
    workspace: &Workspace,
    main: Manifest,
    lock: &Lockfile,
) -> Result<(Reach, Lockfile), CompileError> {
    let patches = workspace.patches()?;
    let name = main.package().unwrap_or_default().to_owned();
    let (mut reach, mut waiting) = (Reach::default(), vec![main]);
    loop {
        while let Some(manifest) = waiting.pop() {
            visit(workspace, manifest, &mut reach, &mut waiting)?;
        }
        let narrowed = lock.reach(&name, &reach.needs)?;
        let is_new = |folder: &&EntryPath| !reach.members.contains_key(folder);
        let patched = narrowed.packages().iter().filter_map(|package| patches.get(&package.name));
        let new: BTreeSet<_> = patched.filter(is_new).collect();
        if new.is_empty() {
            reach.locked = narrowed.packages().iter().map(|package| package.name.clone()).collect();
            return Ok((reach, narrowed));
        }
        waiting =
            new.into_iter().map(|folder| workspace.manifest(folder)).collect::<Result<_, _>>()?;
    }
}

fn visit(
    workspace: &Workspace,
    manifest: Manifest,
    reach: &mut Reach,
    waiting: &mut Vec<Manifest>,
) -> Result<(), CompileError> {
    if reach.members.contains_key(&manifest.folder) {
        return Ok(());
    }
    check_owner(&manifest)?;
    let mut needs = BTreeSet::new();
    for line in manifest.dependencies() {
        let dependency = workspace.dependency(&manifest, &line)?;
        reach.inherited.extend(dependency.inherited);
        needs.insert(dependency.package);
        if let Some(folder) = dependency.folder {
            waiting.push(workspace.manifest(&folder)?);
        }
    }
    let name = manifest.package().unwrap_or_default().to_owned();
    reach.needs.entry(name).or_default().extend(needs);
    reach.members.insert(manifest.folder.clone(), manifest);
    Ok(())
}

/// What a package of another workspace inherits stands in that workspace's Cargo.toml, and its
/// lock is another one, too.
fn check_owner(manifest: &Manifest) -> Result<(), CompileError> {
    if manifest.folder.is_root() || !manifest.table.contains_key("workspace") {
        return Ok(());
    }
    let wanted =
        "absent: the package is reached from another workspace, and can belong to one only";
    Err(CompileError::Field { path: manifest.path.clone(), field: "[workspace]".into(), wanted })
}

/// The names of a package's binaries (Cargo book, "Target auto-discovery"), sorted.
fn binaries(workspace: &Path, manifest: &Manifest) -> Vec<String> {
    let folder = workspace.join(manifest.folder.as_str());
    let listed = manifest.table.get("bin").and_then(Value::as_array);
    let listed: Vec<_> = listed.into_iter().flatten().collect();
    let text = |table: &Value, key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let claimed: BTreeSet<_> = listed.iter().filter_map(|table| text(table, "path")).collect();
    let mut names: BTreeSet<_> = listed.iter().filter_map(|table| text(table, "name")).collect();
    let automatic =
        manifest.table.get("package").and_then(|package| package.get("autobins")?.as_bool());
    if automatic != Some(false) {
        let found = automatic_binaries(&folder, manifest.package().unwrap_or_default());
        names.extend(
            found.into_iter().filter(|(path, _)| !claimed.contains(path)).map(|(_, name)| name),
        );
    }
    names.into_iter().collect()
}

/// Pairs of a file and the binary that cargo makes of it unasked.
fn automatic_binaries(folder: &Path, package: &str) -> Vec<(String, String)> {
    let main = folder
        .join("src/main.rs")
        .is_file()
        .then(|| ("src/main.rs".to_owned(), package.to_owned()));
    let entries = folder.join("src/bin").read_dir().into_iter().flatten().flatten();
    let others = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        if let Some(stem) = name.strip_suffix(".rs") {
            return Some((format!("src/bin/{name}"), stem.to_owned()));
        }
        entry.path().join("main.rs").is_file().then(|| (format!("src/bin/{name}/main.rs"), name))
    });
    main.into_iter().chain(others).collect()
}
