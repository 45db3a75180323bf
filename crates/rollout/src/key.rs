//! Which object is meant.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An object of a cluster by its kind and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectKey {
    /// `apps/v1`, or `v1` for the core group.
    pub api_version: String,
    /// `Deployment`.
    pub kind: String,
    /// None for what belongs to no namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: String,
}

/// An object does not say what it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the object has no text at `{field}`")]
pub struct KeyError {
    /// The field that is missing or no text.
    pub field: &'static str,
}

impl ObjectKey {
    /// The key of an object in its JSON form.
    pub fn of(object: &Value) -> Result<Self, KeyError> {
        let text = |pointer: &str, field| {
            let value = object.pointer(pointer).and_then(Value::as_str);
            value.map(str::to_owned).ok_or(KeyError { field })
        };
        Ok(Self {
            api_version: text("/apiVersion", "apiVersion")?,
            kind: text("/kind", "kind")?,
            namespace: text("/metadata/namespace", "metadata.namespace").ok(),
            name: text("/metadata/name", "metadata.name")?,
        })
    }

    /// The API group; empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// Whether both name one object: versions of a group are views of the same thing.
    pub fn names_same(&self, other: &Self) -> bool {
        let identity = |key: &Self| {
            (key.group().to_owned(), key.kind.clone(), key.namespace.clone(), key.name.clone())
        };
        identity(self) == identity(other)
    }
}

/// `Deployment myapp`.
impl fmt::Display for ObjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind, self.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{KeyError, ObjectKey};

    #[test]
    fn an_object_without_a_name_is_refused_by_field() {
        let object = json!({ "apiVersion": "v1", "kind": "Service", "metadata": {} });
        assert_eq!(ObjectKey::of(&object), Err(KeyError { field: "metadata.name" }));
    }

    #[test]
    fn versions_of_a_group_name_the_same_object() {
        let key = |version: &str| {
            let metadata = json!({ "name": "a", "namespace": "b" });
            ObjectKey::of(&json!({ "apiVersion": version, "kind": "X", "metadata": metadata }))
                .unwrap()
        };
        assert!(key("apps/v1").names_same(&key("apps/v1beta2")));
        assert!(!key("apps/v1").names_same(&key("v1")));
    }
}
