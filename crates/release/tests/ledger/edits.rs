//! Each folder gives the text that stands in it.

use std::fs;
use std::path::PathBuf;

use crate::operation::{all, ledger};

#[test]
fn changes_give_the_text_beside_them() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/ledger/edits");
    let mut cases: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 12, "{} cases", cases.len());
    let differences = cases.iter().filter_map(|case| {
        let read = |name: &str| fs::read_to_string(case.join(name)).unwrap_or_default();
        let found = all(&read("changes.txt"), &read("before.toml"));
        ledger(&found);
        if std::env::var("LANDFALL_BLESS").is_ok_and(|value| value == "1") {
            fs::write(case.join("after.toml"), &found).unwrap();
        }
        let expected = read("after.toml");
        let name = case.display();
        (expected != found)
            .then(|| format!("== {name}\n-- expected\n{expected}\n-- found\n{found}"))
    });
    let differences: Vec<_> = differences.collect();
    assert!(
        differences.is_empty(),
        "{}\nLANDFALL_BLESS=1 accepts what was found",
        differences.join("\n")
    );
}
