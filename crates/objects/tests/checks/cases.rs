//! Each folder gives what stands in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use landfall_diagnostics::Diagnostic;
use landfall_objects::Object;
use serde_json::{Value, json};

use crate::case::Case;
use crate::world::World;

fn assert_none(differences: Vec<String>) {
    let text = differences.join("\n");
    assert!(differences.is_empty(), "{text}\nLANDFALL_BLESS=1 accepts what was found");
}

fn shown(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n\n")).collect()
}

fn summary(objects: &[Object]) -> String {
    let objects: Value = objects
        .iter()
        .map(|object| json!({ "from": object.span.to_string(), "object": object.value }))
        .collect();
    format!("{objects:#}\n")
}

#[test]
fn good_templates_give_their_objects() {
    let differences = Case::all("ok").into_iter().filter_map(|case| {
        let (objects, diagnostics) = case.world().render();
        match objects {
            Some(objects) if diagnostics.is_empty() => {
                case.compare("expected.json", &summary(&objects))
            }
            _ => Some(format!("== {}\n{}", case.name(), shown(&diagnostics))),
        }
    });
    assert_none(differences.collect());
}

#[test]
fn bad_templates_give_their_diagnostics() {
    let cases = Case::all("bad");
    let found = |case: &Case| case.compare("expected.txt", &shown(&case.world().render().1));
    assert_none(cases.iter().filter_map(found).collect());
}

#[test]
fn bad_templates_give_exactly_their_codes_and_no_object() {
    let differences = Case::all("bad").into_iter().filter_map(|case| {
        let (objects, diagnostics) = case.world().render();
        let mut codes: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        codes.sort_unstable();
        let expected = case.expected_codes();
        let is_right = objects.is_none() && codes == expected;
        (!is_right)
            .then(|| format!("== {}\n-- expected {expected:?}\n-- found {codes:?}", case.name()))
    });
    assert_none(differences.collect());
}

#[test]
fn every_problem_has_a_place_and_a_way_out() {
    for case in Case::all("bad") {
        for diagnostic in case.world().render().1 {
            assert!(!diagnostic.labels.is_empty(), "{}: {diagnostic}", case.name());
            assert!(!diagnostic.helps.is_empty(), "{}: {diagnostic}", case.name());
            assert!(!diagnostic.message.ends_with('.'), "{}: {diagnostic}", case.name());
        }
    }
}

/// A code without a case would be a promise that nothing holds.
#[test]
fn every_code_has_a_case() {
    let sources = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let texts: Vec<_> =
        sources.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    let quoted = texts.iter().flat_map(|text| text.split('"'));
    let written: BTreeSet<_> = quoted.filter(|text| text.starts_with("objects::")).collect();
    let diagnostics = Case::all("bad").into_iter().flat_map(|case| case.world().render().1);
    let seen: BTreeSet<_> = diagnostics.map(|diagnostic| diagnostic.code).collect();
    let seen = seen.into_iter().filter(|code| code.starts_with("objects::")).collect();
    assert_eq!(written, seen);
}

#[test]
fn the_order_of_files_changes_nothing() {
    for case in Case::all("ok") {
        let backwards = World { is_backwards: true, ..case.world() };
        assert_eq!(case.world().render(), backwards.render(), "{}", case.name());
    }
}
