//! What a file's stat says, to see without reading whether it changed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A file that something was learnt from, as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Watched {
    path: PathBuf,
    /// None where nothing stood there.
    stamp: Option<Stamp>,
}

/// Links are followed, so that a link set to another file shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    device: u64,
    inode: u64,
    size_bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Watched {
    pub(crate) fn now(path: impl AsRef<Path>) -> Self {
        let stamp = fs::metadata(&path).ok().map(|metadata| Stamp {
            device: metadata.dev(),
            inode: metadata.ino(),
            size_bytes: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        });
        Self { path: path.as_ref().to_owned(), stamp }
    }

    pub(crate) fn is_as_it_was(&self) -> bool {
        Self::now(&self.path) == *self
    }
}
