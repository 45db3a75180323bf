//! Holds templates against what is expected of them.
//!
//! `cases` renders each folder below `tests/cases`, a small workspace laid over `plain`, and
//! compares with what stands beside it; `properties` renders what nobody would write. A new case is
//! a new folder.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its case has failed")]
#![allow(clippy::disallowed_methods, reason = "blessing is asked for by an environment variable")]

mod case;
mod cases;
mod properties;
mod world;
