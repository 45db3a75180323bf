//! What can be typed. Doc comments are the help texts.

use clap::{Parser, Subcommand};

use crate::commands;
use crate::global::Global;

/// Builds container images from TOML derivations: no daemon, no root, the same bits everywhere.
///
/// The digest of what was built goes to standard output, everything else to standard error.
/// Exit status: 0 done, 1 your files, 2 the command line, 3 the outside refused, 4 not as wanted,
/// 101 a bug of ours.
#[derive(Debug, Parser)]
#[command(
    name = "landfall",
    version,
    max_term_width = 100,
    after_help = "Example: landfall build myapp"
)]
#[allow(missing_docs, reason = "a doc comment here would be help text")]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
#[allow(missing_docs, reason = "the help is that of each command's arguments")]
pub enum Command {
    Build(commands::build::Build),
    Lock(commands::lock::Lock),
    Why(commands::why::Why),
    Push(commands::push::Push),
    Promote(commands::promote::Promote),
    Config(commands::config::Config),
    Render(commands::render::Render),
    #[command(flatten)]
    Operate(commands::operate::Operate),
    Init(commands::init::Init),
    Store(commands::store::Store),
    Schema(commands::schema::Schema),
    Completions(commands::completions::Completions),
}
