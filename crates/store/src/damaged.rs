//! Moves what is wrong out of the way, so that the next build makes it anew.
//!
//! It is kept in `damaged/` for whoever wants to know what happened, until the next garbage
//! collection.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::error::Tried;
use crate::layout::DAMAGED;
use crate::writer::Writer;

/// Which file was looked at, whatever its name is by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// No file has it.
    pub const NONE: Self = Self { device: 0, inode: 0 };

    /// Of an open file or of what stands at a path.
    pub fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// Moves `path` to `damaged/` if `witness` (the path itself, or a file below it) is still what was
/// found to be wrong; another process may have healed it meanwhile. Gives the new place.
pub(crate) fn set_aside(
    writer: &Writer,
    path: &Path,
    witness: (&Path, Identity),
) -> Result<Option<PathBuf>, StoreError> {
    let _alone = writer.gate.exclusive().tried("lock the store in", &writer.folder)?;
    let same =
        fs::symlink_metadata(witness.0).is_ok_and(|metadata| Identity::of(&metadata) == witness.1);
    if !same {
        return Ok(None);
    }
    let place = free_place(&writer.folder, path);
    landfall_failpoint::hit("gc::before-remove");
    fs::rename(path, &place).tried("move aside", path)?;
    landfall_failpoint::hit("gc::after-remove");
    Ok(Some(place))
}

/// Moves away what is no file but stands where a file is about to go.
pub(crate) fn clear_way(writer: &Writer, path: &Path) -> Result<(), StoreError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => {
            set_aside(writer, path, (path, Identity::of(&metadata))).map(drop)
        }
        _ => Ok(()),
    }
}

/// `trees/ab/abcd…` comes to `damaged/trees-ab-abcd…`, or to `….2` where that is taken.
fn free_place(folder: &Path, path: &Path) -> PathBuf {
    let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('/', "-");
    let place = |number: u64| match number {
        1 => folder.join(DAMAGED).join(&name),
        _ => folder.join(DAMAGED).join(format!("{name}.{number}")),
    };
    let is_free = |place: &PathBuf| fs::symlink_metadata(place).is_err();
    (1..).map(place).find(is_free).expect("there are more numbers than files")
}
