//! `landfall plan`.

use std::path::PathBuf;

use clap::Args;
use landfall_hashing::Digest;
use schemars::JsonSchema;
use serde::Serialize;

use super::Place;
use crate::digest_text::DigestText;

/// Show what an apply would change, and change nothing
///
/// Every object goes through a dry run of the cluster itself. What runs is the digest that the
/// stage's ledger names.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  landfall plan prod london myapp
  landfall plan prod all myapp --json
  landfall plan prod london myapp --out myapp.plan.json")]
pub struct Plan {
    #[command(flatten)]
    #[allow(missing_docs, reason = "described where it is")]
    pub place: Place,
    /// `NAME=VALUE`: put a value in the place of what the files say
    #[arg(long, value_name = "NAME=VALUE")]
    pub set: Vec<String>,
    /// Write the plan to a file, which `apply --plan` carries out
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 4 where something would change
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Print the plan as JSON
    #[arg(long)]
    pub json: bool,
}

/// What `landfall plan --json` prints
#[derive(Serialize, JsonSchema)]
pub struct Answer {
    /// One for each region, in the order of their names
    pub plans: Vec<RegionPlan>,
}

/// What would happen in one region
#[derive(Serialize, JsonSchema)]
pub struct RegionPlan {
    /// `london`
    pub region: String,
    /// What would run
    #[schemars(with = "DigestText")]
    pub digest: Digest,
    /// As which version it was built
    pub version: String,
    /// Digest of the plan: what an approval is for
    #[schemars(with = "DigestText")]
    pub plan: Digest,
    /// The revision that the plan was made from; 0 where nothing is installed
    pub from_revision: u64,
    /// Whether an apply would change an object
    pub changes: bool,
    /// What would be done, in order
    pub steps: Vec<Step>,
}

/// What would be done to one object
#[derive(Serialize, JsonSchema)]
pub struct Step {
    /// `create`, `change`, `keep` or `delete`
    pub action: String,
    /// `Deployment myapp`
    pub object: String,
    /// Which fields would differ
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

/// One field that would differ
#[derive(Serialize, JsonSchema)]
pub struct Difference {
    /// `spec.replicas`
    pub path: String,
    /// What stands there; absent where nothing does
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// What would stand there; absent where nothing would
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
}
