//! What a text says, as a tree.

use landfall_diagnostics::Span;

/// One document of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What it holds; null where it is empty.
    pub root: Node,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// All of it; of a copy that an alias makes, the original's.
    pub span: Span,
    /// What it is.
    pub content: Content,
}

/// The three kinds of nodes (YAML 1.2.2, section 3.2.1.1).
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Keys and values in the order of the text, no key twice.
    Mapping(Vec<Entry>),
    /// Values in order.
    Sequence(Vec<Node>),
    /// Anything else.
    Scalar(Scalar),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Always a text.
    pub key: Key,
    /// Null where nothing stands there.
    pub value: Node,
}

/// A key of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// What it is after quotes and escapes were read.
    pub text: String,
    /// How it is written.
    pub style: Style,
    /// Where it stands.
    pub span: Span,
}

/// A value that holds no others.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// Its characters after quotes, escapes and indentation were read.
    pub text: String,
    /// How it is written.
    pub style: Style,
    /// Whether the tag `!!str` says that it is a text.
    pub is_tagged_text: bool,
    /// What it means.
    pub value: Value,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes, the only style that can mean something else than a text.
    Plain,
    /// In single or double quotes.
    Quoted,
    /// Below `|` or `>`.
    Block,
}

/// What a scalar means (YAML 1.2.2, section 10.3).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// `null`, `~`, or nothing.
    Null,
    /// `true`, `false`.
    Boolean(bool),
    /// A whole number whose magnitude is below 2^53, as every reader of JSON has it (RFC 8259,
    /// section 6).
    Integer(i64),
    /// A finite number.
    Float(f64),
    /// The characters themselves.
    Text,
}

impl Node {
    /// The entries of a mapping; of anything else none.
    pub fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The scalar, where it is one.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.content {
            Content::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// How many nodes it is of, itself among them.
    pub(crate) fn count(&self) -> usize {
        1 + match &self.content {
            Content::Mapping(entries) => entries.iter().map(|entry| entry.value.count()).sum(),
            Content::Sequence(items) => items.iter().map(Self::count).sum::<usize>(),
            Content::Scalar(_) => 0,
        }
    }

    /// How many collections stand inside one another.
    pub(crate) fn depth(&self) -> usize {
        match &self.content {
            Content::Mapping(entries) => {
                1 + entries.iter().map(|entry| entry.value.depth()).max().unwrap_or(0)
            }
            Content::Sequence(items) => 1 + items.iter().map(Self::depth).max().unwrap_or(0),
            Content::Scalar(_) => 0,
        }
    }
}
