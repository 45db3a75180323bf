//! `landfall lock`.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Args;
use landfall_derivation::lock::LockedInput;
use landfall_hashing::Digest;
use landfall_pipeline::lock::{LockRequest, Locked, lock, prepare};
use schemars::JsonSchema;
use serde::Serialize;

use super::overrides;
use crate::digest_text::DigestText;
use crate::failure::Failure;
use crate::printer::{Printer, clean_line};
use crate::progress::Progress;
use crate::report::report;
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

/// What `landfall lock --json` prints
#[derive(Serialize, JsonSchema)]
pub struct Answer {
    /// In the order in which the apps were named
    locks: Vec<AppLock>,
}

/// One app's lock
#[derive(Serialize, JsonSchema)]
struct AppLock {
    app: String,
    /// Number of the encoding that layers are written in
    encoding: u32,
    /// What is fetched, by name and platform
    inputs: Vec<Input>,
    /// Whether app.lock was written now
    written: bool,
}

/// One fetched input
#[derive(Serialize, JsonSchema)]
struct Input {
    /// Its name in app.toml
    name: String,
    /// Only where the URL depends on the platform
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<String>,
    url: String,
    #[schemars(with = "DigestText")]
    digest: Digest,
    size_bytes: u64,
}

impl From<LockedInput> for Input {
    fn from(input: LockedInput) -> Self {
        let LockedInput { name, platform, url, digest, size_bytes } = input;
        Self { name, platform, url, digest, size_bytes }
    }
}

impl AppLock {
    fn new(app: &str, locked: Locked) -> Self {
        Self {
            app: app.into(),
            encoding: locked.lock.encoding,
            inputs: locked.lock.inputs.into_iter().map(Input::from).collect(),
            written: locked.written,
        }
    }
}

pub(crate) fn run(
    arguments: &Lock,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let progress = Progress::new(around, printer);
    let session = around.session(&progress)?;
    let request = LockRequest { update: arguments.update.clone() };
    let mut seen = BTreeSet::new();
    let names = arguments.apps.iter().filter(|name| seen.insert(*name)).cloned();
    let names: Vec<_> = names.collect();
    let prepared = prepare(&session, &names, &overrides(&arguments.set)?, &request)?;
    let (mut locks, count) = (Vec::new(), prepared.len());
    let mut status = ExitCode::SUCCESS;
    for app in prepared {
        match lock(&session, &app, &request) {
            Ok(locked) => locks.push(show(printer, app.name(), locked)),
            // One app is the failure of the command; of several the others are locked all the same.
            Err(error) if count == 1 => return Err(error.into()),
            Err(error) => {
                let failed = report(printer, &error.into());
                printer.complain(&clean_line(&format!("{}: not locked", app.name())));
                status = if status == ExitCode::SUCCESS { failed } else { status };
            }
        }
    }
    if arguments.json {
        printer.data(&super::json(&Answer { locks })?)?;
    }
    Ok(status)
}

fn show(printer: &Printer, name: &str, locked: Locked) -> AppLock {
    for input in &locked.trusted {
        printer.say(&clean_line(&format!("{name}: {}", trusted(input))));
    }
    let done = if locked.written { "written" } else { "is as it should be" };
    printer.say(&format!("{name}: app.lock {done}"));
    AppLock::new(name, locked)
}

fn trusted(input: &LockedInput) -> String {
    let LockedInput { name, platform, url, digest, size_bytes } = input;
    let which = platform.iter().map(|platform| format!(" for {platform}, {url},"));
    let which: String = which.collect();
    format!("trusted on first use: {name}{which} is {digest}, {size_bytes} bytes")
}
