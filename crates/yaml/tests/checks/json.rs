//! A tree as JSON.

use landfall_yaml::{Content, Node, Value};
use serde_json::{Value as Json, json};

pub fn json(node: &Node) -> Json {
    match &node.content {
        Content::Mapping(entries) => {
            entries.iter().map(|entry| (entry.key.text.clone(), json(&entry.value))).collect()
        }
        Content::Sequence(items) => items.iter().map(json).collect(),
        Content::Scalar(scalar) => match scalar.value {
            Value::Null => Json::Null,
            Value::Boolean(boolean) => json!(boolean),
            Value::Integer(integer) => json!(integer),
            Value::Float(float) => json!(float),
            Value::Text => json!(scalar.text),
        },
    }
}
