//! Holds promotions and pushes against what is expected of them.
//!
//! Each folder below `cases` is a case: its files are laid over those of `plain`, `ask.txt` says in
//! one line what is asked, and `expected.txt` what comes of it. A new case is a new folder.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its case has failed")]
#![allow(clippy::disallowed_methods, reason = "blessing is asked for by an environment variable")]

mod answer;
mod case;

use std::collections::BTreeSet;
use std::path::Path;

use crate::case::Case;

#[test]
fn each_question_gets_its_answer() {
    let cases = Case::all();
    assert!(cases.len() >= 25, "{} cases", cases.len());
    let differences: Vec<_> =
        cases.iter().filter_map(|case| case.compare(&answer::to(case))).collect();
    assert!(
        differences.is_empty(),
        "{}\nLANDFALL_BLESS=1 accepts what was found",
        differences.join("\n")
    );
}

#[test]
fn every_refusal_has_a_case_and_a_way_out() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/refusal.rs");
    let text = std::fs::read_to_string(sources).unwrap();
    let quoted = text.split('"').filter(|quoted| quoted.starts_with("release::"));
    let written: BTreeSet<_> = quoted.map(str::to_owned).collect();
    let answers: Vec<_> = Case::all().iter().map(answer::to).collect();
    let seen = answers.iter().flat_map(|answer| answer.lines()).filter_map(|line| {
        let code = line.strip_prefix("error[")?.split(']').next()?;
        Some(code.to_owned())
    });
    assert_eq!(written, seen.collect());
    for answer in answers.iter().filter(|answer| answer.starts_with("error")) {
        answer.split("\n\n").filter(|one| !one.is_empty()).for_each(|problem| {
            assert!(problem.contains("\nhelp: "), "{problem}");
        });
    }
}
