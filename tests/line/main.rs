//! The product as a user runs it, with no server beside it: the binary, a workspace, a store.
//!
//! The table of contents. What needs a judge or a server stands in `judged`.

mod answers; // every answer of `--json` against its published schema
mod bad_input; // every line of bad input: its exit status and its words
mod changing; // a file or an archive that somebody writes to while it is read
mod commands; // what stands on stdout and stderr, help, completions, init
mod dirty; // edited, untracked, committed later: remembered, and in no image
mod disk; // a full disk, a store that cannot be written, names that are not UTF-8
mod documents; // what the documents say exists
mod fetching; // lock and build over a local HTTP server
mod fixtures; // the fixture apps build, and cover what app.toml can say
mod golden; // their digests are those in the repository
mod healing; // damage in the store and in outputs: said, never passed on, made good
mod hostile_server; // a server that sends other bytes, too few, too many, or elsewhere
mod init; // `init` killed at each of its renames, then right
mod kills; // killed at every failpoint and at random moments, then right
mod parallel; // several builds at once while garbage is collected
mod progress; // bars on a terminal, lines elsewhere
mod reproducible; // disturbances times fixtures: the same digests
mod same_image; // a comment in compiled code, another compression of an archive: no new image
mod several; // several apps at once: the problems of all, before anything is built
mod why; // scripted changes with the exact answer

/// The text of this file, for the test that no module is forgotten.
const CONTENTS: &str = include_str!("main.rs");

#[cfg(not(feature = "rig"))]
#[test]
fn what_needs_judges_or_servers_is_said_to_be_left_out() {
    landfall_tests::loud::left_out("the suites `judged` and `rig`: `cargo xtask test` runs them");
}

#[test]
fn no_file_of_this_folder_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("line");
    for entry in std::fs::read_dir(folder).expect("this folder") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let Some(module) = name.strip_suffix(".rs").filter(|name| *name != "main") else {
            continue;
        };
        assert!(CONTENTS.contains(&format!("\nmod {module}; // ")), "`{module}` is not in main.rs");
    }
}
