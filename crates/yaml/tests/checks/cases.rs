//! Each file gives what stands beside it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use landfall_diagnostics::{Diagnostic, Source};
use landfall_yaml::{Content, Document, Node, read};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

fn cases(name: &str) -> Vec<(PathBuf, Arc<Source>)> {
    let files = fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let source = Source::new("a.yaml", fs::read_to_string(&path).unwrap());
        (path, source)
    };
    paths.into_iter().map(read).collect()
}

fn shown(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n\n")).collect()
}

fn outline(documents: &[Document]) -> String {
    let mut text = String::new();
    for document in documents {
        text.push_str("---\n");
        node(&document.root, 0, &mut text);
    }
    text
}

/// A line a node: where it begins and ends, and what it is.
fn node(found: &Node, depth: usize, text: &mut String) {
    let source = &found.span.source;
    let [from, to] = [found.span.start, found.span.end].map(|offset| source.line_column(offset));
    let place = format!("{}:{}-{}:{}", from.0, from.1, to.0, to.1);
    let indent = "  ".repeat(depth);
    match &found.content {
        Content::Scalar(scalar) => {
            writeln!(
                text,
                "{indent}{place} {:?} {:?} {:?}",
                scalar.style, scalar.value, scalar.text
            )
        }
        Content::Sequence(_) => writeln!(text, "{indent}{place} sequence"),
        Content::Mapping(_) => writeln!(text, "{indent}{place} mapping"),
    }
    .unwrap();
    if let Content::Sequence(items) = &found.content {
        items.iter().for_each(|item| node(item, depth + 1, text));
    }
    for entry in found.entries() {
        writeln!(text, "{indent}  {} {:?} {:?}", entry.key.span, entry.key.style, entry.key.text)
            .unwrap();
        node(&entry.value, depth + 2, text);
    }
}

/// Compares with the file beside the case, or writes it with `LANDFALL_BLESS=1`.
fn compare(path: &Path, found: &str) -> Option<String> {
    let path = path.with_extension("expected");
    if std::env::var("LANDFALL_BLESS").is_ok_and(|value| value == "1") {
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    (expected != found)
        .then(|| format!("== {}\n-- expected\n{expected}\n-- found\n{found}", path.display()))
}

fn assert_none(differences: Vec<String>) {
    let text = differences.join("\n");
    assert!(differences.is_empty(), "{text}\nLANDFALL_BLESS=1 accepts what was found");
}

#[test]
fn good_texts_give_their_tree() {
    let differences = cases("ok").into_iter().filter_map(|(path, source)| {
        let (documents, diagnostics) = read(&source);
        compare(&path, &(shown(&diagnostics) + &outline(&documents)))
    });
    assert_none(differences.collect());
    for (path, source) in cases("ok") {
        assert_eq!(read(&source).1, [], "{}", path.display());
    }
}

#[test]
fn bad_texts_give_their_diagnostics() {
    let cases = cases("bad");
    assert!(cases.len() >= 20, "{} cases", cases.len());
    assert_none(
        cases.iter().filter_map(|(path, source)| compare(path, &shown(&read(source).1))).collect(),
    );
}

#[test]
fn every_problem_has_a_place_and_a_way_out() {
    for (path, source) in cases("bad") {
        let (_, diagnostics) = read(&source);
        assert!(!diagnostics.is_empty(), "{}", path.display());
        for diagnostic in diagnostics {
            assert!(!diagnostic.labels.is_empty(), "{}: {diagnostic}", path.display());
            assert!(!diagnostic.helps.is_empty(), "{}: {diagnostic}", path.display());
            assert!(!diagnostic.message.ends_with('.'), "{}: {diagnostic}", path.display());
        }
    }
}

#[test]
fn every_code_has_a_case() {
    let source = ["problem", "braces"].map(|name| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name);
        fs::read_to_string(path.with_extension("rs")).unwrap()
    });
    let quoted = source.iter().flat_map(|text| text.split('"'));
    let written: BTreeSet<_> = quoted.filter(|text| text.starts_with("yaml::")).collect();
    let diagnostics = cases("bad").into_iter().flat_map(|(_, source)| read(&source).1);
    let seen: BTreeSet<_> = diagnostics.map(|diagnostic| diagnostic.code).collect();
    assert_eq!(written, seen);
}
