//! What can go wrong with the store, and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use landfall_hashing::Digest;

use crate::ObjectKind;

/// An operation on the store that failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The system refused.
    #[error("cannot {operation} `{}`", path.display())]
    Io {
        /// What was tried, as it follows "cannot".
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A command that only reads found no store.
    #[error("there is no store in `{}`", folder.display())]
    Absent {
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// The store was written by a newer Landfall.
    #[error("the store in `{}` has format {found}; up to {known} is known", folder.display())]
    Newer {
        /// The store.
        folder: PathBuf,
        /// The number in its `format` file.
        found: u64,
        /// The newest number that this version knows.
        known: u64,
    },
    /// The file `format` says something else than a format.
    #[error("`{}` is not the format file of a store", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// A folder that holds something else is not made a store.
    #[error("`{}` is no store, and it is not empty: it holds `{entry}`", folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// The first of the entries that no store has.
        entry: String,
    },
    /// The store was opened for reading because it cannot be written, and a write was asked for.
    #[error("the store in `{}` can only be read", folder.display())]
    Unwritable {
        /// The store.
        folder: PathBuf,
        /// What the system said when the store was opened.
        source: io::Error,
    },
    /// Bytes are not those that were announced.
    #[error("the bytes have the digest {found}, and {expected} was wanted")]
    Mismatch {
        /// What the caller wanted.
        expected: Digest,
        /// What the bytes have.
        found: Digest,
    },
    /// Something that is needed is not in the store.
    #[error("the {kind} {digest} is not in the store")]
    Missing {
        /// What kind of object.
        kind: ObjectKind,
        /// Which one.
        digest: Digest,
    },
    /// An object is not what its name says.
    #[error("the {kind} {digest} is damaged: its bytes have the digest {found}")]
    Damaged {
        /// What kind of object.
        kind: ObjectKind,
        /// Its name.
        digest: Digest,
        /// What its bytes have.
        found: Digest,
    },
    /// A blob that was to be read into memory is no small document.
    #[error("the blob {digest} has {size_bytes} bytes; at most {limit_bytes} are read at once")]
    TooLarge {
        /// Which blob.
        digest: Digest,
        /// Its length.
        size_bytes: u64,
        /// What is allowed.
        limit_bytes: u64,
    },
    /// A name cannot stand for a root or a cache.
    #[error("`{}` cannot be a name in the store", name.escape_debug())]
    Name {
        /// What was given.
        name: String,
    },
    /// What a root holds cannot be read, so nothing may be removed.
    #[error("the root `{name}` cannot be read from `{}`", path.display())]
    DamagedRoot {
        /// Its name.
        name: String,
        /// Its file.
        path: PathBuf,
    },
    /// A record has no written form.
    #[error("cannot write the record `{}`", path.display())]
    Record {
        /// Where it was to go.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
}

impl StoreError {
    /// What the user can do, in one sentence; none where the message says it all.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Io { path, source, .. } | Self::Unwritable { folder: path, source } => {
                return hint_for_system(path, source);
            }
            Self::Absent { .. } => "`landfall build` makes it; `--store DIR` names another place",
            Self::Newer { .. } => "upgrade Landfall, or name another folder with `--store DIR`",
            Self::Foreign { .. } => "name an empty or a new folder with `--store DIR`",
            Self::Missing { .. } | Self::Damaged { .. } => {
                "build again: what is missing is made anew"
            }
            Self::Name { .. } => {
                "a name has 1 to 200 bytes, no `/`, no control character, and no `.` in front"
            }
            Self::Format { path } => {
                return Some(format!("remove `{}` to have an empty store there", parent(path)));
            }
            Self::DamagedRoot { path, .. } => {
                return Some(format!("build that app again, or remove `{}`", parent(path)));
            }
            Self::Mismatch { .. } | Self::TooLarge { .. } | Self::Record { .. } => return None,
        };
        Some(hint.into())
    }

    /// Whether the system does not let this user write here.
    pub(crate) fn refusal(&self) -> Option<io::ErrorKind> {
        let Self::Io { source, .. } = self else { return None };
        let kind = source.kind();
        matches!(kind, io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied)
            .then_some(kind)
    }
}

fn parent(path: &Path) -> std::path::Display<'_> {
    path.parent().unwrap_or(path).display()
}

fn hint_for_system(path: &Path, error: &io::Error) -> Option<String> {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full: free some space, for example with `landfall store gc`".into()
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "the file system is mounted read-only: name a store elsewhere with `--store DIR`".into()
        }
        io::ErrorKind::PermissionDenied => {
            format!(
                "`{}` belongs to another user: name your own store with `--store DIR`",
                path.display()
            )
        }
        io::ErrorKind::CrossesDevices => {
            "all folders of a store must lie on one file system: undo the mount or link inside it"
                .into()
        }
        io::ErrorKind::Unsupported => {
            "the file system lacks file locks: name a store on a local disk with `--store DIR`"
                .into()
        }
        _ => return None,
    };
    Some(hint)
}

/// Says what was tried where the system fails.
pub(crate) trait Tried<T> {
    /// `operation` follows "cannot" in the message.
    fn tried(self, operation: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T, E: Into<io::Error>> Tried<T> for Result<T, E> {
    fn tried(self, operation: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Io {
            operation,
            path: path.into(),
            source: source.into(),
        })
    }
}
