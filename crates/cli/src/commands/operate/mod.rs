//! The commands that operate: what can be typed, and what they print with `--json`.
//!
//! What they do stands in the crate `operate`, because it takes the clients of clusters; the words
//! stand here, because both programs take the same command line.

pub mod apply;
pub mod history;
pub mod plan;
pub mod release;
pub mod rollback;
pub mod status;
pub mod uninstall;

use clap::{Args, Subcommand};

/// A command that operates.
#[derive(Debug, Subcommand)]
pub enum Operate {
    #[allow(missing_docs, reason = "the help is that of the arguments")]
    Plan(plan::Plan),
    #[allow(missing_docs, reason = "the help is that of the arguments")]
    Apply(apply::Apply),
    #[allow(missing_docs, reason = "the help is that of the arguments")]
    Release(release::Release),
    #[allow(missing_docs, reason = "the help is that of the arguments")]
    Status(status::Status),
    #[allow(missing_docs, reason = "the help is that of the arguments")]
    History(history::History),
    #[allow(missing_docs, reason = "the help is that of the arguments")]
    Rollback(rollback::Rollback),
    #[allow(missing_docs, reason = "the help is that of the arguments")]
    Uninstall(uninstall::Uninstall),
}

/// One app in one region of one stage, or in all of them.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// The stage: a folder of `environments/`
    #[arg(value_name = "STAGE")]
    pub stage: String,
    /// The region, or `all` for every region of the stage that the app goes to
    #[arg(value_name = "REGION")]
    pub region: String,
    /// The app, by the name of its folder in `apps/`
    #[arg(value_name = "APP")]
    pub app: String,
}

impl Place {
    /// The region; none means all.
    pub fn region(&self) -> Option<&str> {
        (self.region != "all").then_some(self.region.as_str())
    }
}

/// How long a release may take to be ready.
#[derive(Debug, Clone, Args)]
pub struct Patience {
    /// Seconds until every object has to be ready
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub timeout: u64,
}
