//! What one package of a workspace reaches.

use std::collections::{BTreeMap, BTreeSet};

use landfall_tree::EntryPath;

use crate::CompileError;
use crate::lockfile::Lockfile;
use crate::manifest::Manifest;
use crate::workspace::Workspace;

/// What a package reaches: the packages of the workspace, and names.
#[derive(Default)]
pub(crate) struct Reach {
    /// Packages of the workspace by their folder.
    pub members: BTreeMap<EntryPath, Manifest>,
    /// Keys of [workspace.dependencies] that they take.
    pub inherited: BTreeSet<String>,
    /// Names of packages that each of them needs, by its own name.
    pub needs: BTreeMap<String, BTreeSet<String>>,
    /// Names of all packages that are reached in Cargo.lock.
    pub locked: BTreeSet<String>,
}

/// Walks the Cargo.toml files by `path`, then Cargo.lock, until neither shows anything new.
pub(crate) fn reach(
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
