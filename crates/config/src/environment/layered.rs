//! Values laid over one another, each with the place that it comes from.
//!
//! A value takes the place of one of the same kind below it; tables are laid over one another key
//! by key. Where the kinds differ, one of the two is a mistake, and no reader of the template could
//! tell which.

use std::collections::BTreeMap;

use landfall_diagnostics::Diagnostic;

use crate::Value;
use crate::environment::origin::{Layer, Origin, Overridden};
use crate::environment::placed::{PlacedContent, PlacedValue, PlacedValues};
use crate::problems::Problems;

/// All values of an app in one region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layered {
    /// By name.
    pub values: BTreeMap<String, LayeredValue>,
}

/// A value and all that was said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayeredValue {
    /// What holds.
    pub content: LayeredContent,
    /// Where it comes from; of a table the highest that says something of it.
    pub origin: Origin,
    /// What it took the place of, the nearest first; nothing for a table.
    pub overridden: Vec<Overridden>,
}

/// A value, with the origins inside of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LayeredContent {
    /// Anything but a table.
    Plain(Value),
    /// By key.
    Table(BTreeMap<String, LayeredValue>),
}

impl Layered {
    /// The values alone, for a template's `Values`.
    pub fn to_values(&self) -> BTreeMap<String, Value> {
        values_of(&self.values)
    }

    /// The value at a path of names: `["Resources", "Memory"]`.
    pub fn get(&self, path: &[impl AsRef<str>]) -> Option<&LayeredValue> {
        let (first, rest) = path.split_first()?;
        let first = self.values.get(first.as_ref());
        rest.iter().fold(first, |value, name| match &value?.content {
            LayeredContent::Table(table) => table.get(name.as_ref()),
            LayeredContent::Plain(_) => None,
        })
    }

    /// Every value that is no table with its path, `Resources.Memory`, in the order of names.
    pub fn leaves(&self) -> Vec<(String, &LayeredValue)> {
        let mut leaves = Vec::new();
        collect_leaves("", &self.values, &mut leaves);
        leaves
    }

    /// Lays a file's values over what is there.
    pub(crate) fn lay(&mut self, layer: &Layer, values: &PlacedValues, problems: &mut Problems) {
        lay(&mut self.values, "", layer, values, problems);
    }
}

fn values_of(table: &BTreeMap<String, LayeredValue>) -> BTreeMap<String, Value> {
    table.iter().map(|(name, value)| (name.clone(), value.value())).collect()
}

impl LayeredValue {
    /// The value alone.
    pub fn value(&self) -> Value {
        match &self.content {
            LayeredContent::Plain(value) => value.clone(),
            LayeredContent::Table(table) => Value::Table(values_of(table)),
        }
    }

    /// What kind it is, as messages call it.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.content {
            LayeredContent::Plain(value) => value.kind(),
            LayeredContent::Table(_) => "a table",
        }
    }

    /// Puts another value in the place of this one, which it remembers.
    pub(crate) fn replace(&mut self, value: Value, origin: Origin) {
        let before = Overridden { value: self.value(), origin: self.origin.clone() };
        self.overridden.insert(0, before);
        (self.content, self.origin) = (LayeredContent::Plain(value), origin);
    }
}

fn collect_leaves<'a>(
    above: &str,
    table: &'a BTreeMap<String, LayeredValue>,
    leaves: &mut Vec<(String, &'a LayeredValue)>,
) {
    for (name, value) in table {
        let path = path(above, name);
        match &value.content {
            LayeredContent::Table(table) if !table.is_empty() => {
                collect_leaves(&path, table, leaves)
            }
            _ => leaves.push((path, value)),
        }
    }
}

fn lay(
    below: &mut BTreeMap<String, LayeredValue>,
    above: &str,
    layer: &Layer,
    values: &PlacedValues,
    problems: &mut Problems,
) {
    for (name, value) in values {
        let path = path(above, name);
        match below.get_mut(name) {
            None => {
                below.insert(name.clone(), first(layer, value));
            }
            Some(old) => lay_one(old, &path, layer, value, problems),
        }
    }
}

fn lay_one(
    old: &mut LayeredValue,
    path: &str,
    layer: &Layer,
    new: &PlacedValue,
    problems: &mut Problems,
) {
    let origin = Origin::at(layer.clone(), &new.span);
    if old.kind() != new.content.kind() {
        problems.push(other_kind(path, old, new));
        return;
    }
    match (&mut old.content, &new.content) {
        (LayeredContent::Table(table), PlacedContent::Table(values)) => {
            lay(table, path, layer, values, problems);
            old.origin = origin;
        }
        (_, PlacedContent::Plain(value)) => old.replace(value.clone(), origin),
        (LayeredContent::Plain(_), PlacedContent::Table(_)) => {}
    }
}

fn first(layer: &Layer, value: &PlacedValue) -> LayeredValue {
    let content = match &value.content {
        PlacedContent::Plain(value) => LayeredContent::Plain(value.clone()),
        PlacedContent::Table(values) => LayeredContent::Table(
            values.iter().map(|(name, value)| (name.clone(), first(layer, value))).collect(),
        ),
    };
    let origin = Origin::at(layer.clone(), &value.span);
    LayeredValue { content, origin, overridden: Vec::new() }
}

fn other_kind(path: &str, old: &LayeredValue, new: &PlacedValue) -> Diagnostic {
    let (before, after) = (old.kind(), new.content.kind());
    let message = format!("`{}` is {after} here and {before} below", path.escape_debug());
    let diagnostic = Diagnostic::error("environment::kind", message).at(&new.span, after);
    let diagnostic = old.origin.span.iter().fold(diagnostic, |all, span| all.at(span, before));
    diagnostic.help(format!("write {before} here, or {after} there"))
}

/// The name of a value inside of a table.
pub(crate) fn path(above: &str, name: &str) -> String {
    if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") }
}
