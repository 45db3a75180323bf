//! What the compressions have in common: members that begin, give bytes and end.

mod deflate;
mod gzip;
mod xz;
mod zstd;

pub(crate) use deflate::{Deflate, Stored};
pub(crate) use gzip::Gzip;
pub(crate) use xz::Xz;
pub(crate) use zstd::Zstd;

use crate::{ArchiveError, Place};

/// What one step of a decoder did.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// Bytes of the input.
    pub taken: usize,
    /// Bytes of the output.
    pub given: usize,
    /// Whether the member ended, with its checks right.
    pub finished: bool,
}

/// A decoder of members.
pub(crate) trait Codec {
    /// For messages.
    fn name(&self) -> &'static str;

    /// Whether a member may begin with this byte; makes the decoder ready for it.
    fn begins(&mut self, byte: u8) -> bool;

    /// Whether this byte may stand between members, or after the last.
    fn pads(&mut self, _byte: u8) -> bool {
        false
    }

    /// Whether the bytes between members may end here.
    fn padded(&self) -> bool {
        true
    }

    /// Decodes as much as it likes. The input is empty only where the source ends.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault>;
}

/// What a decoder finds wrong.
#[derive(Debug)]
pub(crate) enum Fault {
    Checksum,
    Damaged(String),
    Memory(u64),
    Unsupported(&'static str),
}

impl Fault {
    pub(crate) fn at(self, place: Place) -> ArchiveError {
        match self {
            Self::Checksum => {
                ArchiveError::Checksum { place, what: "the checksum of the compressed data" }
            }
            Self::Damaged(reason) => ArchiveError::Compression { place, reason },
            Self::Memory(limit) => {
                let what = "the bytes of memory that its compression asks for are more than";
                ArchiveError::TooLarge { place, what, limit }
            }
            Self::Unsupported(what) => ArchiveError::Unsupported { place, what },
        }
    }
}
