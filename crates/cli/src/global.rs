//! Options of every command.

use std::path::PathBuf;

use clap::Args;

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
