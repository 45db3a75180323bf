//! Stores in folders that disappear after the test, and what goes into them.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;

use landfall_hashing::Digest;
use landfall_store::{Root, Store};
use landfall_tree::Tree;
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
use tempfile::TempDir;

/// An empty folder, gone when dropped.
pub fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// An open store in a folder of its own.
pub fn store() -> (TempDir, Store) {
    let folder = folder();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

/// A root that holds these blobs.
pub fn root(blobs: &[Digest]) -> Root {
    Root {
        workspace: "/src".into(),
        app: "myapp".into(),
        blobs: blobs.iter().copied().collect(),
        trees: BTreeSet::new(),
        realisations: BTreeSet::new(),
        record: serde_json::json!({ "image": "sha256:…" }),
    }
}

/// A tree of one file.
pub fn tree(text: &str) -> Tree {
    Tree::file(Digest::of(text), text.len() as u64, 0o644)
}

/// Changes one bit in the middle of a file that nobody may write.
pub fn flip_bit(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let middle = file.metadata().unwrap().len() / 2;
    let mut byte = [0];
    file.read_exact_at(&mut byte, middle).unwrap();
    file.write_all_at(&[byte[0] ^ 1], middle).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap();
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Runs a test on a thread that permissions bind: root can give up for one thread that they do not.
pub fn bound_by_permissions(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::spawn(|| {
        let mut sets = capabilities(None).unwrap();
        sets.effective.remove(CapabilitySet::DAC_OVERRIDE | CapabilitySet::FOWNER);
        set_capabilities(None, sets).unwrap();
        test();
    });
    thread.join().unwrap();
}
