//! Opening: formats, foreign folders, leases, and stores that cannot be written.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use landfall_hashing::Digest;
use landfall_store::{GcOptions, Store, StoreError};

use crate::fixture::{bound_by_permissions, folder, names, root, store, tree};

#[test]
fn makes_a_store_and_opens_it_again() {
    let folder = folder();
    let below = folder.path().join("deep/store");
    drop(Store::open(&below).unwrap());
    assert_eq!(fs::read_to_string(below.join("format")).unwrap(), "landfall-store 1\n");
    assert_eq!(Store::open_existing(&below).unwrap().folder(), below);
}

#[test]
fn a_store_is_tagged_as_a_cache_and_does_not_miss_the_tag() {
    let (folder, store) = store();
    let (tag, blob) = (folder.path().join("CACHEDIR.TAG"), store.put_blob(b"bytes").unwrap());
    let signature = b"Signature: 8a477f597d28d172789f06886806bc55";
    assert_eq!(&fs::read(&tag).unwrap()[..43], signature);
    store.put_root("myapp", &root(&[blob])).unwrap();
    for is_tagged in [true, false] {
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.verify(&|_| ()).unwrap().problems, []);
        assert_eq!(store.collect_garbage(GcOptions::default()).unwrap().removed, 0);
        assert_eq!(tag.exists(), is_tagged, "who takes it away may mean it");
        let _ = fs::remove_file(&tag);
    }
}

#[test]
fn a_command_that_only_reads_makes_no_store() {
    let folder = folder();
    let absent = folder.path().join("absent");
    for path in [&absent, folder.path()] {
        let error = Store::open_existing(path).err().unwrap();
        assert!(matches!(error, StoreError::Absent { .. }), "{error}");
        assert_eq!(error.to_string(), format!("there is no store in `{}`", path.display()));
        assert!(error.hint().unwrap().contains("landfall build"));
    }
    assert!(!absent.exists());
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_newer_store_asks_for_an_upgrade() {
    let (folder, store) = store();
    drop(store);
    write_format(folder.path(), "landfall-store 2\n");
    let error = Store::open(folder.path()).err().unwrap();
    assert!(matches!(error, StoreError::Newer { found: 2, known: 1, .. }), "{error}");
    assert!(error.hint().unwrap().contains("upgrade"));
}

#[test]
fn a_format_file_that_says_something_else_is_named() {
    let (folder, store) = store();
    drop(store);
    for text in ["", "landfall-store 0\n", "landfall-store one\n", "landfall-store 1", "\u{0}"] {
        write_format(folder.path(), text);
        let error = Store::open(folder.path()).err().unwrap();
        assert!(matches!(error, StoreError::Format { .. }), "{text:?}: {error}");
    }
}

fn write_format(store: &Path, text: &str) {
    let path = store.join("format");
    fs::remove_file(&path).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn a_folder_that_holds_something_else_is_left_alone() {
    let folder = folder();
    fs::write(folder.path().join("thesis.txt"), "").unwrap();
    let error = Store::open(folder.path()).err().unwrap();
    assert!(
        matches!(&error, StoreError::Foreign { entry, .. } if entry == "thesis.txt"),
        "{error}"
    );
    assert_eq!(names(folder.path()), ["thesis.txt"]);
}

#[test]
fn a_file_in_the_place_of_the_store_is_an_error() {
    let folder = folder();
    let path = folder.path().join("store");
    fs::write(&path, "").unwrap();
    let error = Store::open(&path).err().unwrap();
    assert!(error.to_string().contains("store"), "{error}");
}

#[test]
fn making_a_store_that_was_cut_short_goes_on() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("blobs/sha256")).unwrap();
    fs::create_dir_all(folder.path().join("tmp")).unwrap();
    fs::write(folder.path().join("tmp/abcdefghijkl.0"), "landfall-st").unwrap();
    fs::write(folder.path().join("CACHEDIR.TAG"), "Signature: 8a477f597d28d172789f06886806bc55")
        .unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.put_blob(b"bytes").unwrap();
    assert!(names(&folder.path().join("tmp")).is_empty());
}

#[test]
fn a_lease_lives_as_long_as_its_store_and_its_scratch_folders() {
    let (folder, store) = store();
    let leases = folder.path().join("leases");
    let other = Store::open(folder.path()).unwrap();
    assert_eq!(names(&leases).len(), 2);
    let scratch = other.scratch_folder().unwrap();
    fs::write(scratch.path().join("object.o"), "half").unwrap();
    drop(other);
    drop(Store::open(folder.path()).unwrap());
    assert!(scratch.path().join("object.o").exists());
    drop(scratch);
    assert!(names(&folder.path().join("tmp")).is_empty());
    assert_eq!(names(&leases).len(), 1);
    drop(store);
    assert!(names(&leases).is_empty());
}

#[test]
fn what_dead_processes_left_is_swept_and_what_living_ones_hold_is_not() {
    let (folder, living) = store();
    let (temporary, leases) = (folder.path().join("tmp"), folder.path().join("leases"));
    let writer = living.blob_writer().unwrap();
    let held = names(&temporary);
    File::create(leases.join("deadbeefdead")).unwrap();
    fs::write(temporary.join("deadbeefdead.0"), "half a blob").unwrap();
    fs::create_dir_all(temporary.join("deadbeefdead.1/target/debug")).unwrap();
    fs::write(temporary.join("nolease.7"), "").unwrap();
    let other = Store::open(folder.path()).unwrap();
    assert_eq!(names(&temporary), held);
    assert_eq!(names(&leases).len(), 2);
    drop((writer, other));
    assert!(names(&temporary).is_empty());
}

#[test]
fn a_store_that_cannot_be_written_is_read() {
    let (folder, writable) = store();
    let blob = writable.put_blob(b"bytes").unwrap();
    let hash = writable.put_tree(&tree("bytes")).unwrap();
    writable.put_realisation(&blob, &"record").unwrap();
    writable.put_root("myapp", &root(&[blob])).unwrap();
    drop(writable);
    let path = folder.path().to_path_buf();
    chmod_folders(&path, 0o555);
    bound_by_permissions(move || read_only(&path, &blob, &hash));
    chmod_folders(folder.path(), 0o755);
}

fn read_only(folder: &Path, blob: &Digest, hash: &Digest) {
    let store = Store::open(folder).unwrap();
    assert!(!store.is_writable());
    assert_eq!(store.read_blob(blob).unwrap(), b"bytes");
    assert_eq!(store.tree(hash).unwrap(), Some(tree("bytes")));
    assert_eq!(store.realisation(blob).unwrap(), Some("record".to_owned()));
    assert_eq!(store.roots().unwrap(), [("myapp".to_owned(), root(&[*blob]))]);
    assert!(store.verify(&|_| ()).unwrap().problems.is_empty());
    // What is there already needs no write.
    assert_eq!(store.put_blob(b"bytes").unwrap(), *blob);
    store.put_root("myapp", &root(&[*blob])).unwrap();
    let refused = [
        store.put_blob(b"more").err(),
        store.blob_writer().err(),
        store.scratch().err(),
        store.scratch_folder().err(),
        store.put_realisation(blob, &"other").err(),
        store.write_view("myapp", b"{}", &[*blob]).err(),
        store.collect_garbage(GcOptions::default()).err(),
    ];
    for error in refused.map(Option::unwrap) {
        assert!(matches!(error, StoreError::Unwritable { .. }), "{error}");
        assert!(error.hint().unwrap().contains("--store DIR"));
    }
    let error = Store::open(&folder.join("tmp/below")).err().unwrap();
    assert!(error.hint().unwrap().contains("--store DIR"), "{error}");
}

fn chmod_folders(folder: &Path, mode: u32) {
    fs::set_permissions(folder, Permissions::from_mode(mode)).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            chmod_folders(&entry.path(), mode);
        }
    }
}
