//! `landfall rollback`.

use clap::Args;

use super::{Patience, Place};

/// Go back to an earlier release of a region, as its cluster remembers it
///
/// Needs the cluster and nothing else: no build, no template, no ledger. The ledger is not changed;
/// what to do about it is said.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  landfall rollback prod london myapp
  landfall rollback prod london myapp --to 3")]
pub struct Rollback {
    #[command(flatten)]
    #[allow(missing_docs, reason = "described where it is")]
    pub place: Place,
    /// The revision to go back to; the one that ran before unless given
    #[arg(long, value_name = "REVISION")]
    pub to: Option<u64>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "described where it is")]
    pub patience: Patience,
    /// Print what came of it as JSON
    #[arg(long)]
    pub json: bool,
}
