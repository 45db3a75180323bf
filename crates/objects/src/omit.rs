//! `omit`: the value that leaves its key or item out.

use std::fmt;
use std::sync::Arc;

use minijinja::Value;
use minijinja::value::{Object, ObjectRepr};

/// What a text holds where `omit` was joined into it: characters for private use, which no filter
/// changes. They reach no object.
const MARK: &str = "\u{f8ff}\u{e000}\u{f8ff}";

#[derive(Debug)]
struct Omit;

impl Object for Omit {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(MARK)
    }
}

/// The value that templates call `omit`.
pub(crate) fn value() -> Value {
    Value::from_object(Omit)
}

pub(crate) fn is_omit(value: &Value) -> bool {
    value.downcast_object_ref::<Omit>().is_some()
}

/// Whether `omit` was joined into a text.
pub(crate) fn is_in(text: &str) -> bool {
    text.contains(MARK)
}
