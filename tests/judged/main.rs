//! What servers and judges that we did not write make of the product's images: with the feature
//! `rig`, because they need the prerequisites of README.
//!
//! The table of contents. What needs nothing but the product stands in `line`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

mod archives; // skopeo reads each kind of output
mod at_once; // two who change one app at a time, and what a run leaves that was cut short
mod control_plane; // the rig's control planes: pods get ready, or fail as they are told
mod deploying; // a real cluster from the first release to the last: plan, apply, go back, uninstall
mod dying; // a run that dies at each failpoint of a release, and the next one
mod kept; // release records: limits, damage, what is newer
mod loading; // `--load` into a containerd of the test's own
mod plain; // zstd layers decompressed for judges that read none
mod prerequisites; // what `.ci/run` looks for is what the rig needs
mod reaching; // which clusters are refused, and what one that does not answer costs
mod read_back; // a real registry gives back the digest, crane recomputes everything
mod refusing; // what a cluster refuses is told for every object before anything is changed
mod rights; // the documented roles are enough, and with less the error is clear
mod running; // myapp runs, answers and stops, on both platforms
mod schemas; // the specification's own schemas, and a reader of the specification's types
mod site; // one control plane for all, a namespace for each test
mod slack; // the rig's Slack receiver: taken, refused, ill
mod story; // the whole story: build, push, promote, apply in three regions, change, roll back, uninstall
mod unpacked; // umoci unpacks what was asked for: owner, mode, time, links, bytes
mod unready; // pods that never become ready: the cause is named, and the release before serves
mod weather; // bad input and bad weather: the status, the words, what is left alone, what goes on
mod world; // every fixture image in a layout, built once in this process

/// The text of this file, for the test that no module is forgotten.
const CONTENTS: &str = include_str!("main.rs");

#[test]
fn no_file_of_this_folder_is_forgotten() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("judged");
    for entry in std::fs::read_dir(folder).expect("this folder") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let Some(module) = name.strip_suffix(".rs").filter(|name| *name != "main") else {
            continue;
        };
        assert!(CONTENTS.contains(&format!("\nmod {module}; // ")), "`{module}` is not in main.rs");
    }
}
