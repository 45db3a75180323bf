//! Keeps what was made, by content, in one folder that several processes share.
//!
//! Every write is seen whole or not at all: bytes go to a file in `tmp/`, are flushed, and come to
//! their place by one rename. A process that dies leaves files in `tmp/` only, which the next one
//! that opens the store removes. Nothing here knows a layer, an image or a command line.
//!
//! | below the folder | holds |
//! | --- | --- |
//! | `format` | the number of this layout |
//! | `CACHEDIR.TAG` | says to backup tools that all of this can be made again |
//! | `blobs/sha256/ab/HEX` | bytes by their digest |
//! | `trees/ab/HEX` | listings of trees by their hash |
//! | `realisations/ab/HEX` | what a derivation led to, by its id |
//! | `roots/NAME/root.json` | what one app's last build holds, so that it is kept |
//! | `roots/NAME/oci/` | the same image as an OCI layout, for other tools |
//! | `stat/NAME` | digests of files that have not changed since they were hashed |
//! | `leases/NAME` | one locked file for each open [`Store`] |
//! | `tmp/LEASE.N` | what is being written |
//! | `damaged/` | what was found to be wrong, until the next garbage collection |
//! | `gc.lock` | see [`gc`] |
//!
//! The files of one store belong to one user. A store that cannot be written is read as it is.

mod blob;
mod damaged;
mod envelope;
mod error;
mod gate;
pub mod gc;
mod layout;
mod lease;
mod moment;
mod object;
mod problem;
mod realisation;
mod root;
mod scratch;
mod stat_cache;
mod store;
mod temporary;
mod tree;
mod verify;
mod view;
mod writer;

pub use blob::BlobWriter;
pub use error::StoreError;
pub use gc::{Collected, GcOptions};
pub use object::ObjectKind;
pub use problem::{Fault, Problem};
pub use root::Root;
pub use scratch::ScratchFolder;
pub use stat_cache::StatCache;
pub use store::Store;
pub use verify::{Verified, VerifyProgress};
