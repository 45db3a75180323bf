//! `landfall schema`.

use std::process::ExitCode;

use clap::Args;

use crate::failure::Failure;
use crate::printer::Printer;

/// Print the JSON Schema of app.toml
///
/// Editors use it where a file begins with `#:schema PATH`.
#[derive(Debug, Args)]
#[command(after_help = "Example: landfall schema > docs/reference/app.schema.json")]
pub struct Schema {}

pub fn run(_: &Schema, printer: &Printer) -> Result<ExitCode, Failure> {
    printer.data(&super::json(&landfall_config::app_schema())?)?;
    Ok(ExitCode::SUCCESS)
}
