//! Whatever stands in a template, nothing panics, and every place lies in its text.

use proptest::prelude::*;
use proptest::sample::select;

use crate::case::Case;

const SNIPPETS: [&str; 40] = [
    "{{",
    "}}",
    "{% if ",
    " %}",
    "{% endif %}",
    "{#",
    "#}",
    "{{ Values.Replicas }}",
    "omit",
    "$splice",
    "$when",
    "\"",
    "'",
    ": ",
    "- ",
    "\n",
    "\n  ",
    "|",
    "| default(omit)",
    "[",
    "]",
    "{",
    "}",
    "&a ",
    "*a",
    "kind",
    "image",
    "containers",
    "ä",
    "\\",
    "~",
    "for x in range(9)",
    "name",
    "---\n",
    "nobody",
    "yes",
    "0644",
    "Values",
    ".",
    "\t",
];

fn templates() -> Vec<(String, String)> {
    let cases = ["ok", "bad"].into_iter().flat_map(Case::all);
    let files = cases.flat_map(|case| case.world().files);
    files.filter(|(path, _)| path.contains("objects/")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn broken_templates_are_refused_and_nothing_panics(
        (path, text) in select(templates()),
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..12_usize, select(&SNIPPETS[..])),
            1..6,
        ),
    ) {
        let mut text: Vec<char> = text.chars().collect();
        for (at, removed, snippet) in edits {
            let start = at.index(text.len() + 1);
            let end = (start + removed).min(text.len());
            text.splice(start..end, snippet.chars());
        }
        let mut world = Case::all("ok").remove(0).world();
        world.files.retain(|known, _| !known.starts_with("objects/") || known == &path);
        world.files.insert(path, text.into_iter().collect());
        if !world.files.contains_key("objects/server.conf") {
            world.files.insert("objects/server.conf".into(), String::new());
        }
        let (objects, diagnostics) = world.render();
        prop_assert_eq!(objects.is_none(), !diagnostics.is_empty());
        for diagnostic in &diagnostics {
            prop_assert!(!diagnostic.helps.is_empty() && !diagnostic.labels.is_empty());
            for label in &diagnostic.labels {
                let text = &label.span.source.text;
                prop_assert!(text.get(label.span.start..label.span.end).is_some(), "{diagnostic}");
            }
        }
    }
}
