//! Reads an app of the workspace: its app.toml and its app.lock.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use landfall_config::{App, Overrides, read_app};
use landfall_derivation::lock::{Lock, LockError};
use landfall_diagnostics::{Diagnostic, Severity, Source};

use crate::{Error, Event, Session, plain_file};

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
///
/// What cannot be looked into, or holds an app.toml that is no file, is an app as well, so that
/// [`load`] says what is wrong with it. Fails where a name is not UTF-8.
pub fn app_names(workspace: &Path) -> Result<Vec<String>, Error> {
    let apps = workspace.join("apps");
    let entries = match std::fs::read_dir(&apps) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::file("list", &apps))?,
    };
    let entries = entries.collect::<Result<Vec<_>, _>>().map_err(Error::file("list", &apps))?;
    let apps = entries.iter().filter(|entry| holds_app(&entry.path()).unwrap_or(true));
    let (names, unnamed): (Vec<_>, Vec<_>) =
        apps.map(|entry| entry.file_name().into_string()).partition(Result::is_ok);
    let problems: Vec<_> =
        unnamed.into_iter().filter_map(Result::err).map(|name| unusable_name(&name)).collect();
    let mut names: Vec<_> = names.into_iter().flatten().collect();
    names.sort();
    if problems.is_empty() { Ok(names) } else { Err(Error::Problems(problems)) }
}

/// The same for who asks for all of them: none is an error.
pub fn all_app_names(workspace: &Path) -> Result<Vec<String>, Error> {
    let names = app_names(workspace)?;
    if names.is_empty() { Err(no_apps().into()) } else { Ok(names) }
}

/// Whether something stands in a folder under the name app.toml.
fn holds_app(folder: &Path) -> io::Result<bool> {
    let absent = |error: &io::Error| {
        matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
    };
    match folder.metadata() {
        Ok(metadata) if !metadata.is_dir() => return Ok(false),
        // A link that leads nowhere is not the same as nothing.
        Err(error) if absent(&error) && folder.symlink_metadata().is_err() => return Ok(false),
        metadata => metadata?,
    };
    match folder.join("app.toml").symlink_metadata() {
        Err(error) if absent(&error) => Ok(false),
        metadata => metadata.map(|_| true),
    }
}

fn no_apps() -> Diagnostic {
    Diagnostic::error("workspace::no-app", "there is no app in `apps/`")
        .help("`landfall init NAME` makes a first app")
}

fn unusable_name(name: &OsStr) -> Diagnostic {
    Diagnostic::error(
        "workspace::name",
        format!("the name of `apps/{}` is not UTF-8", name.display()),
    )
    .help("an app is named like its folder: rename it")
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
    if name.contains(['/', '\0']) || matches!(holds_app(&folder), Ok(false)) {
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
    let Some(text) = lock_text(loaded)? else { return Ok(None) };
    let lock = Lock::from_text(&text);
    lock.map(Some).map_err(|error| bad_lock(shown_lock(loaded), text, &error).into())
}

/// The text of `app.lock`; none where there is no such file.
pub(crate) fn lock_text(loaded: &Loaded) -> Result<Option<String>, Error> {
    let path = loaded.folder.join("app.lock");
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        _ => read_text(&path, &shown_lock(loaded)).map(Some),
    }
}

fn shown_lock(loaded: &Loaded) -> PathBuf {
    Path::new("apps").join(loaded.app.name.value.as_ref()).join("app.lock")
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
    let bytes = plain_file::read(path).map_err(|error| unusable(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        unusable(format!("line {line} holds a byte that is not UTF-8"))
    })
}
