//! Everything that the rows share: folders, programs, and how often to measure.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use landfall_testkit::{Rig, succeed};
use tempfile::TempDir;

use crate::arguments::Arguments;
use crate::error::BenchError;

/// Read once at the start.
pub struct Surroundings {
    /// Where inputs are kept between runs.
    pub cache: PathBuf,
    /// The peers.
    pub rig: Rig,
    /// The measured binary.
    pub landfall: PathBuf,
    /// `--runs`.
    pub runs: u32,
    /// `--quick`.
    pub quick: bool,
    /// The repository.
    pub root: PathBuf,
    /// CARGO_HOME.
    pub cargo_home: PathBuf,
    environment: Vec<(&'static str, OsString)>,
    work: TempDir,
}

impl Surroundings {
    /// Reads the environment and checks the peers.
    pub fn read(arguments: &Arguments) -> Result<Self, BenchError> {
        let home = PathBuf::from(variable("HOME", "set it to your home folder")?);
        let landfall = variable("LANDFALL_BIN", "start the benchmark by `cargo xtask bench`")?;
        let cache = cache_folder(&home);
        fs::create_dir_all(&cache).map_err(BenchError::at(&cache))?;
        // In the cache, so that an input is a hard link away and no contender is on another disk.
        let work = tempfile::Builder::new().prefix("work-").tempdir_in(&cache);
        let work = work.map_err(BenchError::at(&cache))?;
        let below = |name: &str, folder: &str| {
            std::env::var_os(name).unwrap_or_else(|| home.join(folder).into_os_string())
        };
        let environment = vec![
            ("PATH", variable("PATH", "set it")?),
            ("HOME", folder_in(work.path(), "home")?.into_os_string()),
            ("TMPDIR", folder_in(work.path(), "tmp")?.into_os_string()),
            ("CARGO_HOME", below("CARGO_HOME", ".cargo")),
            ("RUSTUP_HOME", below("RUSTUP_HOME", ".rustup")),
        ];
        Ok(Self {
            rig: Rig::open()?,
            landfall: landfall.into(),
            runs: arguments.runs,
            quick: arguments.quick,
            root: Path::new(env!("CARGO_MANIFEST_DIR")).join(".."),
            cargo_home: below("CARGO_HOME", ".cargo").into(),
            environment,
            cache,
            work,
        })
    }

    /// A program with an environment that is the same on every machine but for its folders.
    pub fn program(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// What a program prints, without the line end.
    pub fn answer(&self, words: &[&str]) -> Result<String, BenchError> {
        let mut command = self.program(words[0]);
        let output = succeed(command.args(&words[1..]).current_dir(&self.root))?;
        Ok(String::from_utf8_lossy(&output).trim().to_owned())
    }

    /// A place in the work folder, with nothing there.
    pub fn fresh(&self, name: &str) -> Result<PathBuf, BenchError> {
        let path = self.work.path().join(name);
        let removed =
            if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(BenchError::File { path, source: error })
            }
            _ => Ok(path),
        }
    }

    /// A place in the work folder, as it stands.
    pub fn place(&self, name: &str) -> PathBuf {
        self.work.path().join(name)
    }
}

fn variable(name: &str, remedy: &str) -> Result<OsString, BenchError> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| BenchError::Surroundings {
        lack: format!("{name} is not set"),
        remedy: remedy.into(),
    })
}

fn cache_folder(home: &Path) -> PathBuf {
    let named = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = named("LANDFALL_TEST_CACHE") {
        return folder.join("bench");
    }
    named("XDG_CACHE_HOME").unwrap_or_else(|| home.join(".cache")).join("landfall/bench")
}

fn folder_in(folder: &Path, name: &str) -> Result<PathBuf, BenchError> {
    let path = folder.join(name);
    fs::create_dir(&path).map_err(BenchError::at(&path))?;
    Ok(path)
}
