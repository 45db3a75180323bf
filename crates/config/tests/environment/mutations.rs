//! Whatever stands in the files, they are read without a panic and every place lies in its text.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::case::Case;
use crate::outcome::Outcome;

/// What people, editors and git put where it does not belong.
const SNIPPETS: [&str; 20] = [
    "\"",
    "[",
    "]",
    "[[",
    "{",
    "}",
    "=",
    ",",
    ".",
    "\n",
    "\r\n",
    "#",
    "\0",
    "ä",
    "9223372036854775808",
    "<<<<<<< ours\n",
    "=======\n",
    ">>>>>>> theirs\n",
    "[myapp]\n",
    "[myapp.regions.london]\n",
];

#[derive(Debug, Clone)]
enum Mutation {
    Insert(Index, &'static str),
    Remove(Index, usize),
    Move(Index, Index, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        (any::<Index>(), select(&SNIPPETS[..]))
            .prop_map(|(at, snippet)| Mutation::Insert(at, snippet)),
        (any::<Index>(), 1..60_usize).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (any::<Index>(), any::<Index>(), 1..60_usize)
            .prop_map(|(from, to, length)| Mutation::Move(from, to, length)),
    ]
}

fn apply(text: &mut Vec<char>, mutation: &Mutation) {
    let place = |index: &Index, text: &[char]| index.index(text.len() + 1);
    let cut = |index: &Index, length: usize, text: &mut Vec<char>| {
        let start = place(index, text);
        let end = (start + length).min(text.len());
        text.drain(start..end).collect::<Vec<_>>()
    };
    match mutation {
        Mutation::Insert(at, snippet) => {
            let at = place(at, text);
            text.splice(at..at, snippet.chars());
        }
        Mutation::Remove(at, length) => drop(cut(at, *length, text)),
        Mutation::Move(from, to, length) => {
            let part = cut(from, *length, text);
            let to = place(to, text);
            text.splice(to..to, part);
        }
    }
}

fn check(case: &Case) {
    for problem in &Outcome::of(case).problems {
        assert!(!problem.helps.is_empty(), "{problem}");
        for label in &problem.labels {
            let text = &label.span.source.text;
            assert!(text.get(label.span.start..label.span.end).is_some(), "{problem}");
        }
    }
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn broken_files_are_refused_and_nothing_panics(
        case in select(Case::all("ok")),
        file in any::<Index>(),
        mutations in prop::collection::vec(mutation(), 1..6),
    ) {
        let mut case = case;
        let paths: Vec<_> = case.files.keys().filter(|path| *path != "app.toml").cloned().collect();
        let text = case.files.get_mut(file.get(&paths)).unwrap();
        let mut mutated: Vec<_> = text.chars().collect();
        mutations.iter().for_each(|mutation| apply(&mut mutated, mutation));
        *text = mutated.into_iter().collect();
        check(&case);
    }
}
