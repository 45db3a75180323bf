//! All problems of one file, collected while it is read on.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use landfall_diagnostics::{Diagnostic, Severity, Span};

use crate::Spanned;

/// An error of a value that knows its code and the way out, so that a reader need not.
pub(crate) trait Reason: fmt::Display {
    /// The stable code.
    const CODE: &'static str;
    /// A few words under the place, where the cause says no more.
    const LABEL: &'static str;

    /// A few words under the place.
    fn label(&self) -> String {
        Self::LABEL.to_owned()
    }

    /// What to do, a sentence each; at least one.
    fn helps(&self) -> Vec<String>;
}

/// Collects problems; reading goes on after each.
#[derive(Default)]
pub(crate) struct Problems(Vec<Diagnostic>);

impl Problems {
    /// Notes a problem.
    pub fn push(&mut self, mut diagnostic: Diagnostic) {
        shorten(&mut diagnostic.message);
        self.0.push(diagnostic);
    }

    /// Whether anything noted so far is an error.
    pub fn has_error(&self) -> bool {
        has_error(&self.0)
    }

    /// Notes what is wrong with a value.
    pub fn refuse<R: Reason>(&mut self, reason: &R, span: &Span) {
        let diagnostic = Diagnostic::error(R::CODE, reason.to_string()).at(span, reason.label());
        self.push(reason.helps().into_iter().fold(diagnostic, Diagnostic::help));
    }

    /// Reads a text as a value, or notes why it is none.
    pub fn parse<T>(&mut self, text: Spanned<&str>) -> Option<Spanned<T>>
    where
        T: FromStr<Err: Reason>,
    {
        let read = text.value.parse().map_err(|reason| self.refuse(&reason, &text.span));
        read.ok().map(|value| Spanned { value, span: text.span })
    }

    /// Notes every value of a list that stood in it before.
    pub fn distinct<T: Ord + fmt::Display>(&mut self, list: &str, items: &[Spanned<T>]) {
        let mut first = BTreeMap::new();
        for item in items {
            let before = *first.entry(&item.value).or_insert(&item.span);
            if before != &item.span {
                let message = format!("`{}` stands twice in {list}", item.value);
                self.push(twice(message, &item.span, before));
            }
        }
    }

    /// What was noted, in the order of the file.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.0.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.span.start));
        self.0
    }
}

/// The place shows the whole text, so a message needs not.
fn shorten(message: &mut String) {
    const SHOWN_BYTES: usize = 400;
    if message.len() > SHOWN_BYTES {
        message.truncate(message.floor_char_boundary(SHOWN_BYTES));
        message.push('…');
    }
}

/// Says that something stands at two places and may stand at one.
pub(crate) fn twice(message: String, again: &Span, first: &Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("config::duplicate", message);
    diagnostic.at(again, "again here").at(first, "first here").help("take one of the two away")
}

/// Whether nothing can be built.
pub(crate) fn has_error(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}
