//! Holds a file against the table of fields: unknown keys, missing keys, wrong types.
//!
//! What passes here can be read without a second thought about types; what does not was noted,
//! and the readers pass over it.

use landfall_diagnostics::Diagnostic;

use crate::document::{Content, Entry, Item, Table};
use crate::field::{self, Field, Kind, Rest, Rule};
use crate::fields::homes;
use crate::mode;
use crate::problems::Problems;
use crate::suggestion::{enumerate, nearest};

/// The longest path that Linux takes has not more names than that.
pub(crate) const COUNT_LIMIT: i64 = 2047;

/// Notes all that is wrong with the keys and types of a table and of all that is in it.
pub(crate) fn check(table: &Table, fields: &'static field::Table, problems: &mut Problems) {
    let mut meant = Vec::new();
    for entry in &table.entries {
        match (fields.field(&entry.key.value), &fields.rest) {
            (Some(field), _) => check_field(field, entry, table, problems),
            (None, Some(rest)) => check_rest(rest, entry, problems),
            (None, None) => {
                meant.extend(meant_key(&entry.key.value, fields));
                problems.push(unknown_key(entry, fields));
            }
        }
    }
    let is_there = |key: &str| table.entry(key).is_some() || meant.contains(&key);
    let missing = fields.fields.iter().filter(|field| field.is_required && !is_there(field.key));
    missing.for_each(|field| problems.push(missing_key(field, table, fields)));
    if let Some(rule) = &fields.rule {
        let is_one_there = rule.keys.iter().any(|key| is_there(key));
        check_rule(rule, is_one_there, table, fields, problems);
    }
}

fn check_field(field: &'static Field, entry: &Entry, table: &Table, problems: &mut Problems) {
    if let Some(reserved) = field.reserved {
        problems.push(not_yet(reserved.what, entry).help(reserved.instead));
        return;
    }
    if !field.beside.is_empty() && field.beside.iter().all(|key| table.entry(key).is_none()) {
        problems.push(alone(field, entry));
    }
    let called = format!("`{}`", field.key);
    check_kind(&field.kind, &entry.item, &Subject { called, field }, problems);
}

/// The key's own grammar is looked at where it is read.
fn check_rest(rest: &'static Rest, entry: &Entry, problems: &mut Problems) {
    let called = format!("`{}`", entry.key.value.escape_debug());
    let subject = Subject { called, field: &rest.field };
    check_kind(&rest.field.kind, &entry.item, &subject, problems);
}

/// What a value is called in messages.
struct Subject {
    called: String,
    field: &'static Field,
}

fn check_kind(kind: &'static Kind, item: &Item, subject: &Subject, problems: &mut Problems) {
    match (kind, &item.content) {
        (Kind::Anything, _) | (Kind::Boolean, Content::Boolean(_)) => {}
        (Kind::Text(_) | Kind::Mode, Content::Text(text)) => {
            check_text(text, item, subject, problems)
        }
        (Kind::Mode, Content::Integer(integer)) => {
            problems.push(mode::refuse_integer(integer, &item.span))
        }
        (Kind::Count, Content::Integer(integer)) => {
            check_count(integer.value(), item, subject, problems)
        }
        (Kind::Revision, Content::Integer(integer)) => {
            check_revision(integer.value(), item, subject, problems)
        }
        (Kind::Choice(words), Content::Text(text)) => {
            check_choice(words, text, item, subject, problems)
        }
        (Kind::List(kind), Content::List(items)) => check_list(kind, items, subject, problems),
        (Kind::Table(fields), Content::Table(table)) => check(table, fields, problems),
        (Kind::Map(map), Content::Table(table)) => check_map(&map.value, table, subject, problems),
        (Kind::Value, _) => check_value(kind, item, subject, problems),
        (Kind::Either(kinds), content) => match kinds.iter().find(|kind| kind.takes(content)) {
            Some(kind) => check_kind(kind, item, subject, problems),
            None => problems.push(wrong_type(kind, item, subject)),
        },
        _ => problems.push(wrong_type(kind, item, subject)),
    }
}

impl Kind {
    /// Whether a value has the kind's type, whatever is in it.
    fn takes(&self, content: &Content) -> bool {
        match self {
            Self::Text(_) | Self::Mode | Self::Choice(_) => matches!(content, Content::Text(_)),
            Self::Count | Self::Revision => matches!(content, Content::Integer(_)),
            Self::Boolean => matches!(content, Content::Boolean(_)),
            Self::List(_) => matches!(content, Content::List(_)),
            Self::Table(_) | Self::Map(_) => matches!(content, Content::Table(_)),
            Self::Either(kinds) => kinds.iter().any(|kind| kind.takes(content)),
            Self::Value => !matches!(content, Content::Float | Content::Datetime),
            Self::Anything => true,
        }
    }
}

fn check_list(kind: &'static Kind, items: &[Item], subject: &Subject, problems: &mut Problems) {
    let subject = Subject { called: format!("an item of `{}`", subject.field.key), ..*subject };
    items.iter().for_each(|item| check_kind(kind, item, &subject, problems));
}

fn check_map(kind: &'static Kind, table: &Table, subject: &Subject, problems: &mut Problems) {
    for entry in &table.entries {
        let called = format!("`{}` in `{}`", entry.key.value.escape_debug(), subject.field.key);
        check_kind(kind, &entry.item, &Subject { called, ..*subject }, problems);
    }
}

fn check_value(kind: &'static Kind, item: &Item, subject: &Subject, problems: &mut Problems) {
    match &item.content {
        Content::List(items) => check_list(kind, items, subject, problems),
        Content::Table(table) => check_map(kind, table, subject, problems),
        Content::Integer(integer) if !integer.value().is_some_and(is_exact) => {
            problems.push(inexact(item, subject))
        }
        Content::Text(text) => check_text(text, item, subject, problems),
        content if kind.takes(content) => {}
        _ => problems.push(wrong_type(kind, item, subject)),
    }
}

/// Whether a number is written the same by every reader of JSON, in which ids are taken (RFC 8785).
fn is_exact(value: i64) -> bool {
    value.unsigned_abs() < 1 << 53
}

fn inexact(item: &Item, subject: &Subject) -> Diagnostic {
    let message = format!("{} is too large for a number", subject.called);
    let diagnostic = Diagnostic::error("config::number", message).at(&item.span, "not below 2^53");
    diagnostic.help(format!("write it in quotes: `\"{}\"`", item.span.text()))
}

/// No text of an image can hold NUL: arguments, variables and paths end there.
fn check_text(text: &str, item: &Item, subject: &Subject, problems: &mut Problems) {
    if text.contains('\0') {
        let message = format!("{} holds a NUL character", subject.called);
        let diagnostic = Diagnostic::error("config::text", message)
            .at(&item.span, "ends at the NUL for the kernel");
        problems.push(diagnostic.help("take `\\u0000` out"));
    }
}

fn check_count(value: Option<i64>, item: &Item, subject: &Subject, problems: &mut Problems) {
    if !value.is_some_and(|value| (0..=COUNT_LIMIT).contains(&value)) {
        let message = format!(
            "{} is `{}`, and a number from 0 to {COUNT_LIMIT} is wanted",
            subject.called,
            item.span.text()
        );
        let diagnostic =
            Diagnostic::error("config::number", message).at(&item.span, "out of range");
        problems.push(diagnostic.help(format!("write a number, as in `{}`", subject.field.line())));
    }
}

fn check_revision(value: Option<i64>, item: &Item, subject: &Subject, problems: &mut Problems) {
    if !value.is_some_and(|value| value > 0 && is_exact(value)) {
        let message =
            format!("{} is `{}`, and a number from 1 is wanted", subject.called, item.span.text());
        let diagnostic =
            Diagnostic::error("config::number", message).at(&item.span, "out of range");
        problems.push(diagnostic.help(format!("write a number, as in `{}`", subject.field.line())));
    }
}

fn check_choice(
    words: &'static [&str],
    text: &str,
    item: &Item,
    subject: &Subject,
    problems: &mut Problems,
) {
    if words.contains(&text) {
        return;
    }
    let message = format!("{} cannot be `{}`", subject.called, text.escape_debug());
    let diagnostic =
        Diagnostic::error("config::choice", message).at(&item.span, "not one of its words");
    let diagnostic = match nearest(text, words.iter().copied()) {
        Some(word) => diagnostic.help(format!("did you mean `{word}`?")),
        None => diagnostic,
    };
    problems.push(diagnostic.help(format!("write {}", enumerate(words.iter().copied(), "or"))));
}

/// Says that something has its place in the format and is not built yet.
pub(crate) fn not_yet(what: &str, entry: &Entry) -> Diagnostic {
    let message = format!("{what} have their place in the format and are not built yet");
    Diagnostic::error("config::not-yet", message).at(&entry.key.span, "not yet")
}

fn alone(field: &Field, entry: &Entry) -> Diagnostic {
    let (key, beside) = (field.key, enumerate(field.beside.iter().copied(), "or"));
    let message = format!("`{key}` says something of {beside}, which is not there");
    let diagnostic = Diagnostic::error("config::contradiction", message);
    diagnostic
        .at(&entry.key.span, "says nothing here")
        .help(format!("take `{key}` away, or use {beside}"))
}

fn check_rule(
    rule: &Rule,
    is_one_there: bool,
    table: &Table,
    fields: &'static field::Table,
    problems: &mut Problems,
) {
    let there: Vec<_> =
        table.entries.iter().filter(|entry| rule.keys.contains(&&*entry.key.value)).collect();
    if !is_one_there {
        problems.push(absence(rule, table, fields));
    }
    if let (Some(contradiction), [_, _, ..]) = (rule.contradiction, &*there) {
        let keys = enumerate(there.iter().map(|entry| &*entry.key.value), "and");
        let message = format!("{}, and this one has {keys}", contradiction.said);
        let diagnostic = Diagnostic::error("config::contradiction", message);
        let diagnostic = there
            .iter()
            .fold(diagnostic, |all, entry| all.at(&entry.key.span, contradiction.label));
        problems.push(diagnostic.help(contradiction.way_out));
    }
}

fn absence(rule: &Rule, table: &Table, fields: &'static field::Table) -> Diagnostic {
    let lines = fields
        .fields
        .iter()
        .filter(|field| rule.keys.contains(&field.key) && field.reserved.is_none());
    let lines: Vec<_> = lines.map(Field::line).collect();
    let diagnostic = Diagnostic::error(rule.code, rule.absence).at(&table.span, "in this table");
    diagnostic.help(format!("add one of these lines:\n{}", lines.join("\n")))
}

fn missing_key(field: &Field, table: &Table, fields: &field::Table) -> Diagnostic {
    let message = format!("{} has no `{}`", fields.title, field.key);
    let diagnostic =
        Diagnostic::error("config::missing-key", message).at(&table.span, "in this table");
    let diagnostic = diagnostic.help(format!("add it, as in {}", field.shown()));
    fields.hint.into_iter().fold(diagnostic, Diagnostic::help)
}

fn unknown_key(entry: &Entry, fields: &'static field::Table) -> Diagnostic {
    let key = &entry.key.value;
    let message = format!("unknown key `{}` in {}", key.escape_debug(), fields.title);
    let diagnostic =
        Diagnostic::error("config::unknown-key", message).at(&entry.key.span, "no such key");
    let meant = meant_key(key, fields).map(|meant| format!("did you mean `{meant}`?"));
    let homes: Vec<_> = homes(key, fields).collect();
    let home =
        (!homes.is_empty()).then(|| format!("`{key}` is a key of {}", homes.join(" and of ")));
    let noun = if fields.fields.len() == 1 { "key" } else { "keys" };
    let known = format!("{} has the {noun} {}", fields.title, enumerate(fields.keys(), "and"));
    let helps = meant.or(home).into_iter().chain([known]).chain(fields.hint.map(str::to_owned));
    helps.fold(diagnostic, Diagnostic::help)
}

/// The key that another tool calls like that, or the nearest.
fn meant_key(key: &str, fields: &'static field::Table) -> Option<&'static str> {
    let elsewhere = fields.fields.iter().find(|field| field.other_names.contains(&key));
    elsewhere.map(|field| field.key).or_else(|| nearest(key, fields.keys()))
}

fn wrong_type(kind: &Kind, item: &Item, subject: &Subject) -> Diagnostic {
    let found = item.content.called();
    let message = format!("expected {} for {}, found {found}", kind.expected(), subject.called);
    let diagnostic = Diagnostic::error("config::wrong-type", message).at(&item.span, found);
    let diagnostic = conversion(kind, item).into_iter().fold(diagnostic, Diagnostic::help);
    diagnostic.help(format!("it is written as in {}", subject.field.shown()))
}

/// How the value that was found is written as the kind that is wanted.
fn conversion(kind: &Kind, item: &Item) -> Option<String> {
    let written = Some(item.span.text()).filter(|text| !text.contains('\n') && text.len() < 80)?;
    match (kind, &item.content) {
        (Kind::Either(kinds), _) => kinds.iter().find_map(|kind| conversion(kind, item)),
        (Kind::List(kind), content) if kind.takes(content) => {
            Some(format!("write a list: `[{written}]`"))
        }
        (Kind::Text(_) | Kind::Choice(_) | Kind::Value, content) if content.is_word() => {
            Some(format!("write it in quotes: `\"{written}\"`"))
        }
        (Kind::List(Kind::Text(_)), content) if content.is_word() => {
            Some(format!("write a list of texts in quotes: `[\"{written}\"]`"))
        }
        (Kind::Count | Kind::Revision, Content::Text(text)) if text.parse::<i64>().is_ok() => {
            Some(format!("write it without quotes: `{text}`"))
        }
        (Kind::Boolean, Content::Text(_) | Content::Integer(_)) => {
            Some("write `true` or `false` without quotes".into())
        }
        (Kind::Table(_) | Kind::Map(_), Content::List(_)) if written.starts_with("[[") => {
            Some(format!("write one pair of brackets: `{}`", &written[1..written.len() - 1]))
        }
        _ => None,
    }
}

impl Content {
    fn called(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Float => "a float",
            Self::Boolean(_) => "a boolean",
            Self::Datetime => "a date or time",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }

    /// Whether it is written as one word without quotes.
    fn is_word(&self) -> bool {
        matches!(self, Self::Integer(_) | Self::Float | Self::Boolean(_) | Self::Datetime)
    }
}
