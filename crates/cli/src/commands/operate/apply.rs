//! `landfall apply`.

use std::path::PathBuf;

use clap::Args;
use landfall_hashing::Digest;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Patience, Place};
use crate::digest_text::DigestText;

/// Bring what the ledger names to a region's cluster, and wait until it is ready
///
/// Makes a plan and carries it out by server-side apply. Where nothing would change nothing is
/// written. A release that does not become ready exits with 4; the one before goes on serving.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  landfall apply prod london myapp
  landfall apply prod all myapp --timeout 600
  landfall apply prod london myapp --plan myapp.plan.json")]
pub struct Apply {
    #[command(flatten)]
    #[allow(missing_docs, reason = "described where it is")]
    pub place: Place,
    /// `NAME=VALUE`: put a value in the place of what the files say
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "plan")]
    pub set: Vec<String>,
    /// Carry out this plan of `plan --out`; refused where the world has moved since
    #[arg(long, value_name = "FILE")]
    pub plan: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "described where it is")]
    pub patience: Patience,
    /// Print what came of it as JSON
    #[arg(long)]
    pub json: bool,
}

/// What `apply`, `rollback` and `release` print with `--json`
#[derive(Serialize, JsonSchema)]
pub struct Answer {
    /// One for each region, in the order of their names
    pub regions: Vec<RegionOutcome>,
}

/// What came of one region
#[derive(Serialize, JsonSchema)]
pub struct RegionOutcome {
    /// `london`
    pub region: String,
    /// What should run
    #[schemars(with = "DigestText")]
    pub digest: Digest,
    /// As which version it was built
    pub version: String,
    /// `unchanged`, `ready` or `not-ready`
    pub outcome: String,
    /// The release that stands now, or was tried
    pub revision: u64,
    /// What is not ready, and why
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unready: Vec<Unready>,
}

/// An object that is not ready
#[derive(Serialize, JsonSchema)]
pub struct Unready {
    /// `Deployment myapp`
    pub object: String,
    /// What it says of itself
    pub reason: String,
    /// What its pods say
    pub troubles: Vec<String>,
}
