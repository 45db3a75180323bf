//! What a stage runs, how that changes, and which digest may go where.
//!
//! Nothing here reads a file, a registry or a cluster. In reading order: [`Entry`] is one app's
//! block of releases.toml and how it changes; [`Edit`] and [`Change`] carry a new entry together
//! with the one that it started from, and write it into the text of a ledger without touching what
//! other apps say; [`promote`] turns two stages and their ledgers into a [`Promotion`], or into
//! every [`Refusal`]; [`recorded`] gives the edit that follows a push.
//!
//! Nothing is signed yet: a signed record of who promoted what and why will be made from a
//! [`Promotion`] and laid beside the image before its [`Change`] is written.

mod block;
mod edit;
mod entry;
mod history;
mod image_version;
mod layout;
mod ledger;
mod promotion;
mod push;
mod refusal;
mod standing;

pub use edit::{Change, Edit};
pub use entry::{Entry, Override, Previous};
pub use image_version::ImageVersion;
pub use ledger::{LedgerError, set};
pub use promotion::{
    Candidate, Course, FromStage, Promotion, Request, ToStage, Wanted, promote, source_stage,
};
pub use push::recorded;
pub use refusal::Refusal;
pub use standing::Standing;
