//! Runs a program and reads what it says, line by line.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};

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
/// A program that says nothing for `silence` is killed, and that is an error.
pub(crate) fn run(
    command: &mut Command,
    silence: Duration,
    on_line: &dyn Fn(&str),
) -> Result<Ended, CompileError> {
    let program = PathBuf::from(command.get_program());
    let failed = |source| CompileError::Start { program: program.clone(), source };
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    end_with_this_thread(command);
    let mut child = command.spawn().map_err(failed)?;
    let mut output = String::new();
    if let Some(lines) = child.stderr.take().map(lines) {
        loop {
            match lines.recv_timeout(silence) {
                Ok(line) => {
                    keep(&mut output, &String::from_utf8_lossy(&line.map_err(failed)?), on_line);
                }
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    child.kill().and_then(|()| child.wait()).map_err(failed)?;
                    return Err(CompileError::Silent { program, silence });
                }
            }
        }
    }
    let status = child.wait().map_err(failed)?;
    Ok(Ended { status, output: output.trim_end().into() })
}

/// Whoever kills this process, or lets it die, ends what it started: nothing writes on into a
/// folder whose lock is free. The thread stays until the program has ended, as [`run`] does.
#[allow(unsafe_code, reason = "std has no safe name for what happens between fork and exec")]
fn end_with_this_thread(command: &mut Command) {
    let parent = getpid();
    let tie = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // A parent that died before sends no signal any more.
        if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
    };
    // SAFETY: between fork and exec only system calls are allowed, since another thread may have
    // held a lock; the closure makes two, allocates nothing and takes no lock.
    unsafe { command.pre_exec(tie) };
}

/// The lines of a stream as they come, read by a thread that ends with the stream.
fn lines(stream: impl Read + Send + 'static) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        // Nobody listens any more where the program was silent for too long.
        BufReader::new(stream).split(b'\n').try_for_each(|line| sender.send(line))
    });
    receiver
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
    use super::*;

    #[test]
    fn a_program_that_says_nothing_is_stopped() {
        let mut silent = Command::new("sh");
        silent.args(["-c", "echo $$ >&2; exec tail -f /dev/null"]);
        let said = std::cell::RefCell::new(String::new());
        let ended = run(&mut silent, Duration::from_millis(200), &|line| {
            said.replace(line.into());
        });
        let error = ended.err().unwrap();
        assert!(matches!(error, CompileError::Silent { .. }) && error.is_outside(), "{error}");
        assert!(!Path::new("/proc").join(said.take()).exists(), "it still runs");
    }

    #[test]
    fn only_progress_is_dropped() {
        for line in ["   Compiling itoa v1.0.0", "    Finished `release`", "  Downloaded x v1"] {
            assert!(tells_progress(line), "{line}");
        }
        for line in
            ["error: no", "   |", "12 | Foo bar baz qux", "   = note: see", "", "  Caused by:"]
        {
            assert!(!tells_progress(line), "{line}");
        }
    }
}
