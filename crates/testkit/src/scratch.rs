//! A temporary folder for one server or judge, removed with its owner, and kept where a test
//! failed, because the logs are in it.

use std::fs;
use std::path::PathBuf;
use std::thread;

use tempfile::TempDir;

use crate::{RigError, namespaces};

/// A temporary folder with some folders in it.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: TempDir,
    kept: bool,
}

impl Scratch {
    /// Makes a temporary folder that holds `folders`.
    pub(crate) fn new(folders: &[&str]) -> Result<Self, RigError> {
        // Short, because the path of a socket may have about a hundred bytes.
        let folder = tempfile::Builder::new()
            .prefix("landfall-")
            .tempdir()
            .map_err(|source| RigError::File { path: "a temporary folder".into(), source })?;
        let scratch = Self { folder, kept: false };
        for name in folders {
            let path = scratch.path(name);
            fs::create_dir(&path).map_err(|source| RigError::File { path, source })?;
        }
        Ok(scratch)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes one file and gives its path.
    pub(crate) fn write(&self, name: &str, contents: &str) -> Result<PathBuf, RigError> {
        let path = self.path(name);
        match fs::write(&path, contents) {
            Ok(()) => Ok(path),
            Err(source) => Err(RigError::File { path, source }),
        }
    }

    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>, RigError> {
        let path = self.path(name);
        fs::read(&path).map_err(|source| RigError::File { path, source })
    }

    /// Leaves the folder where it is, because an error names a file in it.
    pub(crate) fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.kept || thread::panicking() {
            self.folder.disable_cleanup(true);
        } else {
            // Without root, what was unpacked belongs to ids that only the namespace may touch;
            // where this fails, TempDir does what it can.
            let _ = namespaces::remove(self.folder.path());
        }
    }
}
