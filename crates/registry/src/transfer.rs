//! What became of each part of an image on its way, and how far it is.

use landfall_hashing::Digest;

use crate::{Descriptor, Tag};

/// How a part came to be where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Its bytes went over the wire.
    Sent,
    /// The registry took it from another of its repositories.
    Mounted,
    /// It was there.
    Present,
}

/// One blob or manifest that a repository holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// What it is.
    pub part: Descriptor,
    /// How it came there.
    pub how: How,
}

/// An image that is where it should be, read back and compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its digest.
    pub digest: Digest,
    /// The tag that names it there.
    pub tag: Option<Tag>,
    /// Its blobs, the largest first.
    pub blobs: Vec<Transfer>,
    /// Its manifests, children before parents.
    pub manifests: Vec<Transfer>,
}

impl Published {
    /// The bytes of all parts that came there so.
    pub fn bytes(&self, how: How) -> u64 {
        let parts = self.blobs.iter().chain(&self.manifests);
        parts.filter(|transfer| transfer.how == how).map(|transfer| transfer.part.size_bytes).sum()
    }
}

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// What will be looked at; said once, first.
    Planned {
        /// Blobs.
        blobs: usize,
        /// Their bytes.
        total_bytes: u64,
    },
    /// A blob is on its way. It begins anew where an attempt fails, so it may go back.
    Sending {
        /// Which.
        digest: Digest,
        /// What has left.
        sent_bytes: u64,
        /// What will leave.
        size_bytes: u64,
    },
    /// A blob or manifest is there.
    Done(Transfer),
}
