//! What the end-to-end suites share: the fixture apps, the scripts that change a workspace, and
//! the answers of the product as values.
//!
//! The suites are `line/` (nothing but Rust and the product) and `judged/` (servers and judges that
//! we did not write, feature `rig`).

pub mod apps;
pub mod built;
pub mod case;
pub mod deaths;
pub mod digest;
pub mod loud;
pub mod plain_cargo;
pub mod snapshot;
pub mod tree;
