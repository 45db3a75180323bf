//! The text of a TOML file as a tree in which every key and every value knows its place.
//!
//! TOML 1.1 is read, with what it has over 1.0: line breaks and a last comma inside inline tables,
//! `\e` and `\xHH` in strings. A byte-order mark at the beginning and CRLF line ends are taken for
//! what they are, also inside strings of several lines: a checkout by another system changes no
//! value, and so no image.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use landfall_diagnostics::{Source, Span};
use toml::de::{DeTable, DeValue};
use toml_parser::lexer::TokenKind;

use crate::Spanned;
use crate::lines::Lines;
use crate::syntax::{SyntaxError, SyntaxErrors};

/// A value with its place.
#[derive(Debug)]
pub(crate) struct Item {
    pub span: Span,
    pub content: Content,
}

/// What a value is.
#[derive(Debug)]
pub(crate) enum Content {
    Text(String),
    Integer(Integer),
    Float,
    Boolean(bool),
    Datetime,
    List(Vec<Item>),
    Table(Table),
}

/// An integer as it was written: the value may not fit, and modes look at the digits.
#[derive(Debug)]
pub(crate) struct Integer {
    pub digits: String,
    pub radix: u32,
}

impl Integer {
    /// The value, where it is one that TOML wants to be read.
    pub fn value(&self) -> Option<i64> {
        i64::from_str_radix(&self.digits, self.radix).ok()
    }
}

/// A table's keys in the order of the file. Its place is its header, or all of an inline table.
#[derive(Debug)]
pub(crate) struct Table {
    pub span: Span,
    pub entries: Vec<Entry>,
}

/// A key and its value.
#[derive(Debug)]
pub(crate) struct Entry {
    pub key: Spanned<String>,
    pub item: Item,
}

impl Item {
    /// The text, where it is one.
    pub fn text(&self) -> Option<Spanned<&str>> {
        match &self.content {
            Content::Text(text) => Some(Spanned { value: text, span: self.span.clone() }),
            _ => None,
        }
    }

    /// The table, where it is one.
    pub fn table(&self) -> Option<&Table> {
        match &self.content {
            Content::Table(table) => Some(table),
            _ => None,
        }
    }

    /// How many values a list or a table holds.
    pub fn count(&self) -> Option<usize> {
        match &self.content {
            Content::List(items) => Some(items.len()),
            Content::Table(table) => Some(table.entries.len()),
            _ => None,
        }
    }

    /// The items of a list; of anything else none.
    pub fn items(&self) -> &[Item] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }
}

impl Entry {
    /// The key as a text to be read.
    pub fn key_text(&self) -> Spanned<&str> {
        Spanned { value: &self.key.value, span: self.key.span.clone() }
    }
}

impl Table {
    /// A key's value.
    pub fn get(&self, key: &str) -> Option<&Item> {
        self.entry(key).map(|entry| &entry.item)
    }

    /// A key with its place, and its value.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.value == key)
    }

    /// A key's text.
    pub fn text(&self, key: &str) -> Option<Spanned<&str>> {
        self.get(key)?.text()
    }

    /// A key's integer, where it fits.
    pub fn integer(&self, key: &str) -> Option<i64> {
        match &self.get(key)?.content {
            Content::Integer(integer) => integer.value(),
            _ => None,
        }
    }

    /// A key's boolean.
    pub fn boolean(&self, key: &str) -> Option<bool> {
        match self.get(key)?.content {
            Content::Boolean(boolean) => Some(boolean),
            _ => None,
        }
    }

    /// A key's table.
    pub fn table(&self, key: &str) -> Option<&Self> {
        self.get(key)?.table()
    }

    /// The entries of a key's table.
    pub fn entries(&self, key: &str) -> &[Entry] {
        self.table(key).map_or(&[], |table| &table.entries)
    }

    /// The texts of a key's list.
    pub fn texts(&self, key: &str) -> Vec<Spanned<&str>> {
        self.get(key).map_or(&[][..], Item::items).iter().filter_map(Item::text).collect()
    }

    /// A key's tables, where it takes one table or a list of them.
    pub fn tables(&self, key: &str) -> Vec<&Self> {
        let Some(item) = self.get(key) else { return Vec::new() };
        item.table().into_iter().chain(item.items().iter().filter_map(Item::table)).collect()
    }
}

/// Reads a file's text. What could be read is in the tree, also beside syntax errors.
pub(crate) fn parse(source: &Arc<Source>) -> (Table, SyntaxErrors) {
    let plain = Plain::of(&source.text);
    let origin = Origin { source, plain: &plain };
    if let Some(range) = too_deep(&plain.text) {
        let message = format!("a line has more than {DOT_LIMIT} dots outside of texts");
        let errors = vec![SyntaxError { message, span: origin.span(range) }];
        let nothing = Table { span: Span::new(source, 0..0), entries: Vec::new() };
        let errors = SyntaxErrors::new(errors, &nothing);
        return (nothing, errors);
    }
    let (mut table, mut errors) = origin.read(&plain.text);
    if errors.iter().any(SyntaxError::stops_reading) {
        let (whole, more) = origin.read(&without_lines(source, &plain, &errors));
        table = whole;
        errors.extend(more);
    }
    let errors = SyntaxErrors::new(errors, &table);
    (table, errors)
}

/// The plain text with blanks in the place of the lines at which the library stops reading: it
/// goes on behind them, and every other place stays what it is.
fn without_lines(source: &Source, plain: &Plain, errors: &[SyntaxError]) -> String {
    let numbers = Lines::of(&source.text);
    let stops = errors.iter().filter(|error| error.stops_reading());
    let lines: BTreeSet<_> = stops.map(|error| numbers.number(error.span.start)).collect();
    let text =
        plain.text.split('\n').zip(1..).map(|(line, number)| match lines.contains(&number) {
            true => " ".repeat(line.len()),
            false => line.to_owned(),
        });
    text.collect::<Vec<_>>().join("\n")
}

/// How many dots a line may have outside of texts. The library limits the depth of brackets and not
/// that of dotted keys, and a tree of any depth would end the process when the stack ends.
const DOT_LIMIT: usize = 32;

/// The first dot too many.
fn too_deep(plain_text: &str) -> Option<Range<usize>> {
    let mut dots = 0;
    let token = toml_parser::Source::new(plain_text).lex().find(|token| {
        dots = match token.kind() {
            TokenKind::Newline => 0,
            TokenKind::Dot => dots + 1,
            _ => dots,
        };
        dots > DOT_LIMIT
    });
    token.map(|token| token.span().start()..token.span().end())
}

/// A text without byte-order mark and without carriage returns at line ends, and the way back to
/// places in the text as it was.
struct Plain {
    text: String,
    mark_bytes: usize,
    /// The line ends, in the plain text, that had a carriage return.
    returns: Vec<usize>,
}

impl Plain {
    fn of(original: &str) -> Self {
        let unmarked = original.strip_prefix('\u{feff}').unwrap_or(original);
        let ends = unmarked.match_indices("\r\n").enumerate();
        Self {
            text: unmarked.replace("\r\n", "\n"),
            mark_bytes: original.len() - unmarked.len(),
            returns: ends.map(|(earlier, (offset, _))| offset - earlier).collect(),
        }
    }

    /// The offset in the original text. A line end is where its carriage return is.
    fn original_offset(&self, offset: usize) -> usize {
        self.mark_bytes + offset + self.returns.partition_point(|end| *end < offset)
    }
}

/// Gives the library's values their places in the file.
struct Origin<'a> {
    source: &'a Arc<Source>,
    plain: &'a Plain,
}

impl Origin<'_> {
    fn read(&self, plain_text: &str) -> (Table, Vec<SyntaxError>) {
        let (root, errors) = DeTable::parse_recoverable(plain_text);
        let errors = errors.iter().map(|error| SyntaxError {
            message: error.message().to_owned(),
            span: self.span(error.span().unwrap_or_default()),
        });
        (self.table(Span::new(self.source, 0..0), root.get_ref()), errors.collect())
    }

    fn span(&self, range: Range<usize>) -> Span {
        let [start, end] =
            [range.start, range.end].map(|offset| self.plain.original_offset(offset));
        Span::new(self.source, start..end)
    }

    fn table(&self, span: Span, table: &DeTable<'_>) -> Table {
        let entries = table.iter().map(|(key, value)| Entry {
            key: Spanned { value: key.get_ref().clone().into_owned(), span: self.span(key.span()) },
            item: self.item(value),
        });
        let mut entries: Vec<_> = entries.collect();
        entries.sort_by_key(|entry| entry.key.span.start);
        Table { span, entries }
    }

    fn item(&self, value: &toml::Spanned<DeValue<'_>>) -> Item {
        let span = self.span(value.span());
        let content = match value.get_ref() {
            DeValue::String(text) => Content::Text(text.clone().into_owned()),
            DeValue::Integer(integer) => Content::Integer(Integer {
                digits: integer.as_str().to_owned(),
                radix: integer.radix(),
            }),
            DeValue::Float(_) => Content::Float,
            DeValue::Boolean(boolean) => Content::Boolean(*boolean),
            DeValue::Datetime(_) => Content::Datetime,
            DeValue::Array(items) => {
                Content::List(items.iter().map(|item| self.item(item)).collect())
            }
            DeValue::Table(table) => Content::Table(self.table(span.clone(), table)),
        };
        Item { span, content }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_text(text: &str) -> Table {
        parse(&Source::new("app.toml", text)).0
    }

    #[test]
    fn places_are_those_of_the_file_also_after_a_mark_and_carriage_returns() {
        let table = parse_text("\u{feff}# ä\r\na = \"x\"\r\n\r\n[b]\r\nc = [\r\n 1,\r\n 2]\r\n");
        assert_eq!(table.entry("a").unwrap().key.span.text(), "a");
        assert_eq!(table.text("a").unwrap().span.text(), "\"x\"");
        let below = table.table("b").unwrap();
        assert_eq!(below.span.text(), "[b]");
        let list = below.get("c").unwrap();
        assert_eq!(list.span.text(), "[\r\n 1,\r\n 2]");
        assert_eq!(list.items()[1].span.text(), "2");
        assert_eq!(list.items()[1].span.to_string(), "app.toml:7:2");
    }

    #[test]
    fn line_ends_do_not_reach_a_value() {
        let (unix, dos) =
            (parse_text("a = \"\"\"x\ny\"\"\""), parse_text("a = \"\"\"x\r\ny\"\"\""));
        assert_eq!(unix.text("a").unwrap().value, "x\ny");
        assert_eq!(dos.text("a").unwrap().value, "x\ny");
        assert_eq!(parse_text("a = \"x\\r\\ny\"").text("a").unwrap().value, "x\r\ny");
    }

    #[test]
    fn reads_what_toml_1_1_adds() {
        let table = parse_text("a = {\n b = \"\\e\\x41\",\n}");
        assert_eq!(table.table("a").unwrap().text("b").unwrap().value, "\u{1b}A");
    }
}
