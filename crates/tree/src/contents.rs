//! Where the bytes of a tree's files come from.

use std::io::{self, Read};

use landfall_hashing::Digest;

/// Opens the bytes of a file by their digest.
///
/// An implementation MUST give the bytes of that digest or an error: whoever reads does not hash
/// again. It is asked from several threads at once.
pub trait Contents: Sync {
    /// A reader over the whole content.
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>>;
}

/// Nothing is known of where these bytes lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes of {digest} are at no known place")]
pub struct MissingContent {
    /// What was asked for.
    pub digest: Digest,
}

impl From<MissingContent> for io::Error {
    fn from(missing: MissingContent) -> Self {
        Self::new(io::ErrorKind::NotFound, missing)
    }
}
