//! `landfall status`.

use clap::Args;
use landfall_hashing::Digest;
use schemars::JsonSchema;
use serde::Serialize;

use crate::digest_text::DigestText;

/// Show what runs where, and whether ledger, registry and cluster agree
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  landfall status
  landfall status prod
  landfall status prod london myapp --json")]
pub struct Status {
    /// Only this stage
    #[arg(value_name = "STAGE")]
    pub stage: Option<String>,
    /// Only this region, or `all`
    #[arg(value_name = "REGION")]
    pub region: Option<String>,
    /// Only this app
    #[arg(value_name = "APP")]
    pub app: Option<String>,
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

/// What `landfall status --json` prints
#[derive(Serialize, JsonSchema)]
pub struct Answer {
    /// One for each app in each region that was asked for
    pub places: Vec<PlaceStatus>,
}

/// One app in one region
#[derive(Serialize, JsonSchema)]
pub struct PlaceStatus {
    /// `myapp`
    pub app: String,
    /// `prod`
    pub stage: String,
    /// `london`
    pub region: String,
    /// What the ledger names; absent where it names nothing
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Named>,
    /// What the cluster's record says is deployed; absent where nothing is, or it was not reached
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Deployed>,
    /// Whether the registry has what the ledger names; absent where that is not known
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<bool>,
    /// Why something is not known
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// Whether ledger, registry and cluster agree, and everything is ready
    pub agrees: bool,
    /// The same in a word: `agrees`, `not applied`, `differs`, `not ready`, `missing in registry`, `nothing`, `unknown`
    pub state: String,
}

/// An image by digest and version
#[derive(Serialize, JsonSchema)]
pub struct Named {
    /// Of the image index
    #[schemars(with = "DigestText")]
    pub digest: Digest,
    /// As which version it was built
    pub version: String,
    /// The ledger's revision
    pub revision: u64,
}

/// What a cluster runs
#[derive(Serialize, JsonSchema)]
pub struct Deployed {
    /// Of the image index; absent where the record was damaged
    #[schemars(with = "Option<DigestText>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// As which version it was built
    pub version: String,
    /// The release
    pub revision: u64,
    /// `deployed`, `failed`, `pending`, `superseded`: of the newest release
    pub newest: String,
    /// Pods that are ready
    pub ready: u64,
    /// Pods that are wanted
    pub wanted: u64,
    /// When it was deployed (RFC 3339, UTC)
    pub since: String,
    /// Who deployed it
    pub who: String,
}
