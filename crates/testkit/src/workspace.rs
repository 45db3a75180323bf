//! A workspace in a temporary folder, and the `landfall` binary run in it with nothing of the
//! developer's own environment in reach.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use thiserror::Error;

use crate::environment;
use crate::fixture::{Contents, Fixture, FixtureError, FixtureFile};

/// Longer than any compile of a test takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// A temporary workspace; it is removed with the value.
#[derive(Debug)]
pub struct Workspace {
    folder: TempDir,
}

/// What a run of `landfall` left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The exit status; none where a signal ended the process.
    pub status: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A workspace that could not be made, or a binary that could not be run in it.
#[derive(Debug, Error)]
pub enum WorkspaceError {
    /// The fixture cannot be meant.
    #[error("the fixture cannot be read")]
    Fixture(#[from] FixtureError),
    /// A file or folder could not be made.
    #[error("{} cannot be made or found", path.display())]
    Folder {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is no `landfall` to run.
    #[error("there is no {} (`cargo build` makes it, LANDFALL_BIN names another)", binary.display())]
    NoBinary {
        /// Where it was looked for.
        binary: PathBuf,
        /// Why it cannot be used.
        #[source]
        source: io::Error,
    },
    /// The binary does not come to its end.
    #[error("`landfall {}` was ended after {} s", arguments.join(" "), limit.as_secs_f64())]
    Hangs {
        /// What it was asked.
        arguments: Vec<String>,
        /// How long it had.
        limit: Duration,
    },
    /// The binary does not start.
    #[error("{} does not start", binary.display())]
    Start {
        /// The binary.
        binary: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Workspace {
    /// Makes a workspace of the files in `fixture`, written as [`Fixture`] says.
    ///
    /// # Errors
    /// The fixture cannot be meant, or a file cannot be written.
    pub fn from_text(fixture: &str) -> Result<Self, WorkspaceError> {
        let fixture = Fixture::parse(fixture)?;
        let folder = tempfile::Builder::new().prefix("landfall-").tempdir();
        let workspace = Self { folder: folder.map_err(at(Path::new("a temporary folder")))? };
        for folder in [workspace.root(), workspace.home(), workspace.temporary()] {
            fs::create_dir(&folder).map_err(at(&folder))?;
        }
        fixture.files.iter().try_for_each(|file| workspace.write(file))?;
        Ok(workspace)
    }

    /// The folder that holds the fixture's files.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("workspace")
    }

    /// The store that [`Workspace::landfall`] uses; it is absent until the first command.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// The HOME of what runs here: empty, unless a test puts something there.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn temporary(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// The place of `path`, which is relative to the workspace.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    fn write(&self, file: &FixtureFile) -> Result<(), WorkspaceError> {
        let path = self.root().join(&file.path);
        let parent = path.parent().unwrap_or(&path);
        fs::create_dir_all(parent).map_err(at(parent))?;
        match &file.contents {
            Contents::Text(text) => fs::write(&path, text),
            Contents::Link(target) => symlink(target, &path),
            Contents::Folder => fs::create_dir_all(&path),
        }
        .and_then(|()| match file.mode {
            Some(mode) => fs::set_permissions(&path, fs::Permissions::from_mode(mode)),
            None => Ok(()),
        })
        .map_err(at(&path))
    }

    /// `landfall ARGUMENTS… --store STORE` in the workspace, ready to be changed further.
    ///
    /// The environment is cleared except for PATH (with the system's folders) and the folders of
    /// rustup and cargo, which a `cargo` input is compiled with; HOME and TMPDIR are this
    /// workspace's own.
    ///
    /// # Errors
    /// There is no binary to run.
    pub fn command(&self, arguments: &[&str]) -> Result<Command, WorkspaceError> {
        let mut command = Command::new(environment::landfall_binary()?);
        command.args(arguments).arg("--store").arg(self.store()).current_dir(self.root());
        command.env_clear().env("PATH", environment::search_path());
        command.env("HOME", self.home()).env("TMPDIR", self.temporary());
        command.envs(environment::toolchain_folders());
        Ok(command)
    }

    /// Runs [`Workspace::command`] to its end.
    ///
    /// # Errors
    /// There is no binary, it does not start, or it hangs. A status that is not 0 is an outcome.
    pub fn landfall(&self, arguments: &[&str]) -> Result<Outcome, WorkspaceError> {
        output_within(self.command(arguments)?, PATIENCE)
    }
}

/// Runs a command to its end, or ends it when it takes longer.
fn output_within(mut command: Command, limit: Duration) -> Result<Outcome, WorkspaceError> {
    let binary = PathBuf::from(command.get_program());
    let start = |source| WorkspaceError::Start { binary: binary.clone(), source };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(start)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (sender, receiver) = std::sync::mpsc::channel();
    // Both end with the process; a reader that is left behind by a hang ends with the test.
    std::thread::spawn(move || {
        let stderr = std::thread::spawn(move || read_all(stderr));
        // Nobody listens any more after a hang.
        let _ = sender.send((read_all(stdout), stderr.join().unwrap_or_default()));
    });
    let Ok((stdout, stderr)) = receiver.recv_timeout(limit) else {
        // What cannot be ended has ended.
        let _ = child.kill();
        child.wait().map_err(start)?;
        let arguments = command.get_args().map(|word| word.to_string_lossy().into_owned());
        return Err(WorkspaceError::Hangs { arguments: arguments.collect(), limit });
    };
    let status = child.wait().map_err(start)?;
    Ok(Outcome::from(Output { status, stdout, stderr }))
}

fn read_all(stream: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What a process that is killed left unread is not missed.
    let _ = stream.map(|mut stream| stream.read_to_end(&mut bytes));
    bytes
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> WorkspaceError {
    move |source| WorkspaceError::Folder { path: path.into(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hang_is_an_error_that_names_the_command() {
        let command = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            command
        };
        let hangs = output_within(command("exec sleep 600"), Duration::from_millis(50));
        let hangs = hangs.unwrap_err().to_string();
        assert_eq!(hangs, "`landfall -c exec sleep 600` was ended after 0.05 s");
        let ends = output_within(command("echo out; echo err >&2; exit 3"), PATIENCE).unwrap();
        let (stdout, stderr) = ("out\n".into(), "err\n".into());
        assert_eq!(ends, Outcome { status: Some(3), stdout, stderr });
    }

    #[test]
    fn files_stand_with_their_modes_and_go_with_the_value() {
        let workspace = Workspace::from_text(
            r"
            //- apps/x/run.sh mode=755
            #!/bin/sh
            //- apps/x/latest link=run.sh
            //- apps/x/empty/
            ",
        )
        .unwrap();
        let run = workspace.path("apps/x/run.sh");
        assert_eq!(fs::read_to_string(&run).unwrap(), "#!/bin/sh\n");
        assert_eq!(fs::metadata(&run).unwrap().permissions().mode() & 0o7777, 0o755);
        assert_eq!(fs::read_link(workspace.path("apps/x/latest")).unwrap(), Path::new("run.sh"));
        assert!(workspace.path("apps/x/empty").is_dir());
        let root = workspace.root();
        drop(workspace);
        assert!(!root.exists());
    }
}
