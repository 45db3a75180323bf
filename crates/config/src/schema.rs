//! The JSON Schemas of `app.toml` and its like, from the tables that the readers use.

use std::collections::BTreeMap;

use landfall_diagnostics::Source;
use serde_json::{Map, Value, json};

use crate::document::{self, Content, Item};
use crate::field::{self, Field, Kind, Text};
use crate::fields::APP_FILE;
use crate::mode;

/// The schema (JSON Schema, draft 2020-12), for editors and for programs that write `app.toml`.
///
/// What it refuses is refused by [`read_app`](crate::read_app) too. The reader also sees what no
/// schema can say: inputs that nobody declares, destinations that collide, ids that are too high.
pub fn app_schema() -> Value {
    file_schema(&APP_FILE)
}

/// The schema of a file, from the table of its keys.
pub(crate) fn file_schema(file: &'static field::Table) -> Value {
    let mut tables = BTreeMap::from([("value", value_schema())]);
    let mut schema = table_schema(file, &mut tables);
    let about = [
        ("$schema", json!("https://json-schema.org/draft/2020-12/schema")),
        ("title", json!(file.title)),
    ];
    let definitions = [("$defs", json!(tables))];
    insert(&mut schema, about.into_iter().chain(definitions));
    schema
}

fn insert(schema: &mut Value, entries: impl IntoIterator<Item = (&'static str, Value)>) {
    if let Value::Object(object) = schema {
        object.extend(entries.into_iter().map(|(key, value)| (key.to_owned(), value)));
    }
}

type Tables = BTreeMap<&'static str, Value>;

fn table_schema(table: &'static field::Table, tables: &mut Tables) -> Value {
    let properties: Map<_, _> = table
        .fields
        .iter()
        .map(|field| (field.key.to_owned(), field_schema(field, tables)))
        .collect();
    let required: Vec<_> =
        table.fields.iter().filter(|field| field.is_required).map(|field| field.key).collect();
    let mut schema = json!({
        "type": "object",
        "description": table.doc,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    insert(&mut schema, table.rest.as_ref().into_iter().flat_map(|rest| rest_schema(rest, tables)));
    insert(&mut schema, dependents(table).into_iter().chain(table.rule.as_ref().map(rule_schema)));
    schema
}

/// Keys of the user's choice.
fn rest_schema(rest: &'static field::Rest, tables: &mut Tables) -> [(&'static str, Value); 2] {
    let keys = text_schema(&rest.key);
    [("propertyNames", keys), ("additionalProperties", field_schema(&rest.field, tables))]
}

/// Which keys want one of others beside them.
fn dependents(table: &'static field::Table) -> Option<(&'static str, Value)> {
    let dependent = table.fields.iter().filter(|field| !field.beside.is_empty());
    let dependents: Map<_, _> = dependent
        .map(|field| {
            let keys: Vec<_> =
                field.beside.iter().map(|key| json!({ "required": [key] })).collect();
            (field.key.to_owned(), json!({ "anyOf": keys }))
        })
        .collect();
    (!dependents.is_empty()).then_some(("dependentSchemas", Value::Object(dependents)))
}

fn rule_schema(rule: &field::Rule) -> (&'static str, Value) {
    let keys = rule.keys.iter().map(|key| json!({ "required": [key] })).collect();
    (if rule.contradiction.is_some() { "oneOf" } else { "anyOf" }, Value::Array(keys))
}

fn field_schema(field: &'static Field, tables: &mut Tables) -> Value {
    let mut schema = kind_schema(&field.kind, tables);
    let doc = match field.reserved {
        Some(reserved) => format!("{} Reserved: {} are not built yet.", field.doc, reserved.what),
        None => field.doc.to_owned(),
    };
    let examples = (!matches!(field.kind, Kind::Anything))
        .then(|| ("examples", json!([to_json(field.example)])));
    let default = field.default.map(|default| ("default", to_json(default)));
    let reserved = field.reserved.map(|_| ("x-reserved", json!(true)));
    insert(
        &mut schema,
        [("description", json!(doc))].into_iter().chain(examples).chain(default).chain(reserved),
    );
    schema
}

fn kind_schema(kind: &'static Kind, tables: &mut Tables) -> Value {
    match kind {
        Kind::Text(text) => text_schema(text),
        Kind::Mode => json!({ "type": "string", "pattern": mode::PATTERN }),
        Kind::Count => {
            json!({ "type": "integer", "minimum": 0, "maximum": crate::shape::COUNT_LIMIT })
        }
        Kind::Revision => {
            json!({ "type": "integer", "minimum": 1, "maximum": (1_u64 << 53) - 1 })
        }
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::List(kind) => json!({ "type": "array", "items": kind_schema(kind, tables) }),
        Kind::Table(table) => table_reference(table, tables),
        Kind::Map(map) => json!({
            "type": "object",
            "propertyNames": text_schema(&map.key),
            "additionalProperties": kind_schema(&map.value, tables),
        }),
        Kind::Either(kinds) => {
            let kinds: Vec<_> = kinds.iter().map(|kind| kind_schema(kind, tables)).collect();
            json!({ "anyOf": kinds })
        }
        Kind::Value => json!({ "$ref": "#/$defs/value" }),
        Kind::Anything => json!({}),
    }
}

/// A table is written once among the definitions, and named where it is used.
fn table_reference(table: &'static field::Table, tables: &mut Tables) -> Value {
    if !tables.contains_key(table.name) {
        let schema = table_schema(table, tables);
        tables.insert(table.name, schema);
    }
    json!({ "$ref": format!("#/$defs/{}", table.name) })
}

fn text_schema(text: &Text) -> Value {
    let mut schema = json!({ "type": "string" });
    let pattern = text.pattern.map(|pattern| ("pattern", json!(pattern)));
    insert(
        &mut schema,
        pattern.into_iter().chain(text.length_limit.map(|limit| ("maxLength", json!(limit)))),
    );
    schema
}

/// What a template can show: everything but floats and dates.
fn value_schema() -> Value {
    let value = json!({ "$ref": "#/$defs/value" });
    json!({
        "description": "A value for templates.",
        "anyOf": [
            { "type": ["string", "integer", "boolean"] },
            { "type": "array", "items": value },
            { "type": "object", "additionalProperties": value },
        ],
    })
}

/// A value of the table of fields, which is written as TOML because people see it.
fn to_json(toml: &str) -> Value {
    let (document, _) = document::parse(&Source::new("fields", format!("value = {toml}")));
    document.get("value").map_or(Value::Null, item_to_json)
}

fn item_to_json(item: &Item) -> Value {
    match &item.content {
        Content::Text(text) => json!(text),
        Content::Integer(integer) => json!(integer.value()),
        Content::Boolean(boolean) => json!(boolean),
        Content::List(items) => items.iter().map(item_to_json).collect(),
        Content::Table(table) => table
            .entries
            .iter()
            .map(|entry| (entry.key.value.clone(), item_to_json(&entry.item)))
            .collect(),
        Content::Float | Content::Datetime => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every example and default of the table is whole, and of the kind that it stands for.
    #[test]
    fn every_example_reads() {
        let schema = app_schema();
        let mut pending = vec![&schema];
        while let Some(value) = pending.pop() {
            assert!(!value.is_null(), "an example or a default of the table is no TOML");
            match value {
                Value::Array(values) => pending.extend(values),
                Value::Object(entries) => pending.extend(entries.values()),
                _ => {}
            }
        }
    }
}
