//! Holds texts against what is expected of them.
//!
//! `cases` compares each file below `tests/cases` with the file beside it, `properties` reads what
//! emitters write and what nobody would. A new case is a new file.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its case has failed")]
#![allow(clippy::disallowed_methods, reason = "blessing is asked for by an environment variable")]

mod cases;
mod json;
mod properties;
