//! The fixture apps themselves.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use landfall_tests::apps;
use landfall_tests::built::{self, BuiltApps};

/// What every fixture is, built once in this process with nothing disturbed.
pub fn undisturbed() -> &'static BuiltApps {
    static BUILT: OnceLock<BuiltApps> = OnceLock::new();
    BUILT.get_or_init(|| {
        let workspace = apps::workspace();
        let outcome = workspace.landfall(&["build", "--all", "--json"]).expect("landfall starts");
        assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
        built::read(&outcome.stdout)
    })
}

#[test]
fn there_are_at_least_twenty_and_all_of_them_build() {
    assert!(apps::all().len() >= 20);
    let named: BTreeSet<_> = apps::all().iter().flat_map(|fixture| names(&fixture.text)).collect();
    let built: BTreeSet<_> = undisturbed().keys().cloned().collect();
    assert_eq!(named, built);
}

fn names(text: &str) -> Vec<String> {
    let lines =
        text.lines().filter_map(|line| line.strip_prefix("//- apps/")?.strip_suffix("/app.toml"));
    lines.map(str::to_owned).collect()
}

#[test]
fn none_of_them_compiles_anything() {
    for fixture in apps::all() {
        assert!(
            !fixture.text.contains("cargo = "),
            "{} compiles, and digests of what is compiled follow the compiler",
            fixture.name
        );
    }
}

#[test]
fn every_placement_and_every_key_of_the_image_is_used_by_one() {
    let whole: String = apps::all().into_iter().map(|fixture| fixture.text).collect();
    let placements =
        ["unpack", "copy", "files", "templates", "directories", "symlinks", "compression"];
    let image = [
        "entrypoint",
        "command",
        "user",
        "working_directory",
        "env",
        "ports",
        "volumes",
        "stop_signal",
        "labels",
        "annotations",
        "values",
    ];
    let unpack = ["strip", "include", "exclude", "modes", "owners"];
    for key in placements.iter().chain(&image).chain(&unpack) {
        assert!(whole.contains(&format!("{key} = ")), "no fixture says `{key}`");
    }
}

#[test]
fn an_equal_layer_is_the_same_blob_in_two_apps() {
    let apps = undisturbed();
    let layer = |app: &str, name: &str| apps[app].layers[&format!("linux/amd64 {name}")].clone();
    assert_eq!(layer("shared-one", "shared"), layer("shared-two", "shared"));
    assert_ne!(layer("shared-one", "own"), layer("shared-two", "own"));
}
