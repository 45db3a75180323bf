//! One object.

use landfall_diagnostics::Span;
use serde_json::Value;

/// An object as it will be sent, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// A map with `apiVersion`, `kind` and `metadata.name`.
    pub value: Value,
    /// The document in its template; of a ConfigMap where app.toml asks for it.
    pub span: Span,
}
