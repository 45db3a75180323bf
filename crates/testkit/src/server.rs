//! A server that lives as long as its value: it is stopped when that is dropped, and also when
//! the test dies in any other way.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::command::{command_line, wrapped};
use crate::scratch::Scratch;
use crate::{RigError, deadline};

/// Ends what it runs as soon as its standard input is closed.
pub(crate) const WATCH: &str = include_str!("server.sh");

/// How long a server may take to answer; a loaded machine is slow, a broken one is for ever.
pub(crate) const START_SECONDS: u64 = 60;

const TAIL_LINES: usize = 20;

/// A running server with the folder that holds its data and its log.
#[derive(Debug)]
pub(crate) struct Server {
    name: &'static str,
    process: Child,
    log: PathBuf,
    scratch: Scratch,
}

impl Server {
    /// Starts `command`, whose environment is cleared, as the server `name`.
    pub(crate) fn start(
        name: &'static str,
        scratch: Scratch,
        command: &Command,
    ) -> Result<Self, RigError> {
        Self::start_watched(name, scratch, wrapped(&["sh", "-c", WATCH, "sh"], command))
    }

    /// Starts `command`, which ends by itself when its standard input is closed.
    pub(crate) fn start_watched(
        name: &'static str,
        scratch: Scratch,
        mut command: Command,
    ) -> Result<Self, RigError> {
        let log = scratch.path("log");
        let process = logged(&mut command, &log)?;
        Ok(Self { name, process, log, scratch })
    }

    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// The last lines of its log.
    pub(crate) fn tail(&self) -> String {
        tail(&self.log)
    }

    pub(crate) fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// Waits until `ready` finds in the log, or wherever it looks, that the server answers.
    ///
    /// Where it does not, the folder is kept, because the error names the log in it.
    pub(crate) fn ready<T>(
        &mut self,
        mut ready: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, RigError> {
        let (name, log) = (self.name, self.log.clone());
        let answer = deadline::until(Duration::from_secs(START_SECONDS), || {
            if has_ended(&mut self.process) {
                return Err(RigError::Ended {
                    name: name.into(),
                    tail: tail(&log),
                    log: log.clone(),
                });
            }
            Ok(ready(&fs::read_to_string(&log).unwrap_or_default()))
        });
        let answer =
            answer.and_then(|answer| answer.ok_or_else(|| not_ready(name, START_SECONDS, &log)));
        answer.inspect_err(|_| self.scratch.keep())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        // The shell ends once the server is gone; nothing can be done where it does not.
        let _ = self.process.wait();
    }
}

/// Starts `command` with a pipe for its input and both streams going to `log`.
pub(crate) fn logged(command: &mut Command, log: &Path) -> Result<Child, RigError> {
    let failed = |source| RigError::File { path: log.into(), source };
    let file = File::create(log).map_err(failed)?;
    command.stdin(Stdio::piped()).stdout(file.try_clone().map_err(failed)?).stderr(file);
    command.spawn().map_err(|source| RigError::Start { command: command_line(command), source })
}

pub(crate) fn has_ended(process: &mut Child) -> bool {
    !matches!(process.try_wait(), Ok(None))
}

pub(crate) fn not_ready(name: &str, seconds: u64, log: &Path) -> RigError {
    RigError::NotReady { name: name.into(), seconds, tail: tail(log), log: log.into() }
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(script: &str) -> Server {
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("PATH", "/usr/bin:/bin");
        Server::start("example", Scratch::new(&[]).unwrap(), &command).unwrap()
    }

    #[test]
    fn a_server_dies_with_its_value() {
        let mut server = server("echo $$; exec tail -f /dev/null");
        let id: i32 = server.ready(|log| log.strip_suffix('\n')?.parse().ok()).unwrap();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::test_kill_process(id).unwrap();
        let log = server.log().to_path_buf();
        drop(server);
        assert_eq!(rustix::process::test_kill_process(id), Err(rustix::io::Errno::SRCH));
        assert!(!log.exists());
    }

    #[test]
    fn a_server_that_ends_leaves_its_log() {
        let mut server = server("echo cannot bind >&2; exit 3");
        let error = server.ready(|_| None::<()>).unwrap_err();
        drop(server);
        let RigError::Ended { name, log, tail } = error else { panic!("{error}") };
        assert_eq!((name.as_str(), tail.as_str()), ("example", "cannot bind"));
        assert_eq!(fs::read_to_string(&log).unwrap(), "cannot bind\n");
        fs::remove_dir_all(log.parent().unwrap()).unwrap();
    }
}
