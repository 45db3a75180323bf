//! Damage in the store and in outputs is said, never passed on, and made good by the next command.

use std::fs;
use std::path::{Path, PathBuf};

use landfall_testkit::{Outcome, Workspace};
use landfall_tests::digest;

use crate::fetching::{Answer, Server};

/// A plain tar of one file, as the product itself writes one.
fn tar() -> Vec<u8> {
    let workspace = workspace("files = { \"files/a\" = \"/a\" }");
    let built = run(&workspace, &["build", "x", "--output", "docker-archive:out.tar"]);
    assert_eq!(built.status, Some(0), "{}", built.stderr);
    fs::read(workspace.path("out.tar")).expect("the output")
}

fn workspace(layer: &str) -> Workspace {
    let text = format!(
        "//- apps/x/app.toml
[app]
name = \"x\"
version = \"1\"
environments = [\"dev\"]
platforms = [\"linux/amd64\"]
[[layers]]
name = \"all\"
{layer}
//- apps/x/files/a
a
"
    );
    Workspace::from_text(&text).expect("a workspace")
}

/// An app that unpacks what a server has.
fn fetching(server: &Server) -> Workspace {
    let archive = tar();
    let url = format!("{}/release.tar", server.origin);
    let sha256 = digest::of(&archive);
    let sha256 = sha256.trim_start_matches("sha256:");
    server.set("/release.tar", Answer::File(archive.clone()));
    let layer = "unpack = { input = \"release\", to = \"/data\" }";
    let workspace = workspace(layer);
    let toml = fs::read_to_string(workspace.path("apps/x/app.toml")).expect("app.toml");
    let toml = format!("{toml}\n[inputs.release]\nurl = \"{url}\"\nsha256 = \"{sha256}\"\n");
    fs::write(workspace.path("apps/x/app.toml"), toml).expect("app.toml can be written");
    assert_eq!(run(&workspace, &["lock", "x"]).status, Some(0));
    workspace
}

fn run(workspace: &Workspace, words: &[&str]) -> Outcome {
    workspace.landfall(words).expect("landfall starts")
}

/// The stored blob with the given bytes.
fn blob(workspace: &Workspace, bytes: &[u8]) -> PathBuf {
    let hex = digest::of(bytes);
    let hex = hex.trim_start_matches("sha256:");
    workspace.store().join("blobs/sha256").join(&hex[..2]).join(hex)
}

fn flip(place: &Path) {
    let mut bytes = fs::read(place).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::remove_file(place).expect("the folder can be written");
    fs::write(place, bytes).expect("the folder can be written");
}

#[test]
fn a_damaged_download_is_never_unpacked_and_is_fetched_again() {
    let server = Server::start();
    let workspace = fetching(&server);
    flip(&blob(&workspace, &tar()));
    let refused = run(&workspace, &["build", "x"]);
    assert_eq!(refused.status, Some(3), "{}", refused.stderr);
    assert!(refused.stderr.contains("landfall store verify"), "{}", refused.stderr);
    assert_eq!(run(&workspace, &["store", "verify"]).status, Some(4));
    let healed = run(&workspace, &["build", "x"]);
    assert_eq!(healed.status, Some(0), "{}", healed.stderr);
    let untouched = fetching(&server);
    assert_eq!(healed.stdout, run(&untouched, &["build", "x"]).stdout);
}

#[test]
fn what_verify_moved_aside_stops_no_later_build() {
    let server = Server::start();
    let workspace = fetching(&server);
    assert_eq!(run(&workspace, &["build", "x"]).status, Some(0));
    flip(&blob(&workspace, &tar()));
    assert_eq!(run(&workspace, &["store", "verify"]).status, Some(4));
    for words in [&["build", "x", "--set", "version=2"][..], &["build", "x"]] {
        let built = run(&workspace, words);
        assert_eq!(built.status, Some(0), "{words:?}: {}", built.stderr);
    }
    assert_eq!(run(&workspace, &["store", "verify"]).status, Some(0));
}

#[test]
fn an_output_folder_with_a_wrong_blob_is_made_good() {
    let workspace = workspace("files = { \"files/a\" = \"/a\" }");
    let words = ["build", "x", "--output", "oci:out"];
    assert_eq!(run(&workspace, &words).status, Some(0));
    let blobs = || {
        let entries = fs::read_dir(workspace.path("out/blobs/sha256")).expect("the layout");
        entries.map(|entry| entry.expect("an entry").path()).collect::<Vec<_>>()
    };
    flip(&blobs()[0]);
    assert_eq!(run(&workspace, &words).status, Some(0));
    for place in blobs() {
        let hex = place.file_name().expect("a name").to_string_lossy().into_owned();
        assert_eq!(digest::of(&fs::read(&place).expect("a blob")), format!("sha256:{hex}"));
    }
}

#[test]
fn an_output_that_was_cut_short_is_taken_up_again() {
    let workspace = workspace("files = { \"files/a\" = \"/a\" }");
    let words = ["build", "x", "--output", "oci:out"];
    for passage in 1..=4 {
        let mut command = workspace.command(&words).expect("there is a landfall");
        command.env("LANDFALL_FAILPOINT", format!("output::before-rename:{passage}"));
        assert_eq!(Outcome::from(command.output().expect("it starts")).status, None);
        let built = run(&workspace, &words);
        assert_eq!(built.status, Some(0), "passage {passage}: {}", built.stderr);
        fs::remove_dir_all(workspace.path("out")).expect("the layout");
    }
}

#[test]
fn a_narrowed_build_takes_nothing_from_the_whole_one() {
    let workspace = workspace("files = { \"files/a\" = \"/a\" }");
    let foreign = run(&workspace, &["build", "x", "--platform", "linux/arm64"]);
    assert_eq!(foreign.status, Some(1), "{}", foreign.stderr);
    assert!(foreign.stderr.contains("linux/amd64"), "{}", foreign.stderr);
    assert_eq!(foreign.stdout, "");
}

#[test]
fn a_file_cannot_be_the_root_of_the_image() {
    let outcome = run(&workspace("files = { \"files/a\" = \"/\" }"), &["build", "x"]);
    assert_eq!(outcome.status, Some(1), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("files/a"), "{}", outcome.stderr);
}
