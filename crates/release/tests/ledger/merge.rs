//! What git makes of two sides that changed one ledger.

use landfall_config::environment::read_ledger;

use crate::git::merged;
use crate::operation::{all, ledger, source};

/// Neighbours of each other, with history, an override and none.
fn base() -> String {
    let lines = "alpha stage a 1.0.0\nbeta stage a 1.0.0\ngamma stage a 1.0.0\n\
                 alpha stage b 1.1.0\nbeta stage b 1.1.0\nbeta region seoul a 1.0.0 hold";
    all(lines, "")
}

/// Changes of one app, each of which can meet each change of its neighbour.
const CHANGES: [&str; 7] = [
    "stage c 1.2.0",
    "stage a 1.0.0",
    "stage c 1.1.0",
    "region london c 1.2.0 hold",
    "region virginia c 1.2.0",
    "follow seoul",
    "region seoul c 1.2.0 hold",
];

#[test]
fn neighbours_merge_and_give_what_both_would_have_given() {
    let base = base();
    let mut count = 0;
    for (one, other) in [("alpha", "beta"), ("beta", "gamma")] {
        for (change, other_change) in CHANGES.iter().flat_map(|one| CHANGES.map(|two| (one, two))) {
            let [ours, theirs] = [format!("{one} {change}"), format!("{other} {other_change}")];
            let both = all(&format!("{ours}\n{theirs}"), &base);
            let (text, is_clean) = merged(&base, &all(&ours, &base), &all(&theirs, &base));
            assert!(is_clean, "{ours} | {theirs}\n{text}");
            assert_eq!(text, both, "{ours} | {theirs}");
            ledger(&text);
            count += 1;
        }
    }
    assert_eq!(count, 98);
}

#[test]
fn a_new_app_merges_with_a_promotion_of_each_neighbour() {
    let base = base();
    for (new, old) in
        [("aaa", "alpha"), ("alphabet", "alpha"), ("alphabet", "beta"), ("zeta", "gamma")]
    {
        let [ours, theirs] = [format!("{new} stage d 0.1.0"), format!("{old} stage c 1.2.0")];
        let both = all(&format!("{ours}\n{theirs}"), &base);
        let (text, is_clean) = merged(&base, &all(&ours, &base), &all(&theirs, &base));
        assert!(is_clean, "{ours} | {theirs}\n{text}");
        assert_eq!(text, both, "{ours} | {theirs}");
    }
}

/// Both sides write at one place: then git cannot know the order.
#[test]
fn a_new_app_beside_a_first_override_is_found_by_the_reader() {
    let base = base();
    let (ours, theirs) = ("zeta stage d 0.1.0", "gamma region seoul c 1.2.0 hold");
    let (text, is_clean) = merged(&base, &all(ours, &base), &all(theirs, &base));
    assert!(!is_clean);
    let (_, problems) = read_ledger(&source(&text), None);
    assert!(problems.iter().all(|problem| problem.code == "ledger::conflict"), "{text}");
}

#[test]
fn two_new_apps_merge_where_an_app_stands_between_them() {
    let base = base();
    let (ours, theirs) = ("aaa stage d 0.1.0", "alphabet stage e 0.1.0");
    let (text, is_clean) = merged(&base, &all(ours, &base), &all(theirs, &base));
    assert!(is_clean, "{text}");
    assert_eq!(text, all(&format!("{ours}\n{theirs}"), &base));
}

#[test]
fn one_app_on_both_sides_is_found_by_the_reader() {
    let base = base();
    for (ours, theirs) in [
        ("alpha stage c 1.2.0", "alpha stage d 1.3.0"),
        ("alpha stage c 1.1.0", "alpha stage d 1.1.0"),
        ("beta stage c 1.2.0", "beta stage a 1.0.0"),
        ("beta region seoul c 1.2.0", "beta region seoul d 1.3.0 hold"),
    ] {
        let (text, is_clean) = merged(&base, &all(ours, &base), &all(theirs, &base));
        assert!(!is_clean, "{ours} | {theirs}\n{text}");
        let (read, problems) = read_ledger(&source(&text), None);
        let app = ours.split(' ').next().unwrap();
        let message = format!("git could not merge what two sides say of `{app}`");
        assert_eq!(read, None);
        assert!(!problems.is_empty());
        for problem in problems {
            assert_eq!((problem.code, problem.message), ("ledger::conflict", message.clone()));
        }
    }
}

#[test]
fn two_new_apps_at_one_place_are_found_by_the_reader() {
    let base = base();
    let (ours, theirs) = ("newer stage d 0.1.0", "other stage e 0.2.0");
    let (text, is_clean) = merged(&base, &all(ours, &base), &all(theirs, &base));
    assert!(!is_clean);
    let (_, problems) = read_ledger(&source(&text), None);
    assert!(problems.iter().all(|problem| problem.code == "ledger::conflict"), "{text}");
    let named = |app: &str| problems.iter().any(|problem| problem.message.contains(app));
    assert!(named("`newer`") && named("`other`"), "{problems:?}\n{text}");
}

#[test]
fn the_same_promotion_on_both_sides_is_one() {
    let base = base();
    let side = all("alpha stage c 1.2.0", &base);
    assert_eq!(merged(&base, &side, &side), (side.clone(), true));
}
