//! Turns trees into an image: deterministic layers, image config, image manifests and an index.
//!
//! Everything here is a function of its arguments: no clock, no file system, no thread order
//! reaches a byte. Contents come through `landfall_tree::Contents`, compressed layers go to a
//! writer that is handed in. This crate knows no app.toml, no store and no registry.
//!
//! In reading order: [`Stack`] puts trees at their places, [`Encoding`] says how bytes are
//! written, [`layer`] writes one, [`document`] describes the whole, [`validate`] recomputes it.

pub mod compare;
pub mod compress;
pub mod document;
mod encoding;
mod gzip;
pub mod layer;
mod place;
mod tar_header;
mod tar_stream;
pub mod validate;

pub use encoding::{Compression, Encoding, UnknownEncoding};
pub use place::{Modes, Owner, Owners, Place, PlaceError, Stack};
pub use tar_stream::TarStream;

/// The time of everything that has no time of its own, in seconds since 1970.
///
/// One second, because some programs take zero for "unknown" (as Jib and nix2container found).
pub const EPOCH_SECONDS: i64 = 1;
/// The same moment as image documents write it (RFC 3339).
pub const EPOCH_TEXT: &str = "1970-01-01T00:00:01Z";
