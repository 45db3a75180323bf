//! The little that is asked of git: what a revision held.
//!
//! The program is run with a cleared environment, so that no configuration of the user or of CI
//! changes what it does.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use landfall_archive::{Format, Options, Sink, unpack};
use landfall_hashing::{Digest, HashingReader};
use landfall_tree::{EntryPath, Node};
use serde::{Deserialize, Serialize};

use crate::{Error, Session};

/// Resolves a revision to a commit; none where git knows no such revision.
pub(crate) fn commit(session: &Session<'_>, revision: &str) -> Result<Option<String>, Error> {
    let wanted = format!("{revision}^{{commit}}");
    let output = run(session, ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok((output.status.success() && !text.is_empty()).then_some(text))
}

/// Where the sources of an image stood. It never enters an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// What was checked out.
    pub commit: String,
    /// Whether a file of the app differed from it, or was not tracked.
    pub dirty: bool,
}

/// The state of some folders of the workspace; none where the workspace is in no git repository,
/// or there is no git.
pub(crate) fn revision(session: &Session<'_>, folders: &[String]) -> Option<Revision> {
    let commit = commit(session, "HEAD").ok().flatten()?;
    let words = ["status", "--porcelain", "--untracked-files=all", "--"];
    let status = run(session, words.into_iter().chain(folders.iter().map(String::as_str))).ok()?;
    Some(Revision { commit, dirty: !status.status.success() || !status.stdout.is_empty() })
}

/// Writes what a commit held of the workspace into an empty folder.
pub(crate) fn checkout(session: &Session<'_>, commit: &str, folder: &Path) -> Result<(), Error> {
    let tar = folder.with_extension("tar");
    let output = File::create(&tar).map_err(Error::file("write", &tar))?;
    let mut command = command(session);
    // `git archive` run inside a folder of the repository archives that folder alone.
    let status = command.args(["archive", "--format=tar", commit]).stdout(output).status();
    let status = status.map_err(|source| Error::Program { program: "git archive".into(), source })?;
    if !status.success() {
        return Err(Error::ProgramFailed { program: "git archive".into(), message: status.to_string() });
    }
    let extracted = extract(&tar, folder);
    std::fs::remove_file(&tar).map_err(Error::file("remove", &tar))?;
    extracted
}

fn run<'a>(session: &Session<'_>, arguments: impl IntoIterator<Item = &'a str>) -> Result<std::process::Output, Error> {
    let mut command = command(session);
    let output = command.args(arguments.into_iter().map(OsStr::new)).stderr(Stdio::null()).output();
    output.map_err(|source| Error::Program { program: "git".into(), source })
}

fn command(session: &Session<'_>) -> Command {
    let mut command = Command::new(&session.git);
    command.env_clear().env("PATH", &session.tools.path).env("LC_ALL", "C");
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "safe.directory").env("GIT_CONFIG_VALUE_0", "*");
    command.current_dir(&session.workspace).stdin(Stdio::null());
    command
}

/// Our own reader judges the archive: a path in a commit is bytes from outside, too.
fn extract(tar: &Path, folder: &Path) -> Result<(), Error> {
    let archive = File::open(tar).map_err(Error::file("read", tar))?;
    let mut sink = Files { folder };
    let tree = unpack(archive, Format::Tar, &Options::default(), &mut sink).map_err(|error| Error::ProgramFailed {
        program: "git archive".into(),
        message: error.to_string(),
    })?;
    for entry in tree.entries() {
        let place = folder.join(entry.path.as_str());
        let written = match &entry.node {
            Node::Directory => std::fs::create_dir_all(&place),
            Node::Symlink { target } => parent(&place).and_then(|()| std::os::unix::fs::symlink(target, &place)),
            Node::File { .. } if entry.attributes.mode & 0o111 != 0 => {
                std::fs::set_permissions(&place, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            }
            _ => Ok(()),
        };
        written.map_err(Error::file("write", &place))?;
    }
    Ok(())
}

fn parent(place: &Path) -> std::io::Result<()> {
    place.parent().map_or(Ok(()), std::fs::create_dir_all)
}

struct Files<'a> {
    folder: &'a Path,
}

impl Sink for Files<'_> {
    fn file(&mut self, path: &EntryPath, _: u64, _: Option<u64>, content: &mut dyn Read) -> std::io::Result<Digest> {
        let place = self.folder.join(path.as_str());
        parent(&place)?;
        let mut hashing = HashingReader::new(content);
        std::io::copy(&mut hashing, &mut File::create(place)?)?;
        Ok(hashing.finish().0)
    }
}
