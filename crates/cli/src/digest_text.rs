//! How a digest stands in an answer, for the schemas.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// What `landfall_hashing::Digest` is written as: a field that holds one names this type to the
/// schema, because the crate of digests knows no schemas.
pub struct DigestText;

impl JsonSchema for DigestText {
    fn schema_name() -> Cow<'static, str> {
        "Digest".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "SHA-256",
            "type": "string",
            "pattern": "^sha256:[0-9a-f]{64}$"
        })
    }
}
