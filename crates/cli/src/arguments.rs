//! What can be typed. Doc comments are the help texts.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands;

/// Builds container images from TOML derivations: no daemon, no root, the same bits everywhere.
///
/// The digest of what was built goes to standard output, everything else to standard error.
/// Exit status: 0 done, 1 your files, 2 the command line, 3 the outside refused, 4 not as wanted,
/// 101 a bug of ours.
#[derive(Debug, Parser)]
#[command(name = "landfall", version, max_term_width = 100, after_help = "Example: landfall build myapp")]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// The folder that holds `apps/`; the nearest one above the working folder unless given
    #[arg(long, global = true, value_name = "DIR")]
    pub workspace: Option<PathBuf>,
    /// Where blobs, trees and roots are kept; `landfall/store` in the user's cache unless given
    #[arg(long, global = true, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// How many threads compute; the number of processors unless given
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub threads: Option<u16>,
    /// Say nothing but errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Write no lock; set in CI by itself
    #[arg(long, global = true)]
    pub locked: bool,
    /// Read every input again, whatever its stat says
    #[arg(long, global = true)]
    pub paranoid: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    Build(commands::build::Build),
    Lock(commands::lock::Lock),
    Why(commands::why::Why),
    Init(commands::init::Init),
    Store(commands::store::Store),
    Schema(commands::schema::Schema),
    Completions(commands::completions::Completions),
}
