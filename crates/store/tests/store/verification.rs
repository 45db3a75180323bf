//! Verification: every flipped bit is found, moved away, and made anew.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use landfall_hashing::Digest;
use landfall_store::{Fault, ObjectKind, Problem, Store};

use crate::fixture::{flip_bit, names, root, store, tree};

fn problems(store: &Store) -> Vec<Problem> {
    store.verify(&|_| ()).unwrap().problems
}

#[test]
fn a_store_in_order_is_counted() {
    let (_folder, store) = store();
    let blobs: Vec<_> =
        (0..10_u8).map(|number| store.put_blob(&vec![number; 1000]).unwrap()).collect();
    let hash = store.put_tree(&tree("x")).unwrap();
    store.put_realisation(&hash, &"record").unwrap();
    store.put_root("myapp", &root(&blobs)).unwrap();
    store.write_view("myapp", b"{}", &blobs).unwrap();
    let seen = RefCell::new(Vec::new());
    let verified = store.verify(&|progress| seen.borrow_mut().push(progress)).unwrap();
    assert_eq!(
        (verified.blobs, verified.trees, verified.realisations, verified.roots),
        (10, 1, 1, 1)
    );
    assert_eq!(verified.problems, []);
    let seen = seen.into_inner();
    assert_eq!(seen.len(), 12);
    let last = seen.last().unwrap();
    assert_eq!((last.files_done, last.bytes_done), (last.files_total, last.bytes_total));
    assert_eq!(verified.bytes, last.bytes_total);
}

#[test]
fn a_flipped_bit_is_found_moved_away_and_healed() {
    let (folder, store) = store();
    let blob = store.put_blob(b"precious bytes").unwrap();
    let hash = store.put_tree(&tree("x")).unwrap();
    let id = Digest::of("id");
    store.put_realisation(&id, &"record").unwrap();
    let mut wanted = root(&[blob]);
    wanted.trees.insert(hash);
    wanted.realisations.insert(id);
    store.put_root("myapp", &wanted).unwrap();
    let view = store.write_view("myapp", b"{}", &[blob]).unwrap();

    let paths =
        [("blobs/sha256", blob), ("realisations", id), ("trees", hash)].map(|(kind, digest)| {
            let hex = digest.hex();
            PathBuf::from(kind).join(&hex[..2]).join(hex)
        });
    paths.iter().for_each(|path| flip_bit(&folder.path().join(path)));
    let found = problems(&store);
    let moved: Vec<_> = found.iter().filter(|problem| problem.moved_to.is_some()).collect();
    let mut expected: Vec<_> = paths.to_vec();
    expected.insert(2, Path::new("roots/myapp/oci/blobs/sha256").join(blob.hex()));
    assert_eq!(moved.iter().map(|problem| problem.path.clone()).collect::<Vec<_>>(), expected);
    let flipped =
        Digest::of(fs::read(folder.path().join(moved[0].moved_to.as_ref().unwrap())).unwrap());
    let fault = Fault::Damaged { kind: ObjectKind::Blob, expected: blob, found: Some(flipped) };
    assert_eq!(moved[0].fault, fault);
    assert_eq!(fault.to_string(), format!("has the digest {flipped} and should have {blob}"));
    let misses = found.iter().filter(|problem| matches!(problem.fault, Fault::Misses { .. }));
    assert_eq!(misses.count(), 3);
    assert_eq!(names(&folder.path().join("damaged")).len(), 4);
    assert!(!view.exists());

    // The next build makes what is absent.
    store.put_blob(b"precious bytes").unwrap();
    store.put_tree(&tree("x")).unwrap();
    store.put_realisation(&id, &"record").unwrap();
    store.put_root("myapp", &wanted).unwrap();
    store.write_view("myapp", b"{}", &[blob]).unwrap();
    assert_eq!(problems(&store), []);
}

#[test]
fn a_damaged_copy_in_a_view_is_found() {
    let (_folder, store) = store();
    let blob = store.put_blob(b"precious bytes").unwrap();
    let view = store.write_view("myapp", b"{}", &[blob]).unwrap();
    let file = view.join("blobs/sha256").join(blob.hex());
    fs::remove_file(&file).unwrap();
    fs::write(&file, "precious bytes").unwrap();
    assert_eq!(problems(&store), []);
    flip_bit(&file);
    let [Problem { fault: Fault::DamagedView { root, expected, .. }, moved_to: Some(_), .. }] =
        &problems(&store)[..]
    else {
        panic!("{:?}", problems(&store));
    };
    assert_eq!((root.as_str(), *expected), ("myapp", blob));
    assert!(!view.exists());
}

#[test]
fn what_does_not_belong_is_named_and_left() {
    let (folder, store) = store();
    let hex = Digest::of("x").hex();
    let group = if &hex[..2] == "00" { "01" } else { "00" };
    let strays = [
        format!("blobs/sha256/{group}/{hex}"),
        "blobs/sha256/README".to_owned(),
        format!("realisations/{group}/short"),
        "trees/ABC".to_owned(),
    ];
    for stray in &strays {
        let path = folder.path().join(stray);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    let expected =
        strays.map(|stray| Problem { path: stray.into(), fault: Fault::Foreign, moved_to: None });
    assert_eq!(problems(&store), expected);
    assert_eq!(problems(&store), expected);
}

#[test]
fn a_folder_in_the_place_of_a_blob_is_moved_away() {
    let (_folder, store) = store();
    let digest = Digest::of("x");
    fs::create_dir_all(store.blob_path(&digest)).unwrap();
    let [Problem { fault: Fault::Damaged { found: None, .. }, moved_to: Some(_), .. }] =
        &problems(&store)[..]
    else {
        panic!("{:?}", problems(&store));
    };
    assert_eq!(problems(&store), []);
}

#[test]
fn roots_that_are_damaged_or_miss_something_are_named() {
    let (folder, store) = store();
    let blob = store.put_blob(b"bytes").unwrap();
    store.put_root("one", &root(&[blob])).unwrap();
    store.put_root("two", &root(&[])).unwrap();
    fs::remove_file(store.blob_path(&blob)).unwrap();
    flip_bit(&folder.path().join("roots/two/root.json"));
    let faults: Vec<_> = problems(&store).into_iter().map(|problem| problem.fault).collect();
    let misses = Fault::Misses { root: "one".into(), kind: ObjectKind::Blob, digest: blob };
    assert_eq!(faults, [misses, Fault::DamagedRoot { root: "two".into() }]);
}
