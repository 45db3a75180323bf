//! Several builds at once while garbage is collected: right digests, and nothing is missing.

use std::process::{Child, Stdio};

use landfall_testkit::Workspace;
use landfall_tests::{apps, built};

use crate::fixtures::undisturbed;

const ROUNDS: usize = 3;
const BUILDS: usize = 4;

fn start(workspace: &Workspace) -> Child {
    let mut build = workspace.command(&["build", "--all", "--json"]).expect("there is a landfall");
    build
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("landfall starts")
}

/// Collects until every build has ended; gives how often.
fn collect_beside(workspace: &Workspace, builds: &mut [Child]) -> usize {
    let mut collections = 0;
    while builds.iter_mut().any(|build| build.try_wait().expect("it can be asked").is_none()) {
        let collected = workspace.landfall(&["store", "gc"]).expect("landfall starts");
        // Before the first build has made the store there is nothing to collect in.
        let early = collected.status != Some(0) && collections == 0;
        assert!(early || collected.status == Some(0), "{}", collected.stderr);
        collections += usize::from(!early);
    }
    collections
}

#[test]
fn four_builds_at_once_with_a_collection_running_lose_nothing() {
    let workspace = apps::workspace();
    let mut collections = 0;
    for round in 0..ROUNDS {
        // What an earlier round left becomes garbage, and what is wanted has to be made again.
        if round > 0 {
            let other = workspace
                .landfall(&["build", "--all", "--set", "version=9.9.9"])
                .expect("landfall starts");
            assert_eq!(other.status, Some(0), "{}", other.stderr);
        }
        let mut builds: Vec<_> = (0..BUILDS).map(|_| start(&workspace)).collect();
        collections += collect_beside(&workspace, &mut builds);
        for build in builds {
            let output = build.wait_with_output().expect("it ends");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let found = built::read(&String::from_utf8_lossy(&output.stdout));
            assert_eq!(built::differences(undisturbed(), &found), Vec::<String>::new());
        }
        let verified = workspace.landfall(&["store", "verify"]).expect("landfall starts");
        assert_eq!(verified.status, Some(0), "{}", verified.stderr);
    }
    assert!(collections >= ROUNDS, "only {collections} collections ran beside the builds");
    outputs_are_whole(&workspace);
}

/// Every blob of every image can be handed out.
fn outputs_are_whole(workspace: &Workspace) {
    for app in undisturbed().keys() {
        let place = format!("oci:{app}-out");
        let outcome =
            workspace.landfall(&["build", app, "--output", &place]).expect("landfall starts");
        assert_eq!(outcome.status, Some(0), "{app}: {}", outcome.stderr);
        assert_eq!(outcome.stdout.trim(), undisturbed()[app].digest);
    }
}

#[test]
fn a_flipped_bit_is_found_and_the_next_build_heals_it() {
    let workspace = apps::workspace();
    let run = |line: &[&str]| workspace.landfall(line).expect("landfall starts");
    let first = run(&["build", "big-file"]);
    let layer = &undisturbed()["big-file"].layers["linux/amd64 content"];
    let blob =
        find(&workspace.store(), layer.trim_start_matches("sha256:")).expect("the blob's file");
    let mut bytes = std::fs::read(&blob).expect("a blob");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    landfall_tests::tree::shell("chmod u+w \"$1\"", &[&blob]);
    std::fs::write(&blob, bytes).expect("a blob can be damaged");
    assert_eq!(run(&["store", "verify"]).status, Some(4));
    assert!(!blob.exists(), "what is damaged is moved aside");
    assert_eq!(run(&["build", "big-file"]).stdout, first.stdout);
    assert!(blob.is_file(), "the blob was made again");
    assert_eq!(run(&["store", "verify"]).status, Some(0));
}

/// The file below `folder/blobs` whose path ends with the digest, however it is sharded.
fn find(folder: &std::path::Path, hex: &str) -> Option<std::path::PathBuf> {
    for entry in std::fs::read_dir(folder.join("blobs")).ok()?.flatten() {
        for name in [
            entry.path(),
            entry.path().join(hex),
            entry.path().join(&hex[..2]).join(hex),
            entry.path().join(&hex[2..]),
        ] {
            if name.is_file() && name.to_string_lossy().ends_with(&hex[2..]) {
                return Some(name);
            }
        }
    }
    None
}
