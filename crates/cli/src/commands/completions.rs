//! `landfall completions`.

use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::failure::Failure;
use crate::printer::Printer;

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(
    after_help = "Example: landfall completions bash > ~/.local/share/bash-completion/completions/landfall"
)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// `command` is the whole command line that is completed.
pub(crate) fn run(
    arguments: &Completions,
    mut command: Command,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "landfall", &mut script);
    printer.data(String::from_utf8_lossy(&script).trim_end())?;
    Ok(ExitCode::SUCCESS)
}
