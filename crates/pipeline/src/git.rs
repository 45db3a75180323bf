//! The little that is asked of git: what a revision held.
//!
//! The program is run with a cleared environment, the user's own configuration apart.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

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

/// Writes what a commit held of the workspace into an empty folder, byte for byte: no line ends are
/// changed, and nothing is left out for `export-ignore`.
pub(crate) fn checkout(session: &Session<'_>, commit: &str, folder: &Path) -> Result<(), Error> {
    let answer = |words: [&str; 2]| Ok::<_, Error>(text(&run(session, words)?.stdout));
    let (repository, prefix) =
        (answer(["rev-parse", "--absolute-git-dir"])?, answer(["rev-parse", "--show-prefix"])?);
    let index = folder.with_extension("index");
    let tree = format!("{commit}:{prefix}");
    for words in [&["read-tree", tree.as_str()][..], &["checkout-index", "--all", "--force"]] {
        let mut command = command(session);
        command
            .env("GIT_DIR", &repository)
            .env("GIT_WORK_TREE", folder)
            .env("GIT_INDEX_FILE", &index);
        let output = command.args(words).current_dir(folder).output();
        let output = output.map_err(|source| Error::Program { program: "git".into(), source })?;
        if !output.status.success() {
            return Err(Error::ProgramFailed {
                program: format!("git {}", words[0]),
                message: text(&output.stderr),
            });
        }
    }
    Ok(())
}

/// Whether a file of the workspace is as the last commit has it.
pub(crate) fn is_committed(session: &Session<'_>, path: &Path) -> Result<bool, Error> {
    let path = path.to_string_lossy();
    let words = ["status", "--porcelain", "--untracked-files=all", "--", &path];
    let status = run(session, words)?;
    Ok(status.status.success() && status.stdout.is_empty())
}

/// Commits one file and nothing else, and gives the commit. What else is staged stays staged.
pub(crate) fn commit_file(
    session: &Session<'_>,
    path: &Path,
    message: &str,
) -> Result<String, Error> {
    let path = path.to_string_lossy();
    succeed(session, &["add", "--intent-to-add", "--", &path])?;
    succeed(session, &["commit", "--quiet", "--only", "--message", message, "--", &path])?;
    succeed(session, &["rev-parse", "HEAD"])
}

fn succeed(session: &Session<'_>, words: &[&str]) -> Result<String, Error> {
    let output = command(session).args(words).output();
    let output = output.map_err(|source| Error::Program { program: "git".into(), source })?;
    if !output.status.success() {
        let message = text(&output.stderr);
        return Err(Error::ProgramFailed { program: format!("git {}", words[0]), message });
    }
    Ok(text(&output.stdout))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

fn run<'a>(
    session: &Session<'_>,
    arguments: impl IntoIterator<Item = &'a str>,
) -> Result<std::process::Output, Error> {
    let mut command = command(session);
    let output = command.args(arguments.into_iter().map(OsStr::new)).stderr(Stdio::null()).output();
    output.map_err(|source| Error::Program { program: "git".into(), source })
}

/// The user's own configuration holds, because it says which repositories are trusted; nothing of
/// it, or of the repository's, may start a program or change a byte.
fn command(session: &Session<'_>) -> Command {
    const SETTINGS: [(&str, &str); 5] = [
        ("core.fsmonitor", "false"),
        ("core.hooksPath", "/dev/null"),
        ("core.autocrlf", "false"),
        ("core.eol", "lf"),
        ("core.attributesFile", "/dev/null"),
    ];
    let mut command = Command::new(&session.git);
    command.env_clear().env("PATH", &session.tools.path).env("LC_ALL", "C");
    let kept = ["HOME", "XDG_CONFIG_HOME"]
        .into_iter()
        .filter_map(|name| Some((name, session.environment.get(OsStr::new(name))?)));
    command.envs(kept).env("GIT_CONFIG_COUNT", SETTINGS.len().to_string());
    for (index, (name, value)) in SETTINGS.iter().enumerate() {
        command
            .env(format!("GIT_CONFIG_KEY_{index}"), name)
            .env(format!("GIT_CONFIG_VALUE_{index}"), value);
    }
    command.current_dir(&session.workspace).stdin(Stdio::null());
    command
}
