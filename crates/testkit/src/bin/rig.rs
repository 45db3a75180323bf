//! `landfall-rig`: has everything ready that the tests judge with, or says where it is.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use landfall_testkit::{Part, Rig, RigError};

const USAGE: &str = "usage: landfall-rig prepare|paths\n\
    prepare   checks the prerequisites, builds the judges and servers, prints a line per part\n\
    paths     prints NAME=PATH for each part";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let shown = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["prepare"] => show(prepared),
        ["paths"] => show(located),
        _ => return complain(USAGE, 2),
    };
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(&format!("error: {}", chain(&error)), 3),
    }
}

fn show(line: fn(&Part) -> String) -> Result<(), RigError> {
    Rig::prepare(|part| {
        // A reader that has gone away is no reason to stop preparing.
        let _ = writeln!(io::stdout(), "{}", line(part));
    })
}

fn prepared(part: &Part) -> String {
    format!("{:<24} {:>6.1} s  {}", part.name, part.duration.as_secs_f64(), part.version)
}

fn located(part: &Part) -> String {
    format!("{}={}", part.name, part.path.display())
}

fn complain(text: &str, status: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "{text}");
    ExitCode::from(status)
}

fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}
