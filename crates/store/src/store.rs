//! The store: opened, it holds a lease until it is dropped.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::StoreError;
use crate::error::Tried;
use crate::layout;
use crate::temporary::{Passage, RECORD, Temporary};
use crate::writer::Writer;

/// An open store. Threads share it; other processes may have the same folder open.
///
/// Whatever is asked for or written through it is kept by every garbage collection until it is
/// dropped, and after that as long as a root holds it.
pub struct Store {
    folder: PathBuf,
    writer: Result<Arc<Writer>, io::ErrorKind>,
}

impl Store {
    /// Opens the store in a folder, and makes one where the folder is new or empty.
    ///
    /// Removes what processes that are no more left in `tmp/`. A store that cannot be written is
    /// opened for reading; the first write then fails with [`StoreError::Unwritable`].
    ///
    /// Fails where the folder holds something else, or a store of a newer format.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        if layout::is_store(folder)? {
            return Self::attach(folder);
        }
        layout::refuse_foreign(folder)?;
        std::fs::create_dir_all(folder).tried("make the store", folder)?;
        let store = Self::attach(folder)?;
        store.write_top(layout::CACHE_TAG_FILE, layout::CACHE_TAG_TEXT)?;
        // Last, because it is what makes the folder a store.
        store.write_top(layout::FORMAT_FILE, &layout::format_text())?;
        Ok(store)
    }

    fn write_top(&self, name: &str, text: &str) -> Result<(), StoreError> {
        self.write(&self.folder.join(name), text.as_bytes(), &RECORD)
    }

    /// Opens a store that is there; [`StoreError::Absent`] where there is none.
    pub fn open_existing(folder: &Path) -> Result<Self, StoreError> {
        if layout::is_store(folder)? {
            return Self::attach(folder);
        }
        Err(StoreError::Absent { folder: folder.into() })
    }

    fn attach(folder: &Path) -> Result<Self, StoreError> {
        let writer = match Writer::attach(folder) {
            Ok(writer) => Ok(Arc::new(writer)),
            Err(error) => Err(error.refusal().ok_or(error)?),
        };
        Ok(Self { folder: folder.into(), writer })
    }

    /// The folder that was opened.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether anything can be written.
    pub fn is_writable(&self) -> bool {
        self.writer.is_ok()
    }

    /// The right to write, or why there is none.
    pub(crate) fn writer(&self) -> Result<&Arc<Writer>, StoreError> {
        let unwritable = |kind: &io::ErrorKind| StoreError::Unwritable {
            folder: self.folder.clone(),
            source: io::Error::from(*kind),
        };
        self.writer.as_ref().map_err(unwritable)
    }

    /// Writes a file of the store, whole or not at all.
    pub(crate) fn write(
        &self,
        path: &Path,
        bytes: &[u8],
        passage: &Passage,
    ) -> Result<(), StoreError> {
        let mut temporary = Temporary::new(self.writer()?)?;
        temporary.file.write_all(bytes).tried("write", temporary.path())?;
        temporary.place(path, passage)
    }
}
