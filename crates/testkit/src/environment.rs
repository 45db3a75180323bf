//! What the rig asks of the machine around it; the one file of this crate that reads the
//! environment. What it starts gets a cleared environment made from these answers.
#![allow(
    clippy::disallowed_methods,
    reason = "the rig is a front of its own: somebody has to say where caches and programs are"
)]

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::{RigError, WorkspaceError};

/// Folders that Debian leaves out of an ordinary user's PATH although `runc` and others live there.
const SYSTEM_FOLDERS: [&str; 2] = ["/usr/sbin", "/sbin"];

/// PATH, with the folders of system programs at its end.
pub(crate) fn search_path() -> OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    for folder in SYSTEM_FOLDERS {
        if !path.is_empty() {
            path.push(":");
        }
        path.push(folder);
    }
    path
}

/// Where built tools are kept between runs: never inside the checkout, so that cleaning one does
/// not throw away the other.
pub(crate) fn cache_folder() -> Result<PathBuf, RigError> {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(folder) = named("LANDFALL_TEST_CACHE") {
        return Ok(folder.into());
    }
    let cache = named("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| named("HOME").map(|home| Path::new(&home).join(".cache")))
        .ok_or(RigError::NoCacheFolder)?;
    Ok(cache.join("landfall/rig"))
}

/// The `landfall` binary: `$LANDFALL_BIN`, or what cargo put beside the running test.
pub(crate) fn landfall_binary() -> Result<PathBuf, WorkspaceError> {
    if let Some(binary) = std::env::var_os("LANDFALL_BIN") {
        return existing(binary.into());
    }
    let test = std::env::current_exe()
        .map_err(|source| WorkspaceError::Folder { path: "the running test".into(), source })?;
    // Tests run from `target/PROFILE/deps`, binaries from `target/PROFILE`.
    let folder = test.parent().unwrap_or(Path::new("."));
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    existing(folder.join("landfall"))
}

/// The path in full, because what is started stands in another folder.
fn existing(binary: PathBuf) -> Result<PathBuf, WorkspaceError> {
    binary.canonicalize().map_err(|source| WorkspaceError::NoBinary { binary, source })
}

/// Where rustup and cargo keep their files, which follow HOME unless they are named.
pub(crate) fn toolchain_folders() -> Vec<(&'static str, PathBuf)> {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")]
        .into_iter()
        .filter_map(|(name, below_home)| {
            let named = std::env::var_os(name).map(PathBuf::from);
            Some((name, named.or_else(|| Some(home.as_ref()?.join(below_home)))?))
        })
        .collect()
}
