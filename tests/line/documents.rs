//! What the documents say exists.

use std::fs;
use std::path::{Path, PathBuf};

use landfall_testkit::Workspace;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the checkout").into()
}

/// The text of a document, by its path in the repository.
pub fn document(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn printed(arguments: &[&str]) -> String {
    let workspace = Workspace::from_text("//- apps/").expect("a workspace");
    let outcome = workspace.landfall(arguments).expect("landfall starts");
    assert_eq!(outcome.status, Some(0), "{arguments:?}: {}", outcome.stderr);
    outcome.stdout
}

/// The commands that `--help` lists.
pub fn commands() -> Vec<String> {
    let help = printed(&["--help"]);
    let list = help
        .split("Commands:\n")
        .nth(1)
        .expect("a list of commands")
        .split("\n\n")
        .next()
        .unwrap_or_default();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_two_commands_of_the_readme_exist() {
    let readme = document("README.md");
    let section = readme.split("## The two commands").nth(1).expect("the section");
    let block = section.split("```").nth(1).expect("a block");
    let words: Vec<Vec<&str>> =
        block.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    let [build, test] = &words[..] else { panic!("not two commands: {words:?}") };
    assert_eq!(build[..4], ["cargo", "xtask", "build", "myapp"]);
    assert_eq!(test[..3], ["cargo", "xtask", "test"]);
    assert!(root().join("apps").join(build[3]).join("app.toml").is_file());
    assert!(commands().contains(&build[2].to_owned()), "`landfall` has no `{}`", build[2]);
    let tasks = document("xtask/src/main.rs");
    assert!(tasks.contains(&format!("\"{}\"", test[2])), "xtask has no `{}`", test[2]);
}

#[test]
fn every_command_is_in_the_reference() {
    let reference = document("docs/reference/commands.md");
    for command in commands() {
        assert!(
            reference.contains(&format!("landfall {command}")),
            "`{command}` is not in docs/reference/commands.md"
        );
    }
}

/// Every Markdown file below a folder of the repository.
fn pages(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).expect("a folder");
    let paths = entries.map(|entry| {
        format!("{folder}/{}", entry.expect("an entry").file_name().to_string_lossy())
    });
    let mut paths: Vec<_> = paths.collect();
    paths.sort();
    let (folders, files): (Vec<_>, Vec<_>) =
        paths.into_iter().partition(|path| root().join(path).is_dir());
    let below = folders.iter().flat_map(|folder| pages(folder));
    files.into_iter().filter(|path| path.ends_with(".md")).chain(below).collect()
}

/// In a block, a line `$ cat FILE` is followed by what stands in the file, up to the next command.
#[test]
fn every_file_that_a_document_prints_is_printed_as_it_is() {
    let mut checked = 0;
    for page in pages("docs") {
        let text = document(&page);
        let commands = text.split("\n```").flat_map(|block| block.split("\n$ "));
        for printed in commands.filter_map(|command| command.strip_prefix("cat ")) {
            let (path, printed) = printed.split_once('\n').expect("a file and its text");
            assert_eq!(format!("{printed}\n"), document(path), "{page} prints {path}");
            checked += 1;
        }
    }
    assert!(checked > 0, "no document prints a file");
}

#[test]
fn the_schema_in_the_repository_is_the_products() {
    assert!(
        document("docs/reference/app.schema.json") == printed(&["schema"]),
        "docs/reference/app.schema.json is stale: write `landfall schema` into it"
    );
}
