//! `landfall history`.

use clap::Args;
use landfall_hashing::Digest;
use schemars::JsonSchema;
use serde::Serialize;

use super::Place;
use crate::digest_text::DigestText;

/// Show the releases of an app in a region, the newest first
#[derive(Debug, Args)]
#[command(after_help = "Example: landfall history prod london myapp")]
pub struct History {
    #[command(flatten)]
    #[allow(missing_docs, reason = "described where it is")]
    pub place: Place,
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

/// What `landfall history --json` prints
#[derive(Serialize, JsonSchema)]
pub struct Answer {
    /// Of all regions that were asked for, the newest first in each
    pub releases: Vec<Release>,
}

/// One release
#[derive(Serialize, JsonSchema)]
pub struct Release {
    /// `london`
    pub region: String,
    /// Counted from 1 in each region
    pub revision: u64,
    /// `pending`, `deployed`, `failed`, `superseded`; absent where it was damaged
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Of the image index; absent where it was damaged
    #[schemars(with = "Option<DigestText>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// As which version it was built
    pub version: String,
    /// `Install`, `Upgrade`, `Rollback to 3`
    pub description: String,
    /// Who asked for it
    pub who: String,
    /// When it began (RFC 3339, UTC)
    pub started: String,
    /// When it ended
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<String>,
}
