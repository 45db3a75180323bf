//! All that the targets begin with and all that they ever failed at, on any toolchain.

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use landfall_fuzz::{TARGETS, Target};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The lines of `seeds.txt`: a target, and its folders.
fn table() -> Vec<(String, Vec<PathBuf>)> {
    let text = fs::read_to_string(root().join("tests/fuzz/seeds.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let rows = lines.map(|line| line.split_whitespace().map(str::to_owned).collect());
    rows.map(|words: Vec<String>| {
        let more = words[1..].iter().map(|folder| root().join(folder));
        (words[0].clone(), more.collect())
    })
    .collect()
}

/// Every file below a folder, sorted; none where there is no folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    paths.into_iter().flat_map(below).collect()
}

fn seeds(name: &str) -> Vec<PathBuf> {
    let own = ["corpus", "regressions"].map(|kind| root().join("tests/fuzz").join(kind).join(name));
    let row = table().into_iter().find(|(target, _)| target == name);
    let (_, more) = row.unwrap_or_else(|| panic!("`{name}` has no line in tests/fuzz/seeds.txt"));
    own.iter().chain(&more).flat_map(|folder| files(folder)).collect()
}

/// The files at which a target fails.
fn failures((name, target): Target) -> Vec<String> {
    let seeds = seeds(name);
    assert!(!seeds.is_empty(), "`{name}` has nothing to begin with");
    let fails = |path: &&PathBuf| {
        let bytes = fs::read(path).unwrap();
        catch_unwind(|| target(&bytes)).is_err()
    };
    let shown =
        |path: &PathBuf| format!("{name}: {}", path.strip_prefix(root()).unwrap().display());
    seeds.iter().filter(fails).map(shown).collect()
}

#[test]
fn no_target_fails_at_what_is_known() {
    let failures: Vec<_> = TARGETS.into_iter().flat_map(failures).collect();
    assert!(failures.is_empty(), "these fail:\n{}", failures.join("\n"));
}

#[test]
fn the_table_has_every_target_and_no_other() {
    let listed: Vec<_> = table().into_iter().map(|(name, _)| name).collect();
    assert_eq!(listed, TARGETS.map(|(name, _)| name));
}
