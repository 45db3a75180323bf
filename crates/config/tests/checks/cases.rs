//! Each file gives what stands beside it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use landfall_diagnostics::Severity;

use crate::case::{Case, as_dos, compare, shown};
use crate::summary::summary;

fn assert_none(differences: Vec<String>) {
    assert!(
        differences.is_empty(),
        "{}\nLANDFALL_BLESS=1 accepts what was found",
        differences.join("\n")
    );
}

#[test]
fn good_files_give_their_app() {
    let differences = Case::all("ok").into_iter().filter_map(|case| {
        let (app, diagnostics) = case.read();
        let Some(app) = app else {
            return Some(format!("== {}\n{}", case.name(), shown(&diagnostics)));
        };
        compare(&case, "json", &summary(&app, &diagnostics))
    });
    assert_none(differences.collect());
}

#[test]
fn bad_files_give_their_diagnostics() {
    let cases = Case::all("bad");
    assert!(cases.len() >= 60, "{} cases", cases.len());
    assert_none(
        cases.iter().filter_map(|case| compare(case, "expected", &shown(&case.read().1))).collect(),
    );
}

#[test]
fn bad_files_give_exactly_their_codes_and_no_app() {
    let differences = Case::all("bad").into_iter().filter_map(|case| {
        let (app, diagnostics) = case.read();
        let mut codes: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        codes.sort_unstable();
        let is_right = app.is_none() && codes == case.expected_codes();
        (!is_right).then(|| {
            format!(
                "== {}\n-- expected {:?}\n-- found {codes:?}",
                case.name(),
                case.expected_codes()
            )
        })
    });
    assert_none(differences.collect());
}

#[test]
fn every_problem_has_a_place_and_a_way_out() {
    for case in Case::all("bad").iter().chain(&Case::all("ok")) {
        for diagnostic in case.read().1 {
            let is_of_command_line = diagnostic.message.contains("--set");
            assert!(
                is_of_command_line || !diagnostic.labels.is_empty(),
                "{}: {diagnostic}",
                case.name()
            );
            assert!(!diagnostic.helps.is_empty(), "{}: {diagnostic}", case.name());
            assert!(!diagnostic.message.ends_with('.'), "{}: {diagnostic}", case.name());
        }
    }
}

#[test]
fn a_mark_and_carriage_returns_change_nothing() {
    for case in Case::all("ok") {
        let [unix, dos] = [case.text.clone(), as_dos(&case.text)].map(|text| {
            let (app, diagnostics) = case.read_as(&text);
            summary(&app.unwrap(), &diagnostics)
        });
        assert_eq!(unix, dos, "{}", case.name());
    }
    for case in Case::all("bad") {
        assert_eq!(
            shown(&case.read_as(&as_dos(&case.text)).1),
            shown(&case.read().1),
            "{}",
            case.name()
        );
    }
}

/// A code without a case would be a promise that nothing holds.
#[test]
fn every_code_has_a_case() {
    let mut written = BTreeSet::new();
    codes_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut written);
    let cases = ["bad", "ok"].into_iter().flat_map(Case::all);
    let diagnostics = cases.flat_map(|case| case.read().1);
    let seen: BTreeSet<_> = diagnostics.map(|diagnostic| diagnostic.code.to_owned()).collect();
    assert_eq!(written, seen);
}

fn codes_below(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes_below(&path, codes);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let quoted = text.split('"').filter(|quoted| quoted.starts_with("config::"));
        codes.extend(quoted.map(str::to_owned));
    }
}

#[test]
fn an_app_is_given_where_nothing_is_an_error() {
    for case in Case::all("bad").iter().chain(&Case::all("ok")) {
        let (app, diagnostics) = case.read();
        let has_error = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        assert_eq!(app.is_none(), has_error, "{}", case.name());
    }
}
