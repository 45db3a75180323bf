//! Digests that may not change: a change of one is a new encoding, and an old lock keeps the old.
//!
//! `LANDFALL_BLESS=new cargo test -p landfall-tests --test line golden` adds what is not there yet.
//! Nothing writes over what is there.

#![allow(clippy::disallowed_methods, reason = "a golden is blessed by a variable")]

use std::fs;
use std::path::PathBuf;

use landfall_tests::built::{self, BuiltApps};

use crate::fixtures::undisturbed;

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/digests.json")
}

fn golden() -> BuiltApps {
    let text = fs::read_to_string(file()).unwrap_or_else(|_| "{}".into());
    serde_json::from_str(&text).expect("the golden file is JSON")
}

fn bless(found: &BuiltApps) {
    let mut kept = golden();
    for (name, app) in found {
        kept.entry(name.clone()).or_insert_with(|| app.clone());
    }
    let text = serde_json::to_string_pretty(&kept).expect("JSON");
    fs::write(file(), text + "\n").expect("the golden file can be written");
}

#[test]
fn every_fixture_has_the_digest_that_the_repository_has() {
    let found = undisturbed();
    if std::env::var("LANDFALL_BLESS").as_deref() == Ok("new") {
        bless(found);
    }
    let differences = built::differences(&golden(), found);
    assert!(
        differences.is_empty(),
        "other digests than in {}:\n{}",
        file().display(),
        differences.join("\n")
    );
}
