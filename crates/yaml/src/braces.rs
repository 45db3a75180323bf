//! The classic mistake: an expression without quotes, which YAML reads as a mapping in a mapping.

use std::ops::Range;
use std::sync::Arc;

use landfall_diagnostics::{Diagnostic, Source, Span};

/// Where an expression without quotes began.
pub(crate) struct Braces {
    /// How many collections were open around the inner mapping.
    pub depth: usize,
    /// Of the first brace.
    pub start: usize,
}

/// The last `{{` or `{%` on the line of an offset that stands where a value or key begins, and
/// which YAML therefore could not read. A line end belongs to its line.
pub(crate) fn before(text: &str, offset: usize) -> Option<usize> {
    let offset = text.floor_char_boundary(offset.min(text.len()));
    let line_start = text[..offset].rfind('\n').map_or(0, |end| end + 1);
    let line_end = text[offset..].find('\n').map_or(text.len(), |end| offset + end);
    let line = &text[line_start..line_end];
    let starts = ["{{", "{%"].map(|open| line.rfind(open).filter(|at| begins_value(&line[..*at])));
    starts.into_iter().flatten().max().map(|at| line_start + at)
}

fn begins_value(before: &str) -> bool {
    let before = before.trim_end_matches(' ');
    before.is_empty() || before.ends_with([':', '-', '[', ',', '{', '?'])
}

pub(crate) fn problem(source: &Arc<Source>, start: usize) -> Diagnostic {
    let text = &source.text[start..];
    if text.starts_with("{%") {
        return statement(&Span::new(source, start..start + 2));
    }
    let range = extent(&source.text, start);
    let written = &source.text[range.clone()];
    let quote = if written.contains('"') { '\'' } else { '"' };
    let quoted = match written.contains(quote) {
        true => "\"{{ … }}\"".to_owned(),
        false => format!("{quote}{written}{quote}"),
    };
    Diagnostic::error("yaml::braces", "an expression without quotes, which YAML reads as a mapping")
        .at(&Span::new(source, range), "`{` begins a mapping")
        .help(format!("put quotes around it: `{quoted}`; it keeps its type"))
}

fn statement(span: &Span) -> Diagnostic {
    Diagnostic::error("yaml::statement", "`{%` cannot begin a value of YAML")
        .at(span, "`{` begins a mapping")
        .help("a file that ends with `.yaml.j2` is a template first, and YAML afterwards")
        .help("in YAML, `$when` keeps a document, `omit` drops a key, and `$splice` puts in a list")
}

/// The value on its line: expressions, and what stands right beside them, as in `{{ Name }}-web`.
fn extent(text: &str, start: usize) -> Range<usize> {
    let line = text[start..].lines().next().unwrap_or_default();
    let mut end = 0;
    while line[end..].starts_with("{{") {
        end += line[end..].find("}}").map_or(line.len() - end, |at| at + 2);
        let stops =
            line[end..].find("{{").into_iter().chain(line[end..].find([' ', ',', ']', '\t']));
        end += stops.min().unwrap_or(line.len() - end);
    }
    let value = line[..end].trim_end_matches(':');
    start..start + value.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_braces_that_begin_a_value_are_meant() {
        for (text, wanted) in [
            ("a: {{ b }}-c\n", Some(3)),
            ("a: 1\n  - {{ b }}\n", Some(9)),
            ("a: b{{ c }}\n", None),
            ("a: 1\n", None),
            ("{% if a %}\n", Some(0)),
        ] {
            assert_eq!(before(text, text.len() - 1), wanted, "{text}");
        }
    }

    #[test]
    fn the_whole_value_goes_into_quotes() {
        for (text, wanted) in [
            ("a: {{ b }}-c # d", "{{ b }}-c"),
            ("a: [{{ b }}, {{ c }}]", "{{ b }}"),
            ("a: {{ b }}/{{ c }}:1 # d", "{{ b }}/{{ c }}:1"),
            ("a: {{ b", "{{ b"),
            ("{{ b }}: a", "{{ b }}"),
        ] {
            let start = text.find('{').unwrap();
            assert_eq!(&text[extent(text, start)], wanted, "{text}");
        }
    }
}
