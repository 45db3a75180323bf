//! A copy of exactly the inputs, which is what cargo sees.
//!
//! Each file is checked against the tree that the id was taken of, so what is compiled is what
//! was hashed, even where an editor saves in between. The copies are new, and cargo compares
//! times: packages of the workspace are always compiled anew, dependencies are not.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use landfall_hashing::Digest;
use landfall_tree::{Entry, EntryPath, Node, Tree};

use crate::manifest::{drop_development, parse};
use crate::{CompileError, Sources, lockfile};

/// Writes the workspace that has only what the package reaches into an empty folder.
pub(crate) fn write(sources: &Sources, tree: &Tree, folder: &Path) -> Result<(), CompileError> {
    let parents: BTreeSet<_> =
        tree.entries().iter().flat_map(|entry| entry.path.ancestors()).collect();
    for parent in parents.iter().chain(sources.folders().keys()) {
        make_folder(&folder.join(parent.as_str()))?;
    }
    for entry in tree.entries() {
        copy(sources, tree, entry, &folder.join(entry.path.as_str()))?;
        landfall_failpoint::hit("shadow::half-written");
    }
    for member in sources.folders().keys().filter(|member| !member.is_root()) {
        drop_tests(&folder.join(member.as_str()).join("Cargo.toml"))?;
    }
    write_file(&folder.join("Cargo.toml"), sources.root_manifest().as_bytes(), false)?;
    write_file(&lockfile::path_in(folder), sources.lock().as_bytes(), false)
}

fn copy(sources: &Sources, tree: &Tree, entry: &Entry, place: &Path) -> Result<(), CompileError> {
    let executable = entry.attributes.mode & 0o111 != 0;
    let failed = |source| CompileError::Write { path: place.into(), source };
    match &entry.node {
        Node::Directory => make_folder(place),
        Node::Symlink { target } => symlink(target, place).map_err(failed),
        Node::File { digest, .. } => copy_file(sources, &entry.path, digest, place, executable),
        Node::Hardlink { target } => match tree.get(target).map(|entry| &entry.node) {
            Some(Node::File { digest, .. }) => {
                copy_file(sources, target, digest, place, executable)
            }
            _ => Err(CompileError::Changed { path: target.clone() }),
        },
    }
}

fn copy_file(
    sources: &Sources,
    path: &EntryPath,
    digest: &Digest,
    place: &Path,
    executable: bool,
) -> Result<(), CompileError> {
    let from = sources.workspace().join(path.as_str());
    let bytes = fs::read(&from).map_err(|source| CompileError::Read { path: from, source })?;
    if Digest::of(&bytes) != *digest {
        return Err(CompileError::Changed { path: path.clone() });
    }
    write_file(place, &bytes, executable)
}

fn drop_tests(manifest: &PathBuf) -> Result<(), CompileError> {
    let read = |source| CompileError::Read { path: manifest.clone(), source };
    let mut table = parse(manifest, &fs::read_to_string(manifest).map_err(read)?)?;
    if drop_development(&mut table) {
        return write_file(manifest, table.to_string().as_bytes(), false);
    }
    Ok(())
}

/// Folders and files have the modes that they would have anywhere, whatever the umask is.
fn make_folder(folder: &Path) -> Result<(), CompileError> {
    let failed = |source| CompileError::Write { path: folder.into(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    fs::set_permissions(folder, Permissions::from_mode(0o755)).map_err(failed)
}

pub(crate) fn write_file(path: &Path, bytes: &[u8], executable: bool) -> Result<(), CompileError> {
    let mode = if executable { 0o755 } else { 0o644 };
    let write = || -> io::Result<()> {
        fs::write(path, bytes)?;
        fs::set_permissions(path, Permissions::from_mode(mode))
    };
    write().map_err(|source| CompileError::Write { path: path.into(), source })
}
