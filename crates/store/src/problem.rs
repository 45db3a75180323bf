//! What a verification can find.

use std::fmt;
use std::path::PathBuf;

use landfall_hashing::Digest;

use crate::ObjectKind;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where, relative to the store.
    pub path: PathBuf,
    /// What.
    pub fault: Fault,
    /// Where it is now, relative to the store; none where it was left.
    pub moved_to: Option<PathBuf>,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// An object is not what its name says.
    Damaged {
        /// What kind of object.
        kind: ObjectKind,
        /// Its name.
        expected: Digest,
        /// What its bytes have; none where they cannot be read, and for a record.
        found: Option<Digest>,
    },
    /// A blob in the view of a root is not what its name says.
    DamagedView {
        /// The root.
        root: String,
        /// The blob's name.
        expected: Digest,
        /// What its bytes have; none where they cannot be read.
        found: Option<Digest>,
    },
    /// The file of a root cannot be read.
    DamagedRoot {
        /// The root.
        root: String,
    },
    /// A root holds what is not there.
    Misses {
        /// The root.
        root: String,
        /// What kind of object.
        kind: ObjectKind,
        /// Which one.
        digest: Digest,
    },
    /// No store puts such a file here.
    Foreign,
    /// This user may not read it.
    Unreadable,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged { expected, found: Some(found), .. }
            | Self::DamagedView { expected, found: Some(found), .. } => {
                write!(formatter, "has the digest {found} and should have {expected}")
            }
            Self::Damaged { kind, expected, found: None } => {
                write!(formatter, "cannot be read as the {kind} {expected}")
            }
            Self::DamagedView { expected, found: None, .. } => {
                write!(formatter, "cannot be read as the blob {expected}")
            }
            Self::DamagedRoot { root } => write!(formatter, "cannot be read as the root `{root}`"),
            Self::Misses { root, kind, digest } => {
                write!(
                    formatter,
                    "the root `{root}` holds the {kind} {digest}, which is not in the store"
                )
            }
            Self::Foreign => formatter.write_str("does not belong in a store"),
            Self::Unreadable => formatter.write_str("belongs to another user and cannot be read"),
        }
    }
}
