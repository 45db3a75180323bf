//! What does not parse: each place once, and what can still be said of the rest of the file.

use std::collections::BTreeSet;

use landfall_diagnostics::{Diagnostic, Span};

use crate::document::{Content, Item, Table};
use crate::lines::Lines;

/// An error in the words of the TOML library.
pub(crate) struct SyntaxError {
    pub message: String,
    pub span: Span,
}

impl SyntaxError {
    /// Whether the library builds no more of the tree after it.
    pub fn stops_reading(&self) -> bool {
        self.message.starts_with("key with no value")
            || self.message.starts_with("missing value for key")
    }
}

/// All errors of a file.
pub(crate) struct SyntaxErrors {
    errors: Vec<SyntaxError>,
    lines: Lines,
    /// Where something begins that never ends: nothing after it can be trusted.
    unclosed: Option<usize>,
}

/// How many errors are shown; a file with more is something else than TOML.
const SHOWN: usize = 100;

/// Problems that say that something is not there. Beside a syntax error it may well be.
const OF_ABSENCE: [&str; 7] = [
    "config::empty-layer",
    "config::input-kind",
    "config::missing-key",
    "config::missing-version",
    "config::no-layers",
    "config::unknown-input",
    "config::unused-input",
];

impl SyntaxErrors {
    /// Keeps one error for each line, and of a list or table that does not end only that.
    pub fn new(mut errors: Vec<SyntaxError>, table: &Table) -> Self {
        let lines = Lines::of(&table.span.source.text);
        errors.sort_by_key(|error| error.span.start);
        let opening = errors.iter().find_map(|error| opening(error, table));
        if let Some(open) = &opening {
            errors.retain(|error| error.span.start < open.span.start);
            errors.push(SyntaxError { message: open.message.clone(), span: open.span.clone() });
        }
        errors.dedup_by_key(|error| lines.number(error.span.start));
        let unclosed =
            opening.as_ref().or_else(|| errors.iter().find(|error| runs_on(&error.message)));
        let unclosed = unclosed.map(|error| error.span.start);
        Self { errors, lines, unclosed }
    }

    /// Adds what was noted of the values that could be read, as far as it can be trusted.
    pub fn join(self, noted: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let broken: BTreeSet<_> = self.errors.iter().map(|error| self.line(&error.span)).collect();
        let noted = noted.into_iter().filter(|diagnostic| self.vouches(&broken, diagnostic));
        let shown = self.errors.iter().take(SHOWN).map(diagnostic);
        let mut all: Vec<_> =
            shown.chain(self.errors.get(SHOWN).map(|_| self.more())).chain(noted).collect();
        all.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.span.start));
        all
    }

    fn vouches(&self, broken: &BTreeSet<usize>, diagnostic: &Diagnostic) -> bool {
        let limit = self.unclosed.unwrap_or(usize::MAX);
        let stands = |span: &Span| span.end < limit && !broken.contains(&self.line(span));
        let is_of_absence = OF_ABSENCE.contains(&diagnostic.code);
        broken.is_empty()
            || !is_of_absence && diagnostic.labels.iter().all(|label| stands(&label.span))
    }

    fn line(&self, span: &Span) -> usize {
        self.lines.number(span.start)
    }

    /// What is said of the errors past those that are shown.
    fn more(&self) -> Diagnostic {
        let more = self.errors.len() - SHOWN;
        let diagnostic =
            Diagnostic::error("config::syntax", format!("{more} more lines are not TOML"));
        diagnostic.at(&self.errors[SHOWN].span, "and after").help("mend the lines before first")
    }
}

/// Whether the error lets a value swallow the lines after it.
fn runs_on(message: &str) -> bool {
    message.starts_with("unclosed") || message.starts_with("invalid multi-line")
}

/// What begins and does not end, said of its beginning; the library says it of the end of the file.
fn opening(error: &SyntaxError, table: &Table) -> Option<SyntaxError> {
    let begins = |item: &Item, bracket: &str| item.span.text().starts_with(bracket);
    let is_last = |item: &Item| item.span.end == error.span.end;
    let is_open_list = |item: &Item| begins(item, "[") && is_last(item);
    let is_open_text =
        |item: &Item| (begins(item, "\"\"\"") || begins(item, "'''")) && is_last(item);
    let is_open_table = |item: &Item| begins(item, "{") && !item.span.text().ends_with('}');
    let (what, length, found) = match &*error.message {
        message if message.starts_with("unclosed array,") => {
            ("list", 1, find_item(table, &is_open_list))
        }
        message if message.starts_with("unclosed inline table") => {
            ("table", 1, find_item(table, &is_open_table))
        }
        message if message.starts_with("invalid multi-line") => {
            ("text", 3, find_item(table, &is_open_text))
        }
        _ => return None,
    };
    let span = found.map(|item| Span { end: item.span.start + length, ..item.span.clone() });
    span.map(|span| SyntaxError { message: format!("a {what} begins here and does not end"), span })
}

/// The first item, in the order of the file, that is looked for.
fn find_item<'a>(table: &'a Table, wanted: &dyn Fn(&Item) -> bool) -> Option<&'a Item> {
    table.entries.iter().find_map(|entry| find_below(&entry.item, wanted))
}

fn find_below<'a>(item: &'a Item, wanted: &dyn Fn(&Item) -> bool) -> Option<&'a Item> {
    if wanted(item) {
        return Some(item);
    }
    match &item.content {
        Content::List(items) => items.iter().find_map(|item| find_below(item, wanted)),
        Content::Table(table) => find_item(table, wanted),
        _ => None,
    }
}

fn diagnostic(error: &SyntaxError) -> Diagnostic {
    let subject = match &*error.message {
        "duplicate key" => format!(" `{}`", error.span.text().escape_debug()),
        _ => String::new(),
    };
    let said = error
        .message
        .trim_end_matches(", expected nothing")
        .trim_end_matches(", expected literal string");
    let message = format!("this is not TOML: {said}{subject}");
    Diagnostic::error("config::syntax", message).at(&error.span, "here").help(help(error))
}

/// The way out, by the beginning of what the library says.
fn help(error: &SyntaxError) -> String {
    let begins = |words: &[&str]| words.iter().any(|word| error.message.starts_with(word));
    if begins(&[
        "string values must",
        "invalid float",
        "invalid integer",
        "invalid boolean",
        "invalid date",
    ]) {
        return quote_help(&error.span);
    }
    let way_out = match () {
        () if begins(&["duplicate key"]) => {
            "a key can stand once in a table, and a table once in a file"
        }
        () if begins(&["cannot extend"]) => {
            "the key before the dot already has a value that is not a table"
        }
        () if begins(&["missing escaped"]) => {
            "write `\\\\` for a backslash, or the text in single quotes"
        }
        () if begins(&["key with no value", "missing value"]) => {
            "write `key = value`, with text in quotes"
        }
        () if begins(&["invalid unquoted key"]) => {
            "a key with other characters stands in quotes: `\"a/b\" = …`"
        }
        () if begins(&["a list begins"]) => "close it with `]`",
        () if begins(&["a table begins"]) => "close it with `}`",
        () if begins(&["a line has more"]) => "write fewer dots; values need no such depth",
        () if error.message.contains("visible characters") => {
            "write a control character as in `\\t` or `\\u0007`"
        }
        () if begins(&["invalid basic string", "invalid literal string"]) => {
            "a text ends with the quote that it begins with"
        }
        () if begins(&["a text begins", "invalid multi-line"]) => {
            "a text of several lines ends with the three quotes that it begins with"
        }
        () if begins(&["unclosed"]) => "each bracket that opens closes again",
        () => "this file is read as TOML 1.1",
    };
    way_out.to_owned()
}

/// Proposes the line's value in quotes, where it is one word.
fn quote_help(span: &Span) -> String {
    let (line, _) = span.source.line_column(span.start);
    let line = span.source.text.lines().nth(line - 1).unwrap_or_default();
    let value = line.split_once('=').map(|(_, value)| value.trim()).unwrap_or_default();
    let is_plain = |character: char| character.is_alphanumeric() || ".-_+:/".contains(character);
    match !value.is_empty() && value.chars().all(is_plain) {
        true => format!("a text stands in quotes: `\"{value}\"`"),
        false => "a text stands in quotes, as in `\"1.0.0\"`".to_owned(),
    }
}
