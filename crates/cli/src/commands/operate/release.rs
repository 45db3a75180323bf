//! `landfall release`.

use clap::Args;

use super::{Patience, Place};

/// The whole line in one command: build or promote, push, plan, apply, wait, tell
///
/// In a stage with `builds = true` the app is built and pushed; in any other the digest comes from
/// the stage before, by promotion. It goes to every region of the stage, and is applied in the one
/// that is named; `all` applies everywhere.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  landfall release dev london myapp
  landfall release prod london myapp
  landfall release dev london myapp --set version=1.2.3 --dry-run")]
pub struct Release {
    #[command(flatten)]
    #[allow(missing_docs, reason = "described where it is")]
    pub place: Place,
    /// `version=V` for the build, or `NAME=VALUE` for a value of the objects
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Do everything that only reads, say what would be done, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    #[allow(missing_docs, reason = "described where it is")]
    pub patience: Patience,
    /// Print what came of it as JSON
    #[arg(long)]
    pub json: bool,
}
