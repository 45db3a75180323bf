//! Turns a set of named nodes into a tree that is known by its content.
//!
//! A tree is what an input, a compile or an archive produced: a sorted listing of paths, with the
//! digest of each file's bytes and no word of where the bytes lie. It knows no disk, no archive
//! format and no image; [`Contents`] is how the bytes are handed in.

mod contents;
mod entry;
mod hardlink;
mod listing;
mod path;

pub use contents::{Contents, MissingContent};
pub use entry::{Attributes, Entry, Node};
pub use listing::{ListingError, Tree};
pub use path::{EntryPath, PathError};
