//! A value that templates may name: what TOML says, without what could not be shown the same
//! everywhere.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::Value;
use crate::document::{Content, Item};

impl Value {
    /// Reads an item; none for floats and dates, which were refused before.
    pub(crate) fn read(item: &Item) -> Option<Self> {
        let value = match &item.content {
            Content::Text(text) => Self::Text(text.clone()),
            Content::Integer(integer) => Self::Integer(integer.value()?),
            Content::Boolean(boolean) => Self::Boolean(*boolean),
            Content::List(items) => Self::List(items.iter().filter_map(Self::read).collect()),
            Content::Table(table) => {
                let entries = table.entries.iter();
                let values =
                    entries.filter_map(|one| Some((one.key.value.clone(), Self::read(&one.item)?)));
                Self::Table(values.collect::<BTreeMap<_, _>>())
            }
            Content::Float | Content::Datetime => return None,
        };
        Some(value)
    }

    /// What kind it is, as messages call it: `a string`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Boolean(_) => "a boolean",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// As the same value of JSON.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Integer(integer) => serializer.serialize_i64(*integer),
            Self::Boolean(boolean) => serializer.serialize_bool(*boolean),
            Self::List(items) => serializer.collect_seq(items),
            Self::Table(table) => serializer.collect_map(table),
        }
    }
}
