//! What servers and judges that we did not write make of the product's images: with the feature
//! `rig`, because they need the prerequisites of README.
//!
//! The table of contents. What needs nothing but the product stands in `line`.

mod archives; // skopeo reads each kind of output
mod loading; // `--load` into a containerd of the test's own
mod plain; // zstd layers decompressed for judges that read none
mod read_back; // a real registry gives back the digest, crane recomputes everything
mod running; // myapp runs, answers and stops, on both platforms
mod schemas; // the specification's own schemas, and a reader of the specification's types
mod unpacked; // umoci unpacks what was asked for: owner, mode, time, links, bytes
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
