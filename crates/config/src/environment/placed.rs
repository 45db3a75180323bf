//! Values as one file gives them, each with its place.

use std::collections::BTreeMap;

use landfall_diagnostics::Span;

use crate::Value;
use crate::document::{Content, Entry, Item};
use crate::problems::Problems;
use crate::variable::Variable;

/// Values by their names.
pub type PlacedValues = BTreeMap<String, PlacedValue>;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedValue {
    /// Of the value; of a table its header, or all of an inline table.
    pub span: Span,
    /// What it is.
    pub content: PlacedContent,
}

/// A value, with the places inside of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlacedContent {
    /// Anything but a table; a list is one value.
    Plain(Value),
    /// Laid over other tables key by key.
    Table(PlacedValues),
}

impl PlacedContent {
    /// What kind it is, as messages call it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Plain(value) => value.kind(),
            Self::Table(_) => "a table",
        }
    }
}

/// Reads the values of a table, whose types were checked before.
pub(crate) fn read_values(entries: &[Entry], problems: &mut Problems) -> PlacedValues {
    let values = entries.iter().filter_map(|entry| {
        let name = problems.parse::<Variable>(entry.key_text());
        Some((name?.value.0, read_value(&entry.item)?))
    });
    values.collect()
}

fn read_value(item: &Item) -> Option<PlacedValue> {
    let content = match &item.content {
        Content::Table(table) => {
            let entries = table.entries.iter();
            let values = entries
                .filter_map(|entry| Some((entry.key.value.clone(), read_value(&entry.item)?)));
            PlacedContent::Table(values.collect())
        }
        _ => PlacedContent::Plain(Value::read(item)?),
    };
    Some(PlacedValue { span: item.span.clone(), content })
}
