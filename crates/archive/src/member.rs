//! One entry of an archive, as every container gives it.

use landfall_tree::{Attributes, EntryPath};

use crate::bytes::Content;
use crate::{ArchiveError, Place};

/// One entry; its path is as the archive has it, before anything is stripped.
pub(crate) struct Member {
    /// For messages.
    pub place: Place,
    /// Never the root: whoever reads a container passes over the root's own entry.
    pub path: EntryPath,
    pub kind: Kind,
    pub attributes: Attributes,
}

/// What an entry can be.
pub(crate) enum Kind {
    Directory,
    File {
        size_bytes: u64,
    },
    Symlink {
        target: String,
    },
    Hardlink {
        target: EntryPath,
    },
    /// What no image can hold, by its name; borne where it is not kept.
    Special(&'static str),
}

/// Who is shown the entries of an archive, in their order.
pub(crate) trait Visitor {
    /// Takes an entry; `content` is empty for all but files, and need not be read.
    fn visit(&mut self, member: Member, content: &mut Content<'_>) -> Result<(), ArchiveError>;
}
