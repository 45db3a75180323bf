//! A file that comes to its place whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::damaged;
use crate::error::Tried;
use crate::writer::Writer;

/// How a kind of file comes to its place.
pub(crate) struct Passage {
    /// The failpoint before the rename.
    pub before: &'static str,
    /// The failpoint after the rename.
    pub after: &'static str,
    /// Whether the file must outlive a power cut.
    pub durable: bool,
}

/// Blobs.
pub(crate) const BLOB: Passage =
    Passage { before: "blob::before-rename", after: "blob::after-rename", durable: true };
/// Trees, realisations and the format.
pub(crate) const RECORD: Passage =
    Passage { before: "record::before-rename", after: "record::after-rename", durable: true };
/// Caches, which carry their own checksum and may be lost.
pub(crate) const CACHE: Passage =
    Passage { before: "record::before-rename", after: "record::after-rename", durable: false };
/// Roots.
pub(crate) const ROOT: Passage =
    Passage { before: "root::before-rename", after: "root::after-rename", durable: true };

/// A file in `tmp/`, removed when dropped before it was placed.
pub(crate) struct Temporary<'store> {
    /// Open for writing.
    pub file: File,
    path: PathBuf,
    writer: &'store Writer,
    placed: bool,
}

impl<'store> Temporary<'store> {
    /// Makes an empty file that can be written through this handle only: nothing in a store is
    /// written a second time. The user's umask decides who may read it.
    pub fn new(writer: &'store Writer) -> Result<Self, StoreError> {
        let path = writer.temporary_path();
        let file = OpenOptions::new().write(true).create_new(true).mode(0o444).open(&path);
        Ok(Self { file: file.tried("create", &path)?, path, writer, placed: false })
    }

    /// Where the file is until it is placed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Flushes the file and moves it to its place, over whatever stood there.
    pub fn place(mut self, destination: &Path, passage: &Passage) -> Result<(), StoreError> {
        if passage.durable {
            self.file.sync_data().tried("write", &self.path)?;
        }
        // Counts as used since this process started, by the store's clock and not by the system's.
        self.writer.lease.start.set_on(&self.file).tried("date", &self.path)?;
        damaged::clear_way(self.writer, destination)?;
        self.rename(destination, passage)?;
        if passage.durable { sync_folder(destination.parent()) } else { Ok(()) }
    }

    fn rename(&mut self, destination: &Path, passage: &Passage) -> Result<(), StoreError> {
        let _held = self.writer.shared()?;
        landfall_failpoint::hit(passage.before);
        let outcome = match fs::rename(&self.path, destination) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_folder_of(destination)?;
                fs::rename(&self.path, destination)
            }
            outcome => outcome,
        };
        outcome.tried("rename a finished file to", destination)?;
        self.placed = true;
        landfall_failpoint::hit(passage.after);
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.placed {
            // What stays is removed when the store is next opened.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes the folder that a file goes to, so that it outlives a power cut as the file will.
pub(crate) fn make_folder_of(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).tried("make the folder", folder)?;
    sync_folder(folder.parent())
}

/// Flushes a folder, which makes the renames into it durable.
pub(crate) fn sync_folder(folder: Option<&Path>) -> Result<(), StoreError> {
    let Some(folder) = folder else { return Ok(()) };
    File::open(folder).and_then(|folder| folder.sync_all()).tried("flush", folder)
}
