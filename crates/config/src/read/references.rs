//! Holds the names of inputs against the inputs: unknown ones, unused ones, a base that is none.

use std::collections::{BTreeMap, BTreeSet};

use landfall_diagnostics::Diagnostic;

use crate::document::{Entry, Table};
use crate::problems::Problems;
use crate::suggestion::{enumerate, nearest};
use crate::{Input, InputKind, Name, Reserved, Spanned};

/// Looks at the file and not at what was read of it: a layer that has another problem uses its
/// inputs all the same.
pub(super) fn check(document: &Table, inputs: &BTreeMap<Name, Input>, problems: &mut Problems) {
    let declared = document.entries("inputs");
    let base = document.table("image").and_then(|image| image.text("base"));
    let named: Vec<_> = placed(document).into_iter().chain(base.clone()).collect();
    let is_declared = |name: &str| declared.iter().any(|entry| entry.key.value == name);
    for name in named.iter().filter(|name| is_name(name.value) && !is_declared(name.value)) {
        problems.push(unknown_input(name, declared));
    }
    base.iter().for_each(|base| check_base(base, inputs, problems));
    // What seems to be unused may well be meant where something else is wrong.
    if !document.tables("layers").is_empty() && !problems.has_error() {
        let used: BTreeSet<_> = named.iter().map(|name| name.value).collect();
        let unused = declared.iter().filter(|entry| !used.contains(&*entry.key.value));
        unused.for_each(|entry| problems.push(unused_input(entry)));
    }
}

/// Other texts have been refused where they stand.
fn is_name(text: &str) -> bool {
    text.parse::<Name>().is_ok()
}

/// Every input that a layer names.
fn placed(document: &Table) -> Vec<Spanned<&str>> {
    let layers = document.tables("layers");
    let placements = layers
        .iter()
        .flat_map(|layer| layer.tables("unpack").into_iter().chain(layer.tables("copy")));
    placements.filter_map(|placement| placement.text("input")).collect()
}

fn unknown_input(name: &Spanned<&str>, declared: &[Entry]) -> Diagnostic {
    let message = format!("there is no input `{}`", name.value);
    let diagnostic =
        Diagnostic::error("config::unknown-input", message).at(&name.span, "no such input");
    let names = || declared.iter().map(|entry| &*entry.key.value);
    let meant = nearest(name.value, names()).map(|meant| format!("did you mean `{meant}`?"));
    let known = match declared {
        [] => format!("declare it under `[inputs.{}]`", name.value),
        [only] => format!("the only input is `{}`", only.key.value),
        _ => format!("the inputs are {}", enumerate(names(), "and")),
    };
    meant.into_iter().chain([known]).fold(diagnostic, Diagnostic::help)
}

fn check_base(base: &Spanned<&str>, inputs: &BTreeMap<Name, Input>, problems: &mut Problems) {
    let other = inputs
        .get(base.value)
        .filter(|input| !matches!(input.kind, InputKind::Reserved(Reserved::Image)));
    let Some(input) = other else { return };
    let message = format!("the input `{}` is no image, so nothing can stand on it", base.value);
    problems.push(
        Diagnostic::error("config::base", message)
            .at(&base.span, "wants an input of kind image")
            .at(&input.span, "an input of another kind")
            .help("leave `base` out, and place the input with a layer"),
    );
}

fn unused_input(entry: &Entry) -> Diagnostic {
    let name = &entry.key.value;
    Diagnostic::warning("config::unused-input", format!("no layer uses the input `{name}`"))
        .at(&entry.key.span, "named nowhere")
        .help(format!(
            "place it with `copy = {{ input = \"{name}\", to = \"/…\" }}`, or take it away"
        ))
}
