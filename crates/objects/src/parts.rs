//! A scalar's text as what stands in it, and the expressions between.

use std::ops::Range;

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// As it is written.
    Text(Range<usize>),
    /// Between `{{` and `}}`, without them.
    Expression(Range<usize>),
}

/// Why a text cannot be taken apart, with the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PartError {
    /// `{{` without `}}`.
    Open(Range<usize>),
    /// `{{-`, `-}}` and the like.
    Whitespace(Range<usize>),
    /// `{%`.
    Statement(Range<usize>),
}

/// Takes a text apart. `}}` inside of quotes or brackets ends no expression.
pub(crate) fn parts(text: &str) -> Result<Vec<Part>, PartError> {
    let mut parts = Vec::new();
    let mut start = 0;
    while let Some(open) = text[start..].find("{{").map(|at| start + at) {
        push_text(text, start..open, &mut parts)?;
        let inner = open + 2;
        let length = end(&text[inner..]).ok_or(PartError::Open(open..inner))?;
        let range = inner..inner + length;
        check_signs(text, &range)?;
        start = range.end + 2;
        parts.push(Part::Expression(range));
    }
    push_text(text, start..text.len(), &mut parts)?;
    Ok(parts)
}

fn push_text(text: &str, range: Range<usize>, parts: &mut Vec<Part>) -> Result<(), PartError> {
    if let Some(at) = text[range.clone()].find("{%") {
        let at = range.start + at;
        return Err(PartError::Statement(at..at + 2));
    }
    if !range.is_empty() {
        parts.push(Part::Text(range));
    }
    Ok(())
}

/// Where an expression ends, from its beginning.
fn end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), b'\\') => is_escaped = true,
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'}') if depth == 0 && text[at..].starts_with("}}") => return Some(at),
            (None, b'{' | b'[' | b'(') => depth += 1,
            (None, b'}' | b']' | b')') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }
    None
}

/// Signs beside the braces eat white space in texts; here they could be taken for a minus.
fn check_signs(text: &str, range: &Range<usize>) -> Result<(), PartError> {
    let inner = &text[range.clone()];
    if inner.starts_with(['-', '+']) {
        return Err(PartError::Whitespace(range.start..range.start + 1));
    }
    if inner.ends_with(['-', '+']) {
        return Err(PartError::Whitespace(range.end - 1..range.end));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let show = |part: &Part| match part {
            Part::Text(range) => format!("<{}>", &text[range.clone()]),
            Part::Expression(range) => format!("({})", &text[range.clone()]),
        };
        match parts(text) {
            Ok(parts) => parts.iter().map(show).collect(),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn expressions_end_where_the_language_ends_them() {
        for (text, wanted) in [
            ("", ""),
            ("a }} b", "<a }} b>"),
            ("{{ a }}", "( a )"),
            ("x-{{ a }}{{b}}", "<x->( a )(b)"),
            ("{{ {\"a\": {\"b\": 1}} }}y", "( {\"a\": {\"b\": 1}} )<y>"),
            ("{{ '}}' ~ \"\\\"}}\" }}", "( '}}' ~ \"\\\"}}\" )"),
            ("{{ a", "Open(0..2)"),
            ("{{ 'a }}", "Open(0..2)"),
            ("{{- a }}", "Whitespace(2..3)"),
            ("{{ a -}}", "Whitespace(5..6)"),
            ("ä{% if a %}", "Statement(2..4)"),
            ("${#a} {#b#}", "<${#a} {#b#}>"),
        ] {
            assert_eq!(shown(text), wanted, "{text}");
        }
    }
}
