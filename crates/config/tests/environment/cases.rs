//! Each folder gives what is expected of it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::case::{Case, as_dos, compare, with_mark};
use crate::outcome::Outcome;

fn assert_none(differences: Vec<String>) {
    assert!(
        differences.is_empty(),
        "{}\nLANDFALL_BLESS=1 accepts what was found",
        differences.join("\n")
    );
}

#[test]
fn good_files_give_their_listing() {
    let cases = Case::all("ok");
    assert!(cases.len() >= 12, "{} cases", cases.len());
    let differences = cases.iter().filter_map(|case| {
        let outcome = Outcome::of(case);
        if outcome.has_error() {
            return Some(format!("== {}\n{}", case.name(), outcome.shown_problems()));
        }
        compare(case, &outcome.shown())
    });
    assert_none(differences.collect());
}

#[test]
fn bad_files_give_their_problems() {
    let cases = Case::all("bad");
    assert!(cases.len() >= 40, "{} cases", cases.len());
    let differences =
        cases.iter().filter_map(|case| compare(case, &Outcome::of(case).shown_problems()));
    assert_none(differences.collect());
}

#[test]
fn bad_files_give_exactly_their_codes() {
    let differences = Case::all("bad").into_iter().filter_map(|case| {
        let outcome = Outcome::of(&case);
        let mut codes: Vec<_> = outcome.problems.iter().map(|problem| problem.code).collect();
        codes.sort_unstable();
        let expected = case.expected_codes();
        let is_right = outcome.has_error() && codes == expected;
        (!is_right)
            .then(|| format!("== {}\n-- expected {expected:?}\n-- found {codes:?}", case.name()))
    });
    assert_none(differences.collect());
}

/// What was asked on the command line has no place in a file.
const WITHOUT_A_PLACE: [&str; 5] = [
    "region-unknown",
    "set-a-table-of-values",
    "set-another-kind",
    "set-an-unknown-value",
    "stage-unknown",
];

#[test]
fn every_problem_has_a_place_and_a_way_out() {
    for case in Case::all("bad").iter().chain(&Case::all("ok")) {
        for problem in Outcome::of(case).problems {
            let is_asked = WITHOUT_A_PLACE.contains(&&*case.name());
            assert!(is_asked || !problem.labels.is_empty(), "{}: {problem}", case.name());
            assert!(!problem.helps.is_empty(), "{}: {problem}", case.name());
            assert!(!problem.message.ends_with('.'), "{}: {problem}", case.name());
        }
    }
}

#[test]
fn a_mark_and_carriage_returns_change_nothing() {
    for case in Case::all("ok") {
        let other = Outcome::of(&case.with_texts(|text| with_mark(&as_dos(text))));
        assert_eq!(other.shown(), Outcome::of(&case).shown(), "{}", case.name());
    }
    // A mark moves what stands in the first line, and only that.
    for case in Case::all("bad") {
        let other = Outcome::of(&case.with_texts(as_dos));
        assert_eq!(other.shown(), Outcome::of(&case).shown(), "{}", case.name());
    }
}

/// A code without a case would be a promise that nothing holds.
#[test]
fn every_code_has_a_case() {
    let mut written = BTreeSet::new();
    codes_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/environment"), &mut written);
    let cases = ["bad", "ok"].into_iter().flat_map(Case::all);
    let problems = cases.flat_map(|case| Outcome::of(&case).problems);
    let seen: BTreeSet<_> = problems.map(|problem| problem.code.to_owned()).collect();
    let unseen: Vec<_> = written.difference(&seen).collect();
    assert!(unseen.is_empty(), "{unseen:?}");
}

fn codes_below(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let quoted = text
            .split('"')
            .filter(|quoted| quoted.starts_with("environment::") || quoted.starts_with("ledger::"));
        codes.extend(quoted.map(str::to_owned));
    }
}
