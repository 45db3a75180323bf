//! A document after its expressions were evaluated, still with places.

use landfall_diagnostics::Span;
use serde_json::Value;

/// A value and where it comes from: itself, or the expression that gave it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rendered {
    pub span: Span,
    pub content: Content,
}

/// What it is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Content {
    /// Neither a list nor a map.
    Plain(Value),
    List(Vec<Rendered>),
    Map(Vec<Pair>),
    /// What was noted as a problem: nothing more is said of it.
    Broken,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pair {
    pub key: String,
    pub place: Span,
    pub value: Rendered,
}

impl Rendered {
    /// A value that an expression gave; all of it is from there.
    pub fn of(value: Value, span: &Span) -> Self {
        let content = match value {
            Value::Array(items) => {
                Content::List(items.into_iter().map(|item| Self::of(item, span)).collect())
            }
            Value::Object(map) => {
                let pairs = map.into_iter().map(|(key, value)| Pair {
                    key,
                    place: span.clone(),
                    value: Self::of(value, span),
                });
                Content::Map(pairs.collect())
            }
            plain => Content::Plain(plain),
        };
        Self { span: span.clone(), content }
    }

    /// What was noted as a problem.
    pub fn broken(span: &Span) -> Self {
        Self { span: span.clone(), content: Content::Broken }
    }

    /// The value of a key, where this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.pairs().iter().find(|pair| pair.key == key).map(|pair| &pair.value)
    }

    /// The pairs of a map; of anything else none.
    pub fn pairs(&self) -> &[Pair] {
        match &self.content {
            Content::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// The items of a list; of anything else none.
    pub fn items(&self) -> &[Self] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    /// The text, where it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Plain(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether nothing is said: `null`.
    pub fn is_null(&self) -> bool {
        self.content == Content::Plain(Value::Null)
    }

    /// Whether a problem was noted of it.
    pub fn is_broken(&self) -> bool {
        self.content == Content::Broken
    }

    /// What kind it is, as messages call it.
    pub fn kind(&self) -> &'static str {
        match &self.content {
            Content::Plain(Value::Null) | Content::Broken => "nothing",
            Content::Plain(Value::Bool(_)) => "a boolean",
            Content::Plain(Value::Number(_)) => "a number",
            Content::Plain(_) => "a text",
            Content::List(_) => "a list",
            Content::Map(_) => "a map",
        }
    }

    /// The value without places.
    pub fn into_json(self) -> Value {
        match self.content {
            Content::Plain(value) => value,
            Content::List(items) => items.into_iter().map(Self::into_json).collect(),
            Content::Map(pairs) => {
                pairs.into_iter().map(|pair| (pair.key, pair.value.into_json())).collect()
            }
            Content::Broken => Value::Null,
        }
    }
}
