//! releases.toml of a stage, on disk.
//!
//! What it means and how it changes is `landfall_release`'s; here it is read, and written whole.

use std::io::Write;
use std::sync::Arc;

use landfall_config::environment::{Ledger, StageFolder, read_ledger};
use landfall_config::{App, Name};
use landfall_diagnostics::{Diagnostic, Source};
use landfall_hashing::Digest;
use landfall_release::{Change, Edit, Entry, ImageVersion, LedgerError, recorded};

use crate::environments::ledger_path;
use crate::promote::refused;
use crate::workspace::{has_errors, read_text, warn};
use crate::{Error, Session, git, whole};

/// What a region of a stage runs, or shall run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Of the image index.
    pub digest: Digest,
    /// As which version it was built.
    pub version: String,
    /// Of the ledger that names it; none where none does yet.
    pub revision: Option<u64>,
}

/// A stage's ledger as it was read.
#[derive(Debug, Clone)]
pub struct StageLedger {
    /// Its text, empty where the file is not there.
    pub source: Arc<Source>,
    /// What it says.
    pub ledger: Ledger,
}

impl StageLedger {
    /// What a region runs of an app; none where the ledger does not name it.
    pub fn running(&self, app: &Name, region: &Name) -> Option<Running> {
        let standing = Entry::of(&self.ledger, app)?.running(region);
        let ImageVersion { digest, version } = standing.image;
        Some(Running { digest, version, revision: Some(standing.revision) })
    }
}

/// Reads the ledger of a stage; none where the stage keeps none. Where the file is not there yet it
/// says nothing.
pub fn read(session: &Session<'_>, stage: &StageFolder) -> Result<Option<StageLedger>, Error> {
    if !stage.stage.ledger {
        return Ok(None);
    }
    let source = source(session, stage)?;
    if source.text.trim().is_empty() {
        return Ok(Some(StageLedger { source, ledger: Ledger::default() }));
    }
    let (ledger, problems) = read_ledger(&source, Some(stage));
    warn(session, &problems);
    match ledger {
        Some(ledger) if !has_errors(&problems) => Ok(Some(StageLedger { source, ledger })),
        _ => Err(Error::Problems(problems)),
    }
}

/// What a region runs of an app.
///
/// Fails where nothing says so, and where the stage wants a ledger that is committed and it is not.
pub fn running(
    session: &Session<'_>,
    stage: &StageFolder,
    app: &Name,
    region: &Name,
) -> Result<Running, Error> {
    let ledger = read(session, stage)?.ok_or_else(|| no_ledger(stage))?;
    refuse_uncommitted(session, stage)?;
    ledger.running(app, region).ok_or_else(|| names_nothing(stage, app).into())
}

fn source(session: &Session<'_>, stage: &StageFolder) -> Result<Arc<Source>, Error> {
    let shown = ledger_path(&stage.stage.name);
    let path = session.workspace.join(&shown);
    let text = if path.exists() { read_text(&path, &shown)? } else { String::new() };
    Ok(Source::new(shown, text))
}

/// What a push will write down: none where the stage keeps no ledger. To be asked before anything is
/// pushed, because the stage's rules may refuse it.
pub(crate) fn push_edit(
    session: &Session<'_>,
    stage: &StageFolder,
    app: &App,
    region: Option<&str>,
    image: &ImageVersion,
) -> Result<Option<Edit>, Error> {
    let ledger = read(session, stage)?.map(|found| found.ledger).unwrap_or_default();
    let region =
        region.and_then(|region| stage.regions.keys().find(|name| name.as_str() == region));
    recorded(stage, &ledger, app, region, image).map_err(|refusal| refused(&refusal))
}

/// Writes a change into the ledger, where it still says what the change started from.
///
/// Another process that writes at the same moment is waited for; what it wrote is read first.
pub(crate) fn write(
    session: &Session<'_>,
    stage: &StageFolder,
    change: &Change,
) -> Result<(), Error> {
    if !change.edits.iter().any(Edit::is_change) {
        return Ok(());
    }
    let shown = ledger_path(&stage.stage.name);
    let path = session.workspace.join(&shown);
    let (before, after) = ("ledger::before-rename", "ledger::after-rename");
    let mut refused = Vec::new();
    let written = whole::write_with(&path, before, after, |file| {
        let text = if path.exists() { std::fs::read_to_string(&path)? } else { String::new() };
        match change.apply(&Source::new(&shown, text)) {
            Ok(text) => file.write_all(text.as_bytes()),
            Err(errors) => {
                refused = errors;
                Err(std::io::Error::other("refused"))
            }
        }
    });
    if !refused.is_empty() {
        let problems = refused.iter().flat_map(LedgerError::problems);
        return Err(Error::Problems(problems.collect()));
    }
    written.map_err(Error::file("write", &path))
}

/// A stage may want that only what everybody can see is applied.
fn refuse_uncommitted(session: &Session<'_>, stage: &StageFolder) -> Result<(), Error> {
    let path = ledger_path(&stage.stage.name);
    if !stage.stage.committed || git::is_committed(session, &path)? {
        return Ok(());
    }
    let message = format!("`{}` differs from the last commit", path.display());
    Err(Diagnostic::error("ledger::uncommitted", message)
        .help("commit it: this stage applies only what is committed (`committed = true`)")
        .into())
}

fn no_ledger(stage: &StageFolder) -> Error {
    let name = &stage.stage.name;
    let message = format!("the stage `{name}` keeps no ledger, so nothing says what it runs");
    Diagnostic::error("ledger::none", message)
        .help("`landfall release` builds and applies in one step there")
        .help(format!("take `ledger = false` out of environments/{name}/stage.toml to keep one"))
        .into()
}

fn names_nothing(stage: &StageFolder, app: &Name) -> Diagnostic {
    let name = &stage.stage.name;
    let message = format!("the ledger of `{name}` names no image of `{app}`");
    let problem = Diagnostic::error("ledger::nothing", message);
    problem.help(match stage.stage.builds {
        true => format!("`landfall push {app} --to {name}` brings one there"),
        false => format!("`landfall promote {app} --to {name}` brings one there"),
    })
}
