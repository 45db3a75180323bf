//! Roots: written whole, honest about what they hold.

use std::fs;
use std::os::unix::fs::MetadataExt;

use landfall_hashing::Digest;
use landfall_store::{GcOptions, ObjectKind, StoreError};

use crate::fixture::{flip_bit, names, root, store, tree};

#[test]
fn a_root_reads_back() {
    let (folder, store) = store();
    let blob = store.put_blob(b"bytes").unwrap();
    let mut wanted = root(&[blob]);
    wanted.trees.insert(store.put_tree(&tree("bytes")).unwrap());
    store.put_realisation(&blob, &1).unwrap();
    wanted.realisations.insert(blob);
    store.put_root("myapp", &wanted).unwrap();
    assert_eq!(store.root("myapp").unwrap(), Some(wanted.clone()));
    assert_eq!(store.root("other").unwrap(), None);
    assert_eq!(store.roots().unwrap(), [("myapp".to_owned(), wanted.clone())]);
    assert!(wanted.holds(ObjectKind::Blob, &blob) && !wanted.holds(ObjectKind::Tree, &blob));

    let file = folder.path().join("roots/myapp/root.json");
    let inode = fs::metadata(&file).unwrap().ino();
    store.put_root("myapp", &wanted).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().ino(), inode, "the same root again writes nothing");

    assert!(store.remove_root("myapp").unwrap());
    assert!(!store.remove_root("myapp").unwrap());
    assert!(store.roots().unwrap().is_empty());
    assert!(names(&folder.path().join("tmp")).is_empty());
}

#[test]
fn a_root_holds_nothing_that_is_not_there() {
    let (_folder, store) = store();
    let absent = Digest::of("absent");
    let error = store.put_root("myapp", &root(&[absent])).unwrap_err();
    assert!(
        matches!(error, StoreError::Missing { kind: ObjectKind::Blob, digest } if digest == absent)
    );
    assert!(store.roots().unwrap().is_empty());
}

#[test]
fn a_name_that_leaves_its_folder_is_refused() {
    let (_folder, store) = store();
    for name in ["", "..", "a/b", ".x"] {
        let error = store.put_root(name, &root(&[])).unwrap_err();
        assert!(matches!(error, StoreError::Name { .. }), "{error}");
        assert!(store.root(name).is_err() && store.remove_root(name).is_err());
        assert!(store.write_view(name, b"{}", &[]).is_err());
    }
}

#[test]
fn a_damaged_root_stops_garbage_collection_until_it_is_written_anew() {
    let (folder, store) = store();
    let blob = store.put_blob(b"bytes").unwrap();
    store.put_root("myapp", &root(&[blob])).unwrap();
    flip_bit(&folder.path().join("roots/myapp/root.json"));
    let error = store.collect_garbage(GcOptions::default()).unwrap_err();
    assert!(matches!(&error, StoreError::DamagedRoot { name, .. } if name == "myapp"), "{error}");
    assert!(error.hint().unwrap().contains("build that app again"));
    assert_eq!(store.blob_size_bytes(&blob), Some(5));
    assert_eq!(store.root("myapp").unwrap(), None);
    store.put_root("myapp", &root(&[blob])).unwrap();
    assert_eq!(store.collect_garbage(GcOptions::default()).unwrap().kept_by_roots, 1);
}

#[test]
fn a_folder_without_a_root_holds_nothing() {
    let (folder, store) = store();
    fs::create_dir(folder.path().join("roots/begun")).unwrap();
    fs::write(folder.path().join("roots/stray"), "").unwrap();
    assert!(store.roots().unwrap().is_empty());
    assert_eq!(store.verify(&|_| ()).unwrap().roots, 0);
}
