//! An image, and what people call it.

use std::fmt;

use landfall_hashing::Digest;

/// An image by its digest, and the version that it was built as.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageVersion {
    /// The image's one digest, that of its index.
    pub digest: Digest,
    /// For people: two images may have one version.
    pub version: String,
}

/// `1.0.0 (sha256:0f764241465e…)`.
impl fmt::Display for ImageVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (sha256:{}…)", self.version, self.digest.short())
    }
}
