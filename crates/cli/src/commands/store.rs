//! `landfall store`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use landfall_pipeline::Error;
use landfall_store::{GcOptions, Problem, Store as Opened};
use serde_json::json;

use crate::printer::{Printer, clean};
use crate::progress::size;
use crate::failure::Failure;
use crate::surroundings::Surroundings;

/// Look after the store
#[derive(Debug, Args)]
#[command(after_help = "Example: landfall store gc --dry-run")]
pub struct Store {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Remove what no root and no running build needs
    Gc {
        /// Only say what would be removed
        #[arg(long)]
        dry_run: bool,
        /// Print the answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Read everything again and move what is damaged aside; the next build makes it anew
    Verify {
        /// Print the answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the store's folder
    Path,
}

pub fn run(arguments: &Store, around: &Surroundings, printer: &Printer) -> Result<ExitCode, Failure> {
    match arguments.action {
        Action::Gc { dry_run, json } => gc(around, printer, dry_run, json),
        Action::Verify { json } => verify(around, printer, json),
        Action::Path => {
            printer.data(&around.store().display().to_string())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn open(around: &Surroundings) -> Result<Opened, Failure> {
    Ok(Opened::open_existing(around.store()).map_err(Error::from)?)
}

fn gc(around: &Surroundings, printer: &Printer, dry_run: bool, as_json: bool) -> Result<ExitCode, Failure> {
    let collected = open(around)?.collect_garbage(GcOptions { dry_run }).map_err(Error::from)?;
    let kept = collected.kept_by_roots + collected.kept_by_processes;
    if as_json {
        let answer = json!({ "dry_run": dry_run, "removed": collected.removed, "removed_bytes": collected.removed_bytes, "kept": kept });
        printer.data(&super::json(&answer)?)?;
    } else {
        let verb = if dry_run { "would remove" } else { "removed" };
        printer.say(&format!("{verb} {} files, {}; kept {}", collected.removed, size(collected.removed_bytes), kept));
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(around: &Surroundings, printer: &Printer, as_json: bool) -> Result<ExitCode, Failure> {
    let verified = open(around)?.verify(&|_| {}).map_err(Error::from)?;
    let objects = verified.blobs + verified.trees + verified.realisations + verified.roots;
    let problems: Vec<_> = verified.problems.iter().map(problem_line).collect();
    if as_json {
        printer.data(&super::json(&json!({ "objects": objects, "problems": problems }))?)?;
    } else {
        problems.iter().for_each(|problem| printer.complain(problem));
        printer.say(&format!("{} files read, {} problems", objects, problems.len()));
    }
    // Damage is "not as wanted", though it has been dealt with.
    Ok(ExitCode::from(if problems.is_empty() { 0 } else { 4 }))
}

fn problem_line(problem: &Problem) -> String {
    let moved = problem.moved_to.as_ref().map(|place| format!("; moved to {}", place.display()));
    clean(&format!("{}: {}{}", problem.path.display(), problem.fault, moved.unwrap_or_default()))
}
