//! Turns bytes into digests, and values into the one canonical form that ids are taken of.
//!
//! This crate knows no file, no image and no derivation. Every digest in Landfall is SHA-256;
//! every id is the digest of [`canonical`] bytes.

pub mod canonical;
mod digest;
mod reader;

pub use digest::{Digest, DigestError, Hasher};
pub use reader::HashingReader;
