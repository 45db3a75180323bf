//! Holds changes of a ledger's text against what is expected of them.
//!
//! Each folder below `edits` is a case: `before.toml`, the changes one by one in `changes.txt`, and
//! `after.toml`. `sequences` makes any changes in any order, `merge` lets git join two sides, and
//! `compare` lets two promotions meet.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its case has failed")]
#![allow(clippy::disallowed_methods, reason = "blessing is asked for by an environment variable")]

mod compare;
mod edits;
mod git;
mod merge;
mod operation;
mod sequences;
