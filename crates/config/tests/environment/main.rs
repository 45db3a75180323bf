//! Holds the files below `environments/` against what is expected of them.
//!
//! Each folder below `ok` and `bad` is a case: its files are laid over those of `plain`, `case.txt`
//! says what is asked, and `expected.txt` what comes of it. `schema` holds the same files against
//! the JSON Schemas, `mutations` breaks them at random. A new case is a new folder.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its case has failed")]
#![allow(clippy::disallowed_methods, reason = "blessing is asked for by an environment variable")]

mod case;
mod cases;
mod mutations;
mod outcome;
mod schema;
