//! Whatever stands in the file, it is read without a panic and every place lies in the text.

use landfall_config::{Overrides, read_app};
use landfall_diagnostics::{Severity, Source};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::case::Case;

/// What people and editors put where it does not belong.
const SNIPPETS: [&str; 28] = [
    "\"",
    "'",
    "\"\"\"",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ",",
    ".",
    "\n",
    "\r",
    "\r\n",
    "#",
    "\u{feff}",
    "\0",
    "ä",
    "\\",
    "{{",
    "}}",
    "0o644",
    "1979-05-27",
    "inf",
    "true",
    "[[layers]]\n",
    "[inputs.x]\npath = \"a\"\n",
];

#[derive(Debug, Clone)]
enum Mutation {
    Insert(Index, &'static str),
    Remove(Index, usize),
    Repeat(Index, usize),
    Move(Index, Index, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (any::<Index>(), select(&SNIPPETS[..]))
            .prop_map(|(at, snippet)| Mutation::Insert(at, snippet)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Mutation::Repeat(at, length)),
        (any::<Index>(), any::<Index>(), 1..40_usize)
            .prop_map(|(from, to, length)| Mutation::Move(from, to, length)),
    ]
}

fn apply(text: &mut Vec<char>, mutation: &Mutation) {
    let place = |index: &Index, text: &[char]| index.index(text.len() + 1);
    let range = |index: &Index, length: usize, text: &[char]| {
        let start = place(index, text);
        start..(start + length).min(text.len())
    };
    match mutation {
        Mutation::Insert(at, snippet) => {
            let at = place(at, text);
            text.splice(at..at, snippet.chars());
        }
        Mutation::Remove(at, length) => drop(text.drain(range(at, *length, text))),
        Mutation::Repeat(at, length) => {
            let part = text[range(at, *length, text)].to_vec();
            let at = place(at, text);
            text.splice(at..at, part);
        }
        Mutation::Move(from, to, length) => {
            let part: Vec<_> = text.drain(range(from, *length, text)).collect();
            let to = place(to, text);
            text.splice(to..to, part);
        }
    }
}

fn check(text: &str) {
    let source = Source::new("app.toml", text);
    let (app, diagnostics) = read_app(&source, &Overrides::default());
    let has_error = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    assert_eq!(app.is_none(), has_error);
    for diagnostic in &diagnostics {
        assert!(!diagnostic.helps.is_empty() && !diagnostic.labels.is_empty(), "{diagnostic}");
        for label in &diagnostic.labels {
            assert!(text.get(label.span.start..label.span.end).is_some(), "{diagnostic}");
        }
    }
}

fn texts() -> Vec<String> {
    ["ok", "bad"].into_iter().flat_map(Case::all).map(|case| case.text).collect()
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn broken_files_are_refused_and_nothing_panics(
        text in select(texts()),
        mutations in prop::collection::vec(mutation(), 1..8),
    ) {
        let mut text: Vec<_> = text.chars().collect();
        mutations.iter().for_each(|mutation| apply(&mut text, mutation));
        check(&text.into_iter().collect::<String>());
    }

    #[test]
    fn any_text_is_read(text in ".{0,200}") {
        check(&text);
    }
}

/// Each of these has ended a process or a patience in some reader of some format.
#[test]
fn depth_and_length_are_no_danger() {
    let texts = [
        format!("a = {}", "[".repeat(100_000)),
        format!("a = {}1{}", "[".repeat(70), "]".repeat(70)),
        format!("[image.values]\n{}x = 1", "a.".repeat(31)),
        format!("[image.values]\n{}x = 1", "a.".repeat(300_000)),
        format!("[image.values]\n{}1{}", "a.a.a.a = {\n".repeat(75), "}\n".repeat(75)),
        format!("[app]\nname = \"{}\"\n", "x".repeat(1_000_000)),
        format!("{} = 1", "k".repeat(1_000_000)),
        "[[layers]]\n".repeat(2_000),
        "x\n".repeat(100_000),
        "a = {\n".repeat(5_000),
        "\0".repeat(100_000),
    ];
    texts.iter().for_each(|text| check(text));
}
