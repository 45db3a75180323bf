//! The text of a ledger: what it says of an app, and how it is told something else.

use std::path::PathBuf;
use std::sync::Arc;

use landfall_config::Name;
use landfall_config::environment::{LEDGER_FORMAT, Ledger, read_ledger};
use landfall_diagnostics::{Diagnostic, Source, Span};
use toml_edit::TomlError;

use crate::layout::Layout;
use crate::{Entry, block};

/// What a new file begins with.
const FIRST_LINE: &str =
    "# Written by landfall: which digest of which app this stage runs, a block for each app.";

/// Writes an app's entry into the text of a ledger, which may be empty, and gives the new text.
///
/// Comments stay, and so does every byte of every other app's block. Blocks stand in the order of
/// names with a blank line between, so that git merges changes of different apps. Fails where the
/// text cannot be read or the revision would not grow; an entry that stands already changes nothing.
pub fn set(source: &Arc<Source>, app: &Name, entry: &Entry) -> Result<String, LedgerError> {
    let found = Entry::of(&read(source)?, app);
    match &found {
        Some(found) if found == entry => return Ok(source.text.clone()),
        Some(found) if found.revision >= entry.revision => {
            let (found, given) = (found.revision, entry.revision);
            return Err(LedgerError::Revision { app: app.clone(), found, given });
        }
        _ if app.as_str() == "format" => return Err(LedgerError::Name { app: app.clone() }),
        _ => {}
    }
    let written = |text: &str| {
        write(text, app, entry).map_err(|source| LedgerError::Form { app: app.clone(), source })
    };
    let text = &source.text;
    let is_dos = text.contains("\r\n") && !text.replace("\r\n", "").contains('\n');
    match is_dos {
        true => Ok(written(&text.replace("\r\n", "\n"))?.replace('\n', "\r\n")),
        false => written(text),
    }
}

fn write(text: &str, app: &Name, entry: &Entry) -> Result<String, TomlError> {
    let fresh = format!("{FIRST_LINE}\nformat = {LEDGER_FORMAT}\n");
    let mut layout = Layout::of(if is_empty(text) { &fresh } else { text });
    match layout.block(app) {
        Some(lines) => layout.replace(app, block::changed(&lines, app, entry)?),
        None => {
            let taken = block::taken_out(layout.head_mut(), app)?;
            let above = taken.map(|(head, above)| {
                *layout.head_mut() = head;
                above
            });
            layout.insert(app, above.unwrap_or_default() + &block::fresh(app, entry));
        }
    }
    Ok(layout.into_text())
}

/// Reads a ledger's text, whose regions nobody looks at here.
pub(crate) fn read(source: &Arc<Source>) -> Result<Ledger, LedgerError> {
    if is_empty(&source.text) {
        return Ok(Ledger::default());
    }
    let (ledger, problems) = read_ledger(source, None);
    ledger.ok_or_else(|| LedgerError::Unreadable { path: source.path.clone(), problems })
}

/// A file that is not there, or that an editor left empty.
fn is_empty(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim().is_empty()
}

/// Why a ledger does not take an entry.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what its fields hold")]
pub enum LedgerError {
    #[error("cannot read the ledger `{}`", path.display())]
    Unreadable { path: PathBuf, problems: Vec<Diagnostic> },
    #[error("`{app}` has changed since: this began from {}, and the ledger has {}",
        said(expected.as_deref()), said(found.as_deref()))]
    Moved {
        app: Name,
        expected: Option<Box<Entry>>,
        found: Option<Box<Entry>>,
        place: Option<Span>,
    },
    #[error(
        "the revision of `{app}` only grows: the ledger has {found}, and {given} was to be written"
    )]
    Revision { app: Name, found: u64, given: u64 },
    #[error("no app in a ledger can be called `{app}`, which is a key of the file")]
    Name { app: Name },
    #[error("the block of `{app}` is written in a way that cannot be changed in place")]
    Form { app: Name, source: TomlError },
}

fn said(entry: Option<&Entry>) -> String {
    entry.map_or_else(|| "no block of it".to_owned(), Entry::to_string)
}

impl LedgerError {
    /// The error with its place and the way out; of a ledger that cannot be read its own problems.
    pub fn problems(&self) -> Vec<Diagnostic> {
        let problem = |code| Diagnostic::error(code, self.to_string());
        let problem = match self {
            Self::Unreadable { problems, .. } => return problems.clone(),
            Self::Moved { app, place, .. } => {
                let problem = problem("ledger::moved");
                let problem = place.iter().fold(problem, |all, place| all.at(place, "by another"));
                problem.help(format!(
                    "whoever's change came first holds: look at what `{app}` is now, and run the \
                     command again if yours is still wanted"
                ))
            }
            Self::Revision { app, .. } => problem("ledger::revision")
                .help(format!("begin again from what the ledger says of `{app}` now")),
            Self::Name { .. } => problem("ledger::name").help("give the app another name"),
            Self::Form { app, .. } => problem("ledger::form")
                .help(format!("write it as a block of its own, below a line `[{app}]`")),
        };
        vec![problem]
    }
}
