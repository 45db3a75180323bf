//! `landfall lock`.

use std::process::ExitCode;

use clap::Args;
use landfall_pipeline::lock::{LockRequest, lock};
use landfall_pipeline::workspace::load;
use serde_json::json;

use super::overrides;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::surroundings::Surroundings;

/// Resolve what is fetched into app.lock
///
/// Fetches what is not locked yet into the store and writes its digest and size. Commit the file:
/// every other command reads it and chooses nothing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  landfall lock myapp
  landfall lock myapp --set version=1.2.3
  landfall lock myapp --update release")]
pub struct Lock {
    /// The apps, by the names of their folders in `apps/`
    #[arg(value_name = "APP", required = true)]
    apps: Vec<String>,
    /// `version=V`: lock the files of another version than app.toml says
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Ask again for what is locked: for one input, or for all
    #[arg(long, value_name = "INPUT", num_args = 0..=1)]
    update: Option<Option<String>>,
    /// Print the locks as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(
    arguments: &Lock,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let progress = Progress::new(around, printer);
    let session = around.session(&progress)?;
    let request = LockRequest { update: arguments.update.clone() };
    let mut answers = Vec::new();
    for name in &arguments.apps {
        let loaded = load(&session, name, &overrides(&arguments.set)?)?;
        let locked = lock(&session, &loaded, &request)?;
        for input in &locked.trusted {
            printer.say(&format!(
                "{name}: trusted on first use: {} is {}, {} bytes",
                input.name, input.digest, input.size_bytes
            ));
        }
        printer.say(&format!(
            "{name}: app.lock {}",
            if locked.written { "written" } else { "is as it should be" }
        ));
        answers.push(json!({
            "app": name,
            "encoding": locked.lock.encoding,
            "inputs": locked.lock.inputs,
            "written": locked.written,
        }));
    }
    if arguments.json {
        printer.data(&super::json(&json!({ "locks": answers }))?)?;
    }
    Ok(ExitCode::SUCCESS)
}
