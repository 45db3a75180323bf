//! What a tree is made by: builder and inputs, all by content, under one id.

use landfall_hashing::{Digest, canonical};
use serde::Serialize;
use serde_json::Value;

/// Raised when unpacking changes so that the same archive may give another tree.
pub const UNPACKER: u32 = 1;

/// A build derivation. It yields a tree; layers are derived from trees and know no builder, so a
/// change that yields the same tree changes no image.
///
/// The id is the digest of the canonical JSON of this value with `"landfall": "build-1"`. What is
/// fetched needs no derivation: the lock names it by its content. Reserved builders, so that the
/// format has their place: `packages` (OS packages by digest, with the database that they leave),
/// `step` (a command in a sandbox over named trees), `base` (layers of another image).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "builder", rename_all = "lowercase")]
pub enum Build {
    /// An archive's content.
    Unpack {
        /// [`UNPACKER`].
        unpacker: u32,
        /// Digest of the archive's bytes.
        archive: Digest,
        /// `tar`, `tar.gz`, `tar.xz`, `tar.zst`, `zip`.
        format: String,
        /// Leading components dropped.
        strip: usize,
        /// Globs; everything where empty.
        include: Vec<String>,
        /// Globs; wins over `include`.
        exclude: Vec<String>,
        /// Globs of special modes that are meant.
        allow_special: Vec<String>,
    },
    /// A compiled Rust binary.
    Cargo {
        /// Sources, compiler, flags, locked crates: see `docs/formats/derivation.md`.
        identity: Value,
    },
}

#[derive(Serialize)]
struct Written<'a> {
    landfall: &'static str,
    #[serde(flatten)]
    build: &'a Build,
}

impl Build {
    /// The canonical bytes that the id is taken of.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_bytes(&Written { landfall: "build-1", build: self })
    }

    /// The derivation's id.
    pub fn id(&self) -> Digest {
        Digest::of(self.to_bytes())
    }
}
