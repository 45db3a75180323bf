//! Reads an app of the workspace: its app.toml and its app.lock.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use landfall_config::{App, Overrides, read_app};
use landfall_derivation::lock::{Lock, LockError};
use landfall_diagnostics::{Diagnostic, Severity, Source};

use crate::{Error, Event, Session};

/// No configuration file of a person is longer.
const FILE_LIMIT_BYTES: u64 = 8 << 20;

/// An app as it is asked for.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// app.toml, checked.
    pub app: App,
    /// Its folder.
    pub folder: PathBuf,
    /// app.toml as it was read.
    pub source: Arc<Source>,
}

/// All apps of a workspace, sorted: the folders of `apps/` that hold an app.toml.
pub fn app_names(workspace: &Path) -> Result<Vec<String>, Error> {
    let apps = workspace.join("apps");
    let entries = std::fs::read_dir(&apps).map_err(Error::file("list", &apps))?;
    let folders = entries.collect::<Result<Vec<_>, _>>().map_err(Error::file("list", &apps))?;
    let with_app = folders.into_iter().filter(|entry| entry.path().join("app.toml").is_file());
    let mut names: Vec<_> =
        with_app.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

/// Reads and checks `apps/NAME/app.toml`; every problem comes at once.
pub fn load(session: &Session<'_>, name: &str, overrides: &Overrides) -> Result<Loaded, Error> {
    load_from(&session.workspace, session, name, overrides)
}

/// The same from another checkout of the workspace.
pub(crate) fn load_from(
    workspace: &Path,
    session: &Session<'_>,
    name: &str,
    overrides: &Overrides,
) -> Result<Loaded, Error> {
    let relative = Path::new("apps").join(name);
    let folder = workspace.join(&relative);
    let path = folder.join("app.toml");
    if name.contains(['/', '\0']) || !path.is_file() {
        return Err(no_app(workspace, name).into());
    }
    let shown = relative.join("app.toml");
    let source = Source::new(&shown, read_text(&path, &shown)?);
    let (app, mut problems) = read_app(&source, overrides);
    if let Some(app) = &app
        && app.name.value.as_ref() != name
    {
        problems.push(other_name(app, name));
    }
    warn(session, &problems);
    match app {
        Some(app) if !has_errors(&problems) => Ok(Loaded { app, folder, source }),
        _ => Err(Error::Problems(problems)),
    }
}

pub(crate) fn has_errors(problems: &[Diagnostic]) -> bool {
    problems.iter().any(|problem| problem.severity == Severity::Error)
}

/// Warnings are said; with errors beside them they come with the errors.
pub(crate) fn warn(session: &Session<'_>, problems: &[Diagnostic]) {
    if !has_errors(problems) {
        problems
            .iter()
            .for_each(|problem| session.events.event(Event::Note { text: &problem.to_string() }));
    }
}

fn no_app(workspace: &Path, name: &str) -> Diagnostic {
    let names = app_names(workspace).unwrap_or_default();
    let problem = Diagnostic::error(
        "workspace::unknown-app",
        format!("there is no app `{name}`: `apps/{name}/app.toml` is missing"),
    );
    let problem = match landfall_config::nearest(name, names.iter().map(String::as_str)) {
        Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
        None => problem,
    };
    match names.as_slice() {
        [] => problem.help("`landfall init NAME` makes a first app"),
        names => problem.help(format!("the apps here are: {}", names.join(", "))),
    }
}

fn other_name(app: &App, folder: &str) -> Diagnostic {
    let name = &app.name;
    Diagnostic::error(
        "workspace::name",
        format!("the app is named `{}` and its folder `{folder}`", name.value),
    )
    .at(&name.span, "not the folder's name")
    .help("commands, tags and ledgers go by one name: rename either")
}

/// Reads `app.lock`; none where there is no such file.
pub fn read_lock(loaded: &Loaded) -> Result<Option<Lock>, Error> {
    let path = loaded.folder.join("app.lock");
    match std::fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        _ => {
            let shown = Path::new("apps").join(loaded.app.name.value.as_ref()).join("app.lock");
            let text = read_text(&path, &shown)?;
            Lock::from_text(&text).map(Some).map_err(|error| bad_lock(shown, text, &error).into())
        }
    }
}

fn bad_lock(path: PathBuf, text: String, error: &LockError) -> Diagnostic {
    let line = match error {
        LockError::Syntax { line, .. } => *line,
        LockError::Seal { .. } => {
            text.lines().position(|line| line.starts_with("seal")).map_or(1, |index| index + 1)
        }
        _ => 1,
    };
    let start = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
    let end = text[start..].find(['\r', '\n']).map_or(text.len(), |length| start + length);
    let source = Source::new(path, text);
    let code =
        if matches!(error, LockError::Newer { .. }) { "lock::newer" } else { "lock::invalid" };
    Diagnostic::error(code, format!("the lock cannot be used: {error}"))
        .at(&landfall_diagnostics::Span::new(&source, start..end), "")
        .help(error.help())
}

/// A text file of reasonable length, by the name that the user knows.
pub(crate) fn read_text(path: &Path, shown: &Path) -> Result<String, Error> {
    let unusable = |reason: String| {
        let problem = Diagnostic::error(
            "workspace::unreadable",
            format!("`{}` cannot be read: {reason}", shown.display()),
        );
        Error::from(problem.help("it has to be a text file in UTF-8 that this user may read"))
    };
    let bytes = read_file(path).map_err(|error| unusable(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        unusable(format!("line {line} holds a byte that is not UTF-8"))
    })
}

/// No pipe is waited for, and no device is read without end.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    file.take(FILE_LIMIT_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_LIMIT_BYTES {
        return Err(io::Error::other("it is longer than 8 MiB, which no such file is"));
    }
    Ok(bytes)
}
