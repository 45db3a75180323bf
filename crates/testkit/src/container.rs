//! One container: what it is made of, what it prints, how it ends.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use crate::command::succeed;
use crate::http::{self, HttpAnswer};
use crate::server::{has_ended, logged, not_ready, tail};
use crate::{Containerd, ImageLayout, RigError, deadline};

/// Where the emulator of a foreign platform stands in the container.
const EMULATOR: &str = "/.landfall-emulator";

/// How long a killed container may take to be gone.
const KILL_TIMEOUT: Duration = Duration::from_secs(10);

/// What to run, and how.
#[derive(Debug, Clone, Copy)]
pub struct ContainerRequest<'a> {
    /// The image.
    pub image: &'a ImageLayout,
    /// Which of its platforms (`linux/arm64`).
    ///
    /// A foreign one runs under an emulator that is put into the container before its command
    /// line, so that nothing has to be registered with the kernel. The command must be an absolute
    /// path to a binary of that platform then, and must not start others.
    pub platform: &'a str,
    /// The whole command line in the place of the image's own; empty for that.
    pub arguments: &'a [&'a str],
    /// Variables on top of the image's own.
    pub environment: &'a [(&'a str, &'a str)],
}

/// A container that was started; it is killed and removed with the value.
#[derive(Debug)]
pub struct Container<'a> {
    containerd: &'a Containerd,
    id: String,
    process: Child,
    log: PathBuf,
}

impl<'a> Container<'a> {
    pub(crate) fn start(
        containerd: &'a Containerd,
        image_name: &str,
        request: &ContainerRequest<'_>,
    ) -> Result<Self, RigError> {
        let id = containerd.next_container();
        let mut command = containerd.ctr();
        // Without a cgroup, because an ordinary user may make none.
        command.args(["run", "--rm", "--net-host", "--cgroup", "", "--platform", request.platform]);
        command.arg("--fifo-dir").arg(containerd.path("fifo"));
        if let Some(runc) = containerd.runc() {
            command.arg("--runc-binary").arg(runc);
        }
        for (name, value) in request.environment {
            command.arg("--env").arg(format!("{name}={value}"));
        }
        let arguments = emulate(containerd, &mut command, request)?;
        command.args([image_name, &id]).args(arguments);
        let log = containerd.path(&format!("{id}.log"));
        let process = logged(&mut command, &log)?;
        Ok(Self { containerd, id, process, log })
    }

    /// What it has printed so far, on both streams.
    #[must_use]
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Waits until it ends by itself and gives its exit status.
    ///
    /// # Errors
    /// It still runs after `timeout`.
    pub fn wait(&mut self, timeout: Duration) -> Result<i32, RigError> {
        let status = deadline::until(timeout, || {
            let ended = self.process.try_wait();
            let ended =
                ended.map_err(|source| RigError::File { path: self.log.clone(), source })?;
            // `ctr` ends with the status of the container.
            Ok(ended.map(|status| status.code().unwrap_or(-1)))
        })?;
        status.ok_or_else(|| self.late(timeout))
    }

    /// Sends SIGTERM to its first process, waits until it ends and gives its exit status.
    ///
    /// # Errors
    /// The signal cannot be sent, or it still runs after `timeout`.
    pub fn stop(&mut self, timeout: Duration) -> Result<i32, RigError> {
        succeed(&mut self.kill("SIGTERM"))?;
        self.wait(timeout)
    }

    /// Asks the container, which shares the host's network, for `path` until it answers.
    ///
    /// # Errors
    /// It ends, or does not answer within `timeout`.
    pub fn get(
        &mut self,
        port: u16,
        path: &str,
        timeout: Duration,
    ) -> Result<HttpAnswer, RigError> {
        let address = format!("127.0.0.1:{port}");
        let answer = deadline::until(timeout, || {
            if has_ended(&mut self.process) {
                let (name, log) = (self.id.clone(), self.log.clone());
                return Err(RigError::Ended { name, tail: tail(&log), log });
            }
            Ok(http::get(&address, path).ok())
        })?;
        answer.ok_or_else(|| self.late(timeout))
    }

    fn kill(&self, signal: &str) -> Command {
        let mut command = self.containerd.ctr();
        command.args(["task", "kill", "--signal", signal, &self.id]);
        command
    }

    fn late(&self, timeout: Duration) -> RigError {
        not_ready(&self.id, timeout.as_secs(), &self.log)
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        // Again and again, because what has only just been asked for cannot be killed yet.
        let gone = deadline::until(KILL_TIMEOUT, || {
            if has_ended(&mut self.process) {
                return Ok(Some(()));
            }
            self.kill("SIGKILL").output().map(|_| None)
        });
        if !matches!(gone, Ok(Some(()))) {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

/// Puts an emulator into the container where its platform is a foreign one, and gives the command
/// line: empty where the image's own is right.
fn emulate(
    containerd: &Containerd,
    command: &mut Command,
    request: &ContainerRequest<'_>,
) -> Result<Vec<String>, RigError> {
    let given: Vec<String> = request.arguments.iter().map(ToString::to_string).collect();
    if is_native(request.platform) {
        return Ok(given);
    }
    let unknown = || RigError::Platform { platform: request.platform.into() };
    let emulator = emulator(request.platform).and_then(|name| containerd.program(name));
    let emulator = emulator.ok_or_else(unknown)?;
    command
        .arg("--mount")
        .arg(format!("type=bind,src={},dst={EMULATOR},options=rbind:ro", emulator.display()));
    let own = if given.is_empty() { request.image.arguments(request.platform)? } else { given };
    Ok([vec![EMULATOR.into()], own].concat())
}

/// Whether the kernel runs the binaries of `platform` without help.
fn is_native(platform: &str) -> bool {
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    platform.split('/').nth(1) == Some(machine)
}

fn emulator(platform: &str) -> Option<&'static str> {
    match platform.split('/').nth(1)? {
        "amd64" => Some("qemu-x86_64-static"),
        "arm64" => Some("qemu-aarch64-static"),
        _ => None,
    }
}
