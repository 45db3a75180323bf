//! `landfall uninstall`.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Patience, Place};

/// Take an app away from a region: its objects, then its records
///
/// The namespace stays, and so does the ledger.
#[derive(Debug, Args)]
#[command(after_help = "Example: landfall uninstall dev london myapp")]
pub struct Uninstall {
    #[command(flatten)]
    #[allow(missing_docs, reason = "described where it is")]
    pub place: Place,
    #[command(flatten)]
    #[allow(missing_docs, reason = "described where it is")]
    pub patience: Patience,
    /// Print what was taken away as JSON
    #[arg(long)]
    pub json: bool,
}

/// What `landfall uninstall --json` prints
#[derive(Serialize, JsonSchema)]
pub struct Answer {
    /// One for each region
    pub regions: Vec<Removed>,
}

/// What was taken away in one region
#[derive(Serialize, JsonSchema)]
pub struct Removed {
    /// `london`
    pub region: String,
    /// `Deployment myapp`, in the order of their deletion
    pub objects: Vec<String>,
}
