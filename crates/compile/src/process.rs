//! Runs a program and reads what it says, line by line.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::CompileError;

/// How a program ended, and what it wrote to its standard error.
pub(crate) struct Ended {
    pub status: ExitStatus,
    pub output: String,
}

/// Runs a program to its end, without standard input.
///
/// Each line of its standard error is shown as it comes. Lines that only tell progress
/// (`Compiling …`) are shown and not kept, so that an error holds cargo's words about the failure.
pub(crate) fn run(command: &mut Command, on_line: &dyn Fn(&str)) -> Result<Ended, CompileError> {
    let program = PathBuf::from(command.get_program());
    let failed = |source| CompileError::Start { program: program.clone(), source };
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let mut output = String::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).split(b'\n') {
            let line = line.map_err(failed)?;
            keep(&mut output, &String::from_utf8_lossy(&line), on_line);
        }
    }
    let status = child.wait().map_err(failed)?;
    Ok(Ended { status, output: output.trim_end().into() })
}

fn keep(output: &mut String, line: &str, on_line: &dyn Fn(&str)) {
    on_line(line);
    if !tells_progress(line) {
        output.push_str(line);
        output.push('\n');
    }
}

/// What cargo says while it works.
const PROGRESS: &[&str] = &[
    "Adding",
    "Blocking",
    "Compiling",
    "Downloaded",
    "Downloading",
    "Finished",
    "Fresh",
    "Locking",
    "Removing",
    "Updating",
    "Vendoring",
];

/// Cargo writes a status as a word that ends in column 12, and then a blank.
fn tells_progress(line: &str) -> bool {
    const COLUMN: usize = 12;
    let Some((status, rest)) = line.split_at_checked(COLUMN) else { return false };
    PROGRESS.contains(&status.trim_start()) && rest.starts_with(' ')
}

/// Runs a small program that answers on its standard output.
pub(crate) fn ask(command: &mut Command) -> Result<String, CompileError> {
    let program = PathBuf::from(command.get_program());
    let answer = command.stdin(Stdio::null()).output();
    let answer =
        answer.map_err(|source| CompileError::Start { program: program.clone(), source })?;
    if !answer.status.success() {
        let output = String::from_utf8_lossy(&answer.stderr).trim_end().into();
        return Err(CompileError::Program { program, output });
    }
    Ok(String::from_utf8_lossy(&answer.stdout).into_owned())
}

/// The first program of a name on a PATH. Relative entries are passed over: what they mean
/// depends on the working folder.
pub(crate) fn find_program(path: &OsStr, name: &str) -> Option<PathBuf> {
    programs(path, name).next()
}

/// All programs of a name on a PATH.
pub(crate) fn programs(path: &OsStr, name: &str) -> impl Iterator<Item = PathBuf> {
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    folders.map(move |folder| folder.join(name)).filter(|program| is_executable(program))
}

fn is_executable(program: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let metadata = program.metadata();
    metadata.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_progress_is_dropped() {
        for line in ["   Compiling itoa v1.0.0", "    Finished `release`", "  Downloaded x v1"] {
            assert!(super::tells_progress(line), "{line}");
        }
        for line in
            ["error: no", "   |", "12 | Foo bar baz qux", "   = note: see", "", "  Caused by:"]
        {
            assert!(!super::tells_progress(line), "{line}");
        }
    }
}
