//! What changes no image: a comment in compiled code, the compression of an archive.

use std::fs;
use std::path::Path;

use landfall_testkit::Workspace;
use landfall_tests::plain_cargo::digest_of_server;
use landfall_tests::tree::shell;

/// A binary of several modules that call each other across the parts in which rustc compiles it.
/// The names of what they share follow the text of the sources.
const COMPILED: &str = r#"
//- apps/x/app.toml
[app]
name = "x"
version = "1.0.0"
environments = ["prod"]
platforms = ["linux/amd64"]
[inputs.server]
cargo = { package = "server" }
[[layers]]
name = "server"
copy = { input = "server", to = "/usr/bin/server" }
//- Cargo.toml
[workspace]
resolver = "3"
members = ["server"]
//- Cargo.lock
version = 4

[[package]]
name = "server"
version = "0.1.0"
//- server/Cargo.toml
[package]
name = "server"
version = "0.1.0"
edition = "2024"
//- server/src/main.rs
mod greeting;
mod number;
mod words;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    println!("{} {}", greeting::greet(&arguments), number::sum(&arguments));
}
//- server/src/greeting.rs
use crate::words;

const CHANGES: [fn(&str) -> String; 2] = [words::loud, words::quiet];

pub fn greet(arguments: &[String]) -> String {
    CHANGES.iter().map(|change| change(&words::joined(arguments))).collect()
}
//- server/src/number.rs
use std::sync::Mutex;

use crate::words;

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

pub fn sum(arguments: &[String]) -> usize {
    SEEN.lock().unwrap().push(words::joined(arguments));
    SEEN.lock().unwrap().iter().map(|word| inner(word)).sum()
}

#[inline(never)]
fn inner(word: &str) -> usize {
    word.bytes().map(usize::from).sum()
}
//- server/src/words.rs
pub fn loud(text: &str) -> String {
    text.to_uppercase()
}

pub fn quiet(text: &str) -> String {
    text.to_lowercase()
}

pub fn joined(words: &[String]) -> String {
    words.join(" ")
}
"#;

fn compiled() -> Workspace {
    Workspace::from_text(COMPILED).expect("a workspace")
}

/// At the end, so that no line moves: a panic names its line.
fn comment(workspace: &Workspace) {
    let place = workspace.path("server/src/number.rs");
    let text = fs::read_to_string(&place).expect("a source");
    fs::write(place, text + "// Nothing more.\n").expect("a source");
}

/// What a command that succeeds prints.
fn said(workspace: &Workspace, command: &str) -> String {
    let words: Vec<_> = command.split(' ').collect();
    let outcome = workspace.landfall(&words).expect("landfall starts");
    assert_eq!(outcome.status, Some(0), "{command}: {}", outcome.stderr);
    outcome.stdout
}

#[test]
fn a_comment_is_an_input_and_changes_no_image() {
    let workspace = compiled();
    let before = said(&workspace, "build x");
    comment(&workspace);
    let waiting = said(&workspace, "why x");
    assert!(waiting.contains("layer server (linux/amd64) has to be built"), "{waiting}");
    assert_eq!(said(&workspace, "build x"), before);
    let why = said(&workspace, "why x --against previous");
    let lines: Vec<_> = why.lines().collect();
    let [input, rest @ ..] = &lines[..] else { panic!("no input is named") };
    assert!(input.starts_with("input server (linux/amd64): server/src/number.rs: "), "{why}");
    assert_eq!(rest, ["no layer changes", "0 B to move"], "{why}");
}

/// Without the product around it the same comment reaches the binary.
#[test]
fn the_same_comment_reaches_what_plain_cargo_compiles() {
    let workspace = compiled();
    let before = digest_of_server(&workspace, &[]);
    comment(&workspace);
    assert_ne!(digest_of_server(&workspace, &[]), before);
}

const UNPACKED: &str = r#"
//- apps/x/app.toml
[app]
name = "x"
version = "1.0.0"
environments = ["prod"]
platforms = ["linux/amd64"]
[inputs.release]
path = "files/release.tar.gz"
[[layers]]
name = "release"
unpack = { input = "release", to = "/opt" }
//- apps/x/files/tree/bin/run mode=755
#!/bin/sh
//- apps/x/files/tree/share/text
text
"#;

#[test]
fn the_same_files_in_another_archive_are_the_same_image() {
    let workspace = Workspace::from_text(UNPACKED).expect("a workspace");
    let files = workspace.path("apps/x/files");
    let pack = |option: &str, name: &str| {
        let script = format!("cd \"$1\" && tar {option} --sort=name -cf {name} tree");
        shell(&script, &[&files]);
    };
    pack("-z", "release.tar.gz");
    pack("-J", "release.tar.xz");
    let first = said(&workspace, "build x");
    replace(&workspace.path("apps/x/app.toml"), "release.tar.gz", "release.tar.xz");
    assert_eq!(said(&workspace, "build x"), first);
    // It is the files that count, and not that nobody looks.
    fs::write(files.join("tree/share/text"), "another text\n").expect("a file");
    pack("-J", "release.tar.xz");
    assert_ne!(said(&workspace, "build x"), first);
}

fn replace(place: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(place).expect("a text");
    assert!(text.contains(old), "`{}` has no `{old}`", place.display());
    fs::write(place, text.replace(old, new)).expect("a text");
}
