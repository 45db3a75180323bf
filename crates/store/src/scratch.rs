//! Room for work in progress, which disappears with the process.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::Tried;
use crate::layout::TEMPORARY;
use crate::writer::{self, Writer};
use crate::{Store, StoreError};

/// A folder in `tmp/`; removed when dropped, or, where the process died, when the store is next
/// opened.
pub struct ScratchFolder {
    path: PathBuf,
    /// Keeps the lease, without which the folder would pass for one left behind.
    _writer: Arc<Writer>,
}

impl ScratchFolder {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        // What stays is removed when the store is next opened.
        let _ = writer::remove(&self.path);
    }
}

impl Store {
    /// A file without a name, for reading and writing; gone when closed.
    pub fn scratch(&self) -> Result<File, StoreError> {
        self.writer()?;
        let folder = self.folder().join(TEMPORARY);
        tempfile::tempfile_in(&folder).tried("create a file in", &folder)
    }

    /// An empty folder.
    pub fn scratch_folder(&self) -> Result<ScratchFolder, StoreError> {
        let writer = self.writer()?;
        let path = writer.temporary_path();
        fs::create_dir(&path).tried("make the folder", &path)?;
        Ok(ScratchFolder { path, _writer: Arc::clone(writer) })
    }
}
