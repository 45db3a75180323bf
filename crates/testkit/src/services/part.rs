//! One server of the services: a process that outlives whoever started it, in a folder of its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::command::{command_line, wrapped};
use crate::server::{START_SECONDS, has_ended, not_ready, tail};
use crate::services::folder::Lock;
use crate::services::process::Process;
use crate::services::whole;
use crate::{RigError, deadline};

/// Lets a server go once it can be found again.
const DETACH: &str = include_str!("detached.sh");

/// A server and its folder, started or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    folder: PathBuf,
}

impl Part {
    /// The part whose folder this is; it has the folder's name.
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Writes one file and gives its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, RigError> {
        whole::write(&self.path(name), text)?;
        Ok(self.path(name))
    }

    /// A file that is written where it is not there yet, and what it holds.
    pub(crate) fn remembered(
        &self,
        name: &str,
        text: impl FnOnce() -> Result<String, RigError>,
    ) -> Result<(PathBuf, String), RigError> {
        let path = self.path(name);
        if let Ok(text) = fs::read_to_string(&path) {
            return Ok((path, text));
        }
        let text = text()?;
        whole::write(&path, &text)?;
        Ok((path, text))
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path("log")
    }

    /// What it has logged since its last start.
    pub(crate) fn logged(&self) -> String {
        let text = fs::read(self.log()).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The process that was started last, whether it is still there or not.
    pub(crate) fn process(&self) -> Option<Process> {
        Process::parse(&fs::read_to_string(self.record()).ok()?)
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.process().is_some_and(|process| process.is_alive())
    }

    /// Starts `command`, whose environment is cleared, and comes back once its process is written
    /// down.
    pub(crate) fn start(&self, command: &Command, lock: &Lock) -> Result<(), RigError> {
        whole::remove(&self.record())?;
        let mut child = self.spawn(command, lock)?;
        let started = deadline::until(Duration::from_secs(START_SECONDS), || {
            if self.process().is_some() {
                return Ok(Some(()));
            }
            if has_ended(&mut child) { Err(self.ended()) } else { Ok(None) }
        });
        started?.ok_or_else(|| not_ready(&self.name(), START_SECONDS, &self.log()))
    }

    fn spawn(&self, command: &Command, lock: &Lock) -> Result<Child, RigError> {
        let failed = |source| RigError::File { path: self.log(), source };
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let log = File::create(self.log()).map_err(failed)?;
        let mut detached =
            wrapped(&["sh", "-c", DETACH, "sh"], &with_record(command, &self.record()));
        detached.stdin(Stdio::from(lock.0.try_clone().map_err(failed)?));
        detached.stdout(log.try_clone().map_err(failed)?).stderr(log);
        detached
            .spawn()
            .map_err(|source| RigError::Start { command: command_line(&detached), source })
    }

    /// Waits until `ready` finds in the log, or wherever it looks, that the server answers.
    pub(crate) fn ready<T>(&self, mut ready: impl FnMut(&str) -> Option<T>) -> Result<T, RigError> {
        let answer = deadline::until(Duration::from_secs(START_SECONDS), || {
            if self.is_alive() { Ok(ready(&self.logged())) } else { Err(self.ended()) }
        });
        answer?.ok_or_else(|| not_ready(&self.name(), START_SECONDS, &self.log()))
    }

    /// Ends its process, if that is still there.
    pub(crate) fn end(&self) -> Result<(), RigError> {
        self.process().map_or(Ok(()), |process| process.end())
    }

    fn record(&self) -> PathBuf {
        self.path("process")
    }

    fn ended(&self) -> RigError {
        RigError::Ended { name: self.name(), log: self.log(), tail: tail(&self.log()) }
    }
}

/// `RECORD COMMAND…`, as `detached.sh` wants it.
fn with_record(command: &Command, record: &Path) -> Command {
    let mut words = Command::new(record);
    words.arg(command.get_program()).args(command.get_args()).env_clear();
    words.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        words.current_dir(folder);
    }
    words
}

#[cfg(test)]
mod tests {
    use rustix::process::{Pid, getsid};

    use super::*;
    use crate::services::folder::Folder;

    struct World {
        _folder: tempfile::TempDir,
        services: Folder,
        part: Part,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let services = Folder::of(folder.path());
            let part = Part::at(services.region("london").join("example"));
            Self { _folder: folder, services, part }
        }

        fn start(&self, script: &str) -> Result<(), RigError> {
            let mut command = Command::new("sh");
            command.args(["-c", script]).env("PATH", "/usr/bin:/bin");
            self.part.start(&command, &self.services.lock(|| ()).unwrap())
        }
    }

    #[test]
    fn a_part_leads_a_session_and_leaves_the_lock_to_others() {
        let world = World::new();
        world.start("echo here; exec tail -f /dev/null").unwrap();
        world.part.ready(|log| (log == "here\n").then_some(())).unwrap();
        let process = world.part.process().unwrap();
        let id = Pid::from_raw(process.id());
        assert_eq!(getsid(id).unwrap(), id.unwrap());
        assert_eq!(world.services.parts(), [(Some("london".into()), world.part.clone())]);
        drop(world.services.lock(|| panic!("the part holds the lock")).unwrap());
        world.part.end().unwrap();
        assert!(!world.part.is_alive());
    }

    #[test]
    fn a_part_that_ends_at_once_leaves_its_log() {
        let world = World::new();
        let started = world.start("echo cannot bind >&2; exit 3");
        let error = started.and_then(|()| world.part.ready(|_| None::<()>)).unwrap_err();
        let RigError::Ended { name, tail, .. } = error else { panic!("{error}") };
        assert_eq!((name.as_str(), tail.as_str()), ("example", "cannot bind"));
        assert!(!world.part.is_alive());
    }

    #[test]
    fn what_is_remembered_is_made_once() {
        let world = World::new();
        let first = world.part.remembered("token", || Ok("one".into())).unwrap();
        let again = world.part.remembered("token", || Ok("two".into())).unwrap();
        assert_eq!((first.1.as_str(), &first), ("one", &again));
    }
}
