//! What was asked for while a template was evaluated: says which value a problem is about.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::Value;
use minijinja::value::{Enumerator, Object};

/// What the language itself has, which it looks up where no table has the name.
const LANGUAGE: [&str; 4] = ["dict", "namespace", "omit", "range"];

/// Every look-up, in order.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<Vec<Asked>>);

/// A look-up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asked {
    /// `["Values", "Resources", "Memory"]`.
    pub path: Vec<String>,
    pub is_there: bool,
}

impl Journal {
    /// All look-ups since the last time, which are forgotten.
    pub fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, asked: Asked) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    }
}

/// A table that notes which of its keys are asked for.
#[derive(Debug)]
pub(crate) struct Table {
    path: Vec<String>,
    entries: BTreeMap<String, Value>,
    journal: Arc<Journal>,
}

impl Table {
    /// The table as a value; `path` is how it was asked for itself.
    pub fn value(path: &[&str], entries: BTreeMap<String, Value>, journal: &Arc<Journal>) -> Value {
        let path = path.iter().map(|&name| name.to_owned()).collect();
        Value::from_object(Self { path, entries, journal: journal.clone() })
    }
}

impl Object for Table {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if self.path.is_empty() && LANGUAGE.contains(&key) {
            return None;
        }
        let found = self.entries.get(key).cloned();
        let path = self.path.iter().cloned().chain([key.to_owned()]).collect();
        self.journal.note(Asked { path, is_there: found.is_some() });
        found
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.entries.keys().map(|key| Value::from(key.as_str())).collect())
    }
}
