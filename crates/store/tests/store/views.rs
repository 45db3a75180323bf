//! Views: an OCI layout beside each root.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::sync::Barrier;
use std::thread;

use landfall_hashing::Digest;
use landfall_store::{Store, StoreError};

use crate::fixture::{bound_by_permissions, names, store};

#[test]
fn a_view_is_an_oci_layout_of_linked_blobs() {
    let (folder, store) = store();
    let blobs = [store.put_blob(b"config").unwrap(), store.put_blob(b"layer").unwrap()];
    let view = store.write_view("myapp", b"{\"manifests\":[]}", &blobs).unwrap();
    assert_eq!(view, folder.path().join("roots/myapp/oci"));
    assert_eq!(names(&view), ["blobs", "index.json", "oci-layout"]);
    assert_eq!(fs::read(view.join("oci-layout")).unwrap(), br#"{"imageLayoutVersion":"1.0.0"}"#);
    assert_eq!(fs::read(view.join("index.json")).unwrap(), b"{\"manifests\":[]}");
    for digest in blobs {
        let linked = fs::metadata(view.join("blobs/sha256").join(digest.hex())).unwrap();
        assert_eq!(linked.ino(), fs::metadata(store.blob_path(&digest)).unwrap().ino());
    }
    assert!(names(&folder.path().join("tmp")).is_empty());
}

#[test]
fn a_view_is_written_only_where_it_differs() {
    let (folder, store) = store();
    let (one, two) = (store.put_blob(b"one").unwrap(), store.put_blob(b"two").unwrap());
    let view = store.write_view("myapp", b"1", &[one]).unwrap();
    let inode = || fs::metadata(&view).unwrap().ino();
    let first = inode();
    store.write_view("myapp", b"1", &[one, one]).unwrap();
    assert_eq!(inode(), first);
    let mut seen = vec![first];
    for (index, blobs) in [(b"2", vec![one]), (b"2", vec![one, two]), (b"2", vec![two])] {
        store.write_view("myapp", index, &blobs).unwrap();
        assert_ne!(Some(&inode()), seen.last());
        seen.push(inode());
        assert_eq!(names(&view.join("blobs/sha256")).len(), blobs.len());
    }
    fs::remove_file(view.join("oci-layout")).unwrap();
    store.write_view("myapp", b"2", &[two]).unwrap();
    assert!(view.join("oci-layout").exists());
    assert!(names(&folder.path().join("tmp")).is_empty());
}

#[test]
fn whatever_stands_in_the_place_of_a_view_is_replaced() {
    let (folder, store) = store();
    let blob = store.put_blob(b"one").unwrap();
    let place = folder.path().join("roots/myapp/oci");
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(&place, "a file").unwrap();
    store.write_view("myapp", b"1", &[blob]).unwrap();
    assert!(place.join("index.json").exists());
    assert!(names(&folder.path().join("tmp")).is_empty());
}

/// Linking another user's file is refused (`fs.protected_hardlinks`). Only root can make a file
/// another user's, so that elsewhere this test sees a link.
#[test]
fn where_links_are_refused_a_view_has_copies() {
    let (folder, store) = store();
    let blob = store.put_blob(b"bytes").unwrap();
    let path = store.blob_path(&blob);
    drop(store);
    let _ = chown(&path, Some(12345), None);
    let below = folder.path().to_path_buf();
    bound_by_permissions(move || {
        let store = Store::open(&below).unwrap();
        let view = store.write_view("myapp", b"{}", &[blob]).unwrap();
        let inode = fs::metadata(&view).unwrap().ino();
        assert_eq!(fs::read(view.join("blobs/sha256").join(blob.hex())).unwrap(), b"bytes");
        store.write_view("myapp", b"{}", &[blob]).unwrap();
        assert_eq!(fs::metadata(&view).unwrap().ino(), inode);
        assert!(store.verify(&|_| ()).unwrap().problems.is_empty());
    });
}

#[test]
fn a_view_misses_nothing() {
    let (folder, store) = store();
    let error = store.write_view("myapp", b"1", &[Digest::of("absent")]).unwrap_err();
    assert!(matches!(error, StoreError::Missing { .. }), "{error}");
    assert!(!folder.path().join("roots/myapp/oci").exists());
}

#[test]
fn views_written_by_many_at_once_are_whole() {
    let (folder, store) = store();
    let blobs: Vec<_> = (0..8_u8).map(|number| store.put_blob(&[number]).unwrap()).collect();
    for round in 0..20 {
        let name = format!("app{round}");
        let barrier = Barrier::new(4);
        thread::scope(|scope| {
            for writer in 0..4 {
                let (name, barrier, blobs, folder) = (&name, &barrier, &blobs, folder.path());
                scope.spawn(move || {
                    let store = Store::open(folder).unwrap();
                    barrier.wait();
                    store.write_view(name, &[b'0' + writer], &blobs[writer as usize..]).unwrap();
                });
            }
        });
        let view = folder.path().join("roots").join(&name).join("oci");
        let writer = usize::from(fs::read(view.join("index.json")).unwrap()[0] - b'0');
        assert_eq!(names(&view.join("blobs/sha256")).len(), blobs.len() - writer);
    }
    assert!(names(&folder.path().join("tmp")).is_empty());
}
