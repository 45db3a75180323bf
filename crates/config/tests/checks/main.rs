//! Holds `app.toml` files against what is expected of them.
//!
//! `cases` compares each file below `tests/cases` with the file beside it, `schema` holds the same
//! files against the JSON Schema, `mutations` breaks them at random, `reference` holds the schema against the page for people. A new case is a new file.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its case has failed")]
#![allow(clippy::disallowed_methods, reason = "blessing is asked for by an environment variable")]

mod case;
mod cases;
mod mutations;
mod reference;
mod schema;
mod summary;
