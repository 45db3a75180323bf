//! Where a piece of a template stands in its file.

use std::ops::Range;

use landfall_diagnostics::Span;
use landfall_yaml::Scalar;

/// A piece of template language, and its place.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// As the engine sees it.
    pub text: String,
    /// Of all of it.
    pub span: Span,
    /// Whether the place holds the very same bytes, so that a piece of it can be pointed at.
    is_exact: bool,
    is_file: bool,
}

impl Site {
    /// A whole file.
    pub fn of_file(span: Span) -> Self {
        Self { text: span.text().to_owned(), span, is_exact: true, is_file: true }
    }

    /// A piece of a scalar: exactly there where it is written as it reads, without escapes and
    /// within one line; else the whole scalar.
    pub fn in_scalar(scalar: &Scalar, span: &Span, range: Range<usize>) -> Self {
        let text = scalar.text[range.clone()].to_owned();
        let earlier = scalar.text.match_indices(&text).take_while(|(at, _)| *at < range.start);
        let exact = span.text().match_indices(&text).nth(earlier.count());
        match exact.filter(|_| !text.is_empty()) {
            Some((at, _)) => {
                let start = span.start + at;
                let span = Span::new(&span.source, start..start + text.len());
                Self { text, span, is_exact: true, is_file: false }
            }
            None => Self { text, span: span.clone(), is_exact: false, is_file: false },
        }
    }

    /// The place of a piece.
    pub fn at(&self, range: Range<usize>) -> Span {
        let is_inside = self.text.get(range.clone()).is_some();
        match self.is_exact && is_inside {
            true => {
                let start = self.span.start;
                Span::new(&self.span.source, start + range.start..start + range.end)
            }
            false => self.span.clone(),
        }
    }

    /// What stands on the lines of a place, for a file; all of it for anything smaller.
    pub fn around(&self, place: &Span) -> &str {
        if !self.is_file {
            return &self.text;
        }
        let start = self.text[..place.start].rfind('\n').map_or(0, |end| end + 1);
        let end = self.text[place.end..].find('\n').map_or(self.text.len(), |at| place.end + at);
        &self.text[start..end]
    }
}
