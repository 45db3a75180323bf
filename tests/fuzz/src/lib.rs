//! What must hold of any bytes at all that come from outside: one function for each format.
//!
//! A function takes bytes and panics where something does not hold. `fuzz_targets` feeds them to
//! libFuzzer, `tests/replay.rs` feeds them what is known, with no fuzzer and on any toolchain.

mod app;
mod archive;
mod listing;
mod lock;

use std::error::Error;

pub use app::app_toml;
pub use archive::{unpack_compressed, unpack_tar, unpack_zip};
pub use listing::tree_listing;
pub use lock::lock;

/// A target, by its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every target; `seeds.txt` has the same, each with what it begins with.
pub const TARGETS: [Target; 6] = [
    ("unpack_tar", unpack_tar),
    ("unpack_compressed", unpack_compressed),
    ("unpack_zip", unpack_zip),
    ("app_toml", app_toml),
    ("lock", lock),
    ("tree_listing", tree_listing),
];

/// An error has a text, and so has each of its sources.
fn check_error(error: &(dyn Error + 'static)) {
    let chain = std::iter::successors(Some(error), |&error| error.source());
    chain.for_each(|error| assert!(!error.to_string().is_empty(), "{error:?} says nothing"));
}
