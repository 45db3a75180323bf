//! `cargo xtask bench`: Landfall measured side by side with its peers in one run.
//!
//! In reading order: what may be typed; the surroundings; the inputs, made once and named by their
//! hash; how one run is measured and how several take turns; the peers with their best flags; the
//! judge of what they wrote; the rows, one file each; the report as text and as JSON.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a front of its own: it reads the environment and prints"
)]

mod arguments;
mod error;
mod inputs;
mod judge;
mod landfall;
mod machine;
mod measure;
mod peers;
mod report;
mod rows;
mod surroundings;
mod turns;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;
use crate::error::BenchError;
use crate::report::Report;
use crate::surroundings::Surroundings;

fn main() -> ExitCode {
    match bench(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain("the benchmark cannot begin", &error);
            ExitCode::FAILURE
        }
    }
}

/// Measures row by row; the report is written after each, so that a failure loses no figures.
/// Says whether every row could be measured; a missed target is a figure and no failure.
fn bench(arguments: &Arguments) -> Result<bool, BenchError> {
    let around = Surroundings::read(arguments)?;
    let mut report = Report::new(&around, arguments.command_line())?;
    let mut whole = true;
    for name in arguments.rows() {
        eprintln!("bench: {name}");
        match rows::measure(name, &around) {
            Ok(row) => report.rows.push(row),
            Err(error) => {
                complain(&format!("the row {name} cannot be measured"), &error);
                whole = false;
            }
        }
        report.write(&arguments.out)?;
    }
    print!("{}", report.markdown());
    eprintln!("bench: the figures are in {}", arguments.out.display());
    Ok(whole)
}

fn complain(headline: &str, error: &BenchError) {
    eprintln!("error: {headline}");
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        eprintln!("  {error}");
        cause = error.source();
    }
}
