//! Changes of a ledger that know what they started from.

use std::sync::Arc;

use landfall_config::Name;
use landfall_config::environment::Ledger;
use landfall_diagnostics::Source;

use crate::Entry;
use crate::ledger::{self, LedgerError, set};

/// One app's entry, from what it was to what it will be.
///
/// It is applied only where the ledger still says what it started from: of two promotions at once
/// the one whose commit lands wins, and the other is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The app.
    pub app: Name,
    /// What the ledger said; none where it had no entry.
    pub expected: Option<Entry>,
    /// What it will say.
    pub next: Entry,
}

/// Edits of one ledger that are made together, or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// One for each app.
    pub edits: Vec<Edit>,
}

impl Edit {
    /// Whether it changes anything.
    pub fn is_change(&self) -> bool {
        self.expected.as_ref() != Some(&self.next)
    }

    /// An entry that is what it should become was written already, by a run that was cut short.
    fn check(&self, ledger: &Ledger) -> Result<(), LedgerError> {
        let found = Entry::of(ledger, &self.app);
        if found == self.expected || found.as_ref() == Some(&self.next) {
            return Ok(());
        }
        Err(LedgerError::Moved {
            app: self.app.clone(),
            expected: self.expected.clone().map(Box::new),
            found: found.map(Box::new),
            place: ledger.entries.get(&self.app).map(|entry| entry.span.clone()),
        })
    }
}

impl Change {
    /// The ledger's text with every edit made. Fails with an error for each app that says something
    /// else by now, and then nothing is made; making a change twice is making it once.
    pub fn apply(&self, source: &Arc<Source>) -> Result<String, Vec<LedgerError>> {
        let ledger = ledger::read(source).map_err(|error| vec![error])?;
        let moved: Vec<_> =
            self.edits.iter().filter_map(|edit| edit.check(&ledger).err()).collect();
        if !moved.is_empty() {
            return Err(moved);
        }
        self.edits.iter().try_fold(source.text.clone(), |text, edit| {
            let source = Source::new(&source.path, text);
            set(&source, &edit.app, &edit.next).map_err(|error| vec![error])
        })
    }
}
