//! `landfall-rig`: has everything ready that the tests judge with, or says where it is; and starts
//! the servers of a workspace to stay.

mod services;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use landfall_testkit::{Part, Rig, RigError};

const USAGE: &str = "usage: landfall-rig prepare|paths\n\
    \x20      landfall-rig services up|down|status [--json] [--workspace DIR]\n\
    prepare    checks the prerequisites, builds the judges and servers, prints a line per part\n\
    paths      prints NAME=PATH for each part\n\
    services   starts, ends or shows the servers of the environments on this machine";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        ["prepare"] => show(prepared),
        ["paths"] => show(located),
        ["services", ref rest @ ..] => match services::Request::read(rest) {
            Some(request) => request.run(),
            None => return complain(USAGE, 2),
        },
        ["slack", ref rest @ ..] => services::slack(rest),
        _ => return complain(USAGE, 2),
    };
    match done {
        Ok(status) => status,
        Err(error) => complain(&format!("error: {}", chain(&error)), status(&error)),
    }
}

fn show(line: fn(&Part) -> String) -> Result<ExitCode, RigError> {
    Rig::prepare(|part| say(&line(part)))?;
    Ok(ExitCode::SUCCESS)
}

fn prepared(part: &Part) -> String {
    format!("{:<24} {:>6.1} s  {}", part.name, part.duration.as_secs_f64(), part.version)
}

fn located(part: &Part) -> String {
    format!("{}={}", part.name, part.path.display())
}

/// A reader that has gone away is no reason to stop.
fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

fn complain(text: &str, status: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "{text}");
    ExitCode::from(status)
}

/// 1 where files of the workspace are to be changed, 3 for all else.
fn status(error: &RigError) -> u8 {
    match error {
        RigError::ForeignFile { .. } | RigError::NoEnvironment { .. } => 1,
        _ => 3,
    }
}

fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}
