//! A problem in the user's files as a value: what, where, and the way out.
//!
//! Lower crates make [`Diagnostic`]s and know no renderer; the front shows them. Functions that
//! read files give all problems at once, never only the first.

mod diagnostic;
mod source;

pub use diagnostic::{Diagnostic, Label, Severity};
pub use source::{Source, Span};
