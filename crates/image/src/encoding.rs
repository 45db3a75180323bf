//! Which bytes stand for a layer: the tar dialect and the compression, under one version.

use std::fmt;
use std::str::FromStr;

/// How the bytes of a layer are written. A digest is the same for ever under one encoding; a
/// change that alters a byte MUST be a new version, and old ones stay.
///
/// Version 1: ustar with sorted PAX records (`tar_header`); gzip as members of 1 MiB of input by
/// libdeflate 1.26.1 at a level that the bytes of each block decide, or stored; zstd 1.5.7 at level 3 as
/// frames of 4 MiB of input with content size and checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encoding {
    /// The first.
    V1,
}

impl Encoding {
    /// What a new lock gets.
    pub const NEWEST: Self = Self::V1;

    /// The number that app.lock and layer derivations hold.
    pub fn number(self) -> u32 {
        match self {
            Self::V1 => 1,
        }
    }
}

impl TryFrom<u32> for Encoding {
    type Error = UnknownEncoding;

    fn try_from(number: u32) -> Result<Self, UnknownEncoding> {
        match number {
            1 => Ok(Self::V1),
            _ => Err(UnknownEncoding { number }),
        }
    }
}

/// A number that this version of Landfall does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("encoding {number} is not known to this version; the newest it knows is {}", Encoding::NEWEST.number())]
pub struct UnknownEncoding {
    /// What was asked for.
    pub number: u32,
}

/// How a layer is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Compression {
    /// Read by every runtime.
    #[default]
    Gzip,
    /// Read by containerd since 1.5 and by Docker since 23.
    Zstd,
}

impl Compression {
    /// The layer's media type (image-spec, layer.md).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
            Self::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        })
    }
}

impl FromStr for Compression {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            _ => Err(()),
        }
    }
}
