//! What is said where a text cannot be read, or would be read differently by others.

use std::sync::Arc;

use granit_parser::{ErrorKind, ScanError, Tag};
use landfall_diagnostics::{Diagnostic, Source, Span};

use crate::Key;
use crate::reading::Reading;
use crate::tree::{DEPTH_LIMIT, NODE_LIMIT, TEXT_LIMIT_BYTES};

/// Why a text is not even looked at: its length, or a character that YAML does not take
/// (section 5.1), behind which some readers see the end.
pub(crate) fn unreadable(source: &Arc<Source>) -> Option<Diagnostic> {
    if source.text.len() > TEXT_LIMIT_BYTES {
        let message = format!("the text is longer than {} MiB", TEXT_LIMIT_BYTES >> 20);
        let problem = limit(message, &Span::new(source, 0..0));
        return Some(problem.help("split the file"));
    }
    let (offset, character) = source.text.char_indices().find(|(_, one)| !is_printable(*one))?;
    let name = character.escape_unicode();
    let span = Span::new(source, offset..offset + character.len_utf8());
    Some(
        Diagnostic::error("yaml::character", format!("the text holds the character {name}"))
            .at(&span, "not a character of YAML")
            .help("take it away; inside of double quotes it can be written as an escape"),
    )
}

/// `c-printable` (section 5.1).
fn is_printable(character: char) -> bool {
    let is_control = character.is_control() && !matches!(character, '\t' | '\n' | '\r' | '\u{85}');
    !is_control && !matches!(character, '\u{fffe}' | '\u{ffff}')
}

pub(crate) fn nul(span: &Span) -> Diagnostic {
    Diagnostic::error("yaml::character", "the text holds a NUL character")
        .at(span, "ends at the NUL for the kernel")
        .help("take `\\0` out")
}

pub(crate) fn syntax(source: &Arc<Source>, error: &ScanError, offset: usize) -> Diagnostic {
    let length = source.text[offset..].chars().next().map_or(0, char::len_utf8);
    let message = format!("the YAML cannot be read: {}", error.info());
    let (label, way_out) = match error.kind() {
        ErrorKind::TabInIndentation
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => ("a tab", "indent with spaces"),
        ErrorKind::UnclosedQuotedScalar => ("here", "close the quote where the text ends"),
        ErrorKind::UnclosedFlowCollection { .. } => {
            ("here", "close the bracket where the list or the mapping ends")
        }
        ErrorKind::DirectiveDisallowed => ("a directive", "take the line away"),
        _ => (
            "here",
            "look at the indentation, and put quotes around texts that hold `: ` or ` #` or begin \
             with a sign",
        ),
    };
    let span = Span::new(source, offset..offset + length);
    Diagnostic::error("yaml::syntax", message).at(&span, label).help(way_out)
}

/// Both readings, and how each is written.
pub(crate) fn ambiguous(text: &str, core: Reading, legacy: Reading, span: &Span) -> Diagnostic {
    let problem = two_readings(text, core, legacy).at(span, "means two things");
    let problem = problem.help(format!("write `{}` for the text", quoted(text)));
    let others = [core, legacy].into_iter().filter_map(|reading| {
        Some(format!("write `{}` for {}", reading.written()?, reading.called(text)))
    });
    others.fold(problem, Diagnostic::help)
}

/// The same for a key, which can only be meant as a text.
pub(crate) fn ambiguous_key(text: &str, core: Reading, legacy: Reading, span: &Span) -> Diagnostic {
    let problem = two_readings(text, core, legacy).at(span, "a key");
    problem.help(format!("write `{}`: a key is a text", quoted(text)))
}

fn two_readings(text: &str, core: Reading, legacy: Reading) -> Diagnostic {
    let (one, other) = (core.called(text), legacy.called(text));
    let message = format!("`{text}` is {one} in YAML 1.2, and {other} in YAML 1.1 or to `kubectl`");
    Diagnostic::error("yaml::ambiguous", message)
}

/// A number that JSON does not have, or that some of its readers would round.
pub(crate) fn no_number(text: &str, reading: Reading, span: &Span) -> Diagnostic {
    let (why, label) = match reading {
        Reading::Float(_) => ("JSON does not have", "not a finite number"),
        _ => ("not every reader of JSON has exactly", "not below 2^53"),
    };
    Diagnostic::error("yaml::number", format!("`{text}` is a number that {why}"))
        .at(span, label)
        .help(format!("write `{}` for the text", quoted(text)))
}

pub(crate) fn key_of_another_kind(text: &str, reading: Reading, span: &Span) -> Diagnostic {
    let called = match text {
        "" => "nothing".to_owned(),
        _ => reading.called(text),
    };
    let problem = Diagnostic::error("yaml::key", format!("a key is {called}, and must be a text"));
    problem.at(span, "not a text").help(format!("write `{}`", quoted(text)))
}

pub(crate) fn collection_as_key(span: &Span) -> Diagnostic {
    Diagnostic::error("yaml::key", "a key is a list or a mapping, and must be a text")
        .at(span, "not a text")
        .help("put quotes around a text that begins with a bracket")
}

pub(crate) fn merge_key(span: &Span) -> Diagnostic {
    Diagnostic::error("yaml::merge", "`<<` merges mappings in YAML 1.1, and is a key in YAML 1.2")
        .at(span, "means two things")
        .help("in a template of objects write `$splice` in its place, else write the keys out")
        .help("write `\"<<\"` for the key")
}

pub(crate) fn duplicate_key(key: &Key, first: &Span) -> Diagnostic {
    let message = format!("the key `{}` stands twice in one mapping", key.text.escape_debug());
    Diagnostic::error("yaml::duplicate-key", message)
        .at(&key.span, "again here")
        .at(first, "first here")
        .help("take one of the two away")
}

pub(crate) fn tag(tag: &Tag, span: &Span) -> Diagnostic {
    let name = tag.original().escape_debug().to_string();
    let message = match tag.is_yaml_core_schema() {
        true => format!("the tag `{name}` is not what stands behind it"),
        false => format!("the tag `{name}` means nothing here"),
    };
    Diagnostic::error("yaml::tag", message)
        .at(span, "a tag")
        .help("take it away; only `!!str` changes anything, and quotes do the same")
}

pub(crate) fn unknown_alias(name: &str, span: &Span) -> Diagnostic {
    let message = format!("nothing before it is called `&{}`", name.escape_debug());
    Diagnostic::error("yaml::alias", message)
        .at(span, "an alias")
        .help(format!("write `&{0}` where it is first said, or `\"*{0}\"` for the text", name))
}

pub(crate) fn alias_of_itself(span: &Span) -> Diagnostic {
    Diagnostic::error("yaml::alias", "an alias inside of what it stands for has no end")
        .at(span, "of itself")
        .help("write out what is meant")
}

pub(crate) fn too_deep(span: &Span) -> Diagnostic {
    let message = format!("more than {DEPTH_LIMIT} lists and mappings stand inside one another");
    limit(message, span).help("take it apart: nothing in Kubernetes is that deep")
}

pub(crate) fn too_many(span: &Span) -> Diagnostic {
    let message = format!("the text has more than {NODE_LIMIT} nodes, copies by aliases counted");
    limit(message, span).help("split the file, or write out less with aliases")
}

fn limit(message: String, span: &Span) -> Diagnostic {
    Diagnostic::error("yaml::limit", message).at(span, "too much")
}

/// In quotes, for a line of help.
fn quoted(text: &str) -> String {
    format!("{text:?}")
}
