//! One named node of a tree.

use std::collections::BTreeMap;

use landfall_hashing::Digest;

use crate::EntryPath;

/// A path with what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where; the root of a tree that is a single file has the empty path.
    pub path: EntryPath,
    /// What.
    pub node: Node,
    /// Mode, owner and time.
    pub attributes: Attributes,
}

/// What can stand at a path. Devices, sockets and FIFOs have no place in an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A folder.
    Directory,
    /// A file, known by its bytes.
    File {
        /// Its length.
        size_bytes: u64,
        /// Of its bytes.
        digest: Digest,
    },
    /// A symbolic link; the target is kept as it is written and never followed.
    Symlink {
        /// May be absolute, may dangle, may have more `..` than the link is deep.
        target: String,
    },
    /// Another name of a file of the same tree. Of all its names the smallest is the file, so
    /// that equal trees have equal listings; all have the same attributes.
    Hardlink {
        /// The file, which sorts and stands before the link in every stream.
        target: EntryPath,
    },
}

/// What a tree knows of a node beside its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    /// The lower twelve bits of `st_mode`.
    pub mode: u16,
    /// Owner; trees made from folders have 0.
    pub user_id: u32,
    /// Group; trees made from folders have 0.
    pub group_id: u32,
    /// Seconds since 1970 where time is content (archives); else the image's constant is used.
    pub modified_seconds: Option<i64>,
    /// Extended attributes that may go into a layer, by name.
    pub extended: BTreeMap<String, Vec<u8>>,
}

impl Attributes {
    /// A folder, or a file that can be executed.
    pub const EXECUTABLE: u16 = 0o755;
    /// A file that cannot be executed.
    pub const PLAIN: u16 = 0o644;
    /// A symbolic link's mode is never looked at; one value keeps layers equal.
    pub const SYMLINK: u16 = 0o777;

    /// Owned by root, without a time of its own.
    pub fn with_mode(mode: u16) -> Self {
        Self { mode, user_id: 0, group_id: 0, modified_seconds: None, extended: BTreeMap::new() }
    }
}
