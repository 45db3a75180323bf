//! Blobs, trees, realisations and scratch.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::sync::Barrier;
use std::thread;

use landfall_hashing::Digest;
use landfall_store::{BlobWriter, StatCache, Store, StoreError};

use crate::fixture::{flip_bit, names, store, tree};

#[test]
fn threads_share_a_store() {
    fn crosses_threads<T: Send + Sync>() {}
    crosses_threads::<Store>();
    crosses_threads::<StatCache<'_>>();
    crosses_threads::<BlobWriter<'_>>();
}

#[test]
fn a_blob_is_known_by_its_bytes() {
    let (folder, store) = store();
    let mut writer = store.blob_writer().unwrap();
    writer.write_all(b"some ").unwrap();
    writer.write_all(b"bytes").unwrap();
    assert_eq!(writer.size_bytes(), 10);
    let (digest, size_bytes) = writer.commit().unwrap();
    assert_eq!((digest, size_bytes), (Digest::of("some bytes"), 10));
    assert_eq!(store.blob_size_bytes(&digest), Some(10));
    assert_eq!(store.read_blob(&digest).unwrap(), b"some bytes");
    let mut text = String::new();
    store.open_blob(&digest).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "some bytes");
    let hex = digest.hex();
    let path = folder.path().join("blobs/sha256").join(&hex[..2]).join(&hex);
    assert_eq!(store.blob_path(&digest), path);
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777 & !0o044, 0o400);
    assert!(names(&folder.path().join("tmp")).is_empty());
}

#[test]
fn an_absent_blob_is_absent() {
    let (_folder, store) = store();
    let digest = Digest::of("absent");
    assert_eq!(store.blob_size_bytes(&digest), None);
    for error in [store.open_blob(&digest).err(), store.read_blob(&digest).err()] {
        assert_eq!(error.unwrap().to_string(), format!("the blob {digest} is not in the store"));
    }
}

#[test]
fn what_is_no_file_is_no_blob_and_a_write_clears_the_way() {
    let (folder, store) = store();
    let digest = Digest::of("bytes");
    let path = store.blob_path(&digest);
    fs::create_dir_all(path.join("below")).unwrap();
    assert_eq!(store.blob_size_bytes(&digest), None);
    store.put_blob(b"bytes").unwrap();
    assert_eq!(store.read_blob(&digest).unwrap(), b"bytes");
    assert_eq!(names(&folder.path().join("damaged")).len(), 1);
    let target = Digest::of("linked");
    std::os::unix::fs::symlink(&path, store.blob_path(&target)).unwrap_or_else(|_| {
        fs::create_dir_all(store.blob_path(&target).parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&path, store.blob_path(&target)).unwrap();
    });
    assert_eq!(store.blob_size_bytes(&target), None);
}

#[test]
fn a_blob_that_is_not_finished_leaves_nothing() {
    let (folder, store) = store();
    let mut writer = store.blob_writer().unwrap();
    writer.write_all(b"half").unwrap();
    drop(writer);
    let mut writer = store.blob_writer().unwrap();
    writer.write_all(b"other").unwrap();
    let (expected, found) = (Digest::of("wanted"), Digest::of("other"));
    let error = writer.commit_as(expected).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("the bytes have the digest {found}, and {expected} was wanted")
    );
    assert_eq!(store.blob_size_bytes(&found), None);
    assert!(names(&folder.path().join("tmp")).is_empty());
    let mut writer = store.blob_writer().unwrap();
    writer.write_all(b"wanted").unwrap();
    assert_eq!(writer.commit_as(expected).unwrap(), 6);
}

#[test]
fn a_blob_of_the_wrong_length_is_written_over() {
    let (_folder, store) = store();
    let digest = store.put_blob(b"bytes").unwrap();
    fs::remove_file(store.blob_path(&digest)).unwrap();
    fs::write(store.blob_path(&digest), "byt").unwrap();
    store.put_blob(b"bytes").unwrap();
    assert_eq!(store.read_blob(&digest).unwrap(), b"bytes");
}

#[test]
fn the_same_blob_written_by_many_at_once_is_there_once() {
    let (folder, store) = store();
    let others: Vec<_> = (0..4).map(|_| Store::open(folder.path()).unwrap()).collect();
    let bytes = vec![7; 1 << 20];
    for round in 0..20_u8 {
        let barrier = Barrier::new(others.len());
        thread::scope(|scope| {
            for other in &others {
                scope.spawn(|| {
                    let mut writer = other.blob_writer().unwrap();
                    writer.write_all(&[round]).unwrap();
                    writer.write_all(&bytes).unwrap();
                    barrier.wait();
                    writer.commit().unwrap();
                });
            }
        });
    }
    drop(others);
    let verified = store.verify(&|_| ()).unwrap();
    assert_eq!((verified.blobs, verified.problems.len()), (20, 0));
    assert!(names(&folder.path().join("tmp")).is_empty());
}

#[test]
fn a_damaged_document_is_an_error_once_and_then_absent() {
    let (folder, store) = store();
    let digest = store.put_blob(b"{\"document\":1}").unwrap();
    flip_bit(&store.blob_path(&digest));
    let error = store.read_blob(&digest).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert_eq!(store.blob_size_bytes(&digest), None);
    assert_eq!(names(&folder.path().join("damaged")).len(), 1);
    store.put_blob(b"{\"document\":1}").unwrap();
    assert!(store.read_blob(&digest).is_ok());
}

#[test]
fn a_blob_past_the_limit_is_not_read_whole() {
    let (_folder, store) = store();
    let digest = Digest::of("large");
    let path = store.blob_path(&digest);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::File::create(&path).unwrap().set_len((64 << 20) + 1).unwrap();
    let error = store.read_blob(&digest).unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { size_bytes: 67_108_865, .. }), "{error}");
}

#[test]
fn a_tree_reads_back_and_a_damaged_one_is_absent() {
    let (folder, store) = store();
    let tree = tree("some text");
    let hash = store.put_tree(&tree).unwrap();
    assert_eq!(hash, tree.hash());
    assert_eq!(store.tree(&hash).unwrap(), Some(tree.clone()));
    let hex = hash.hex();
    let path = folder.path().join("trees").join(&hex[..2]).join(&hex);
    assert_eq!(fs::read(&path).unwrap(), tree.to_bytes());
    flip_bit(&path);
    assert_eq!(store.tree(&hash).unwrap(), None);
    assert!(!path.exists());
    store.put_tree(&tree).unwrap();
    assert_eq!(store.tree(&hash).unwrap(), Some(tree));
}

#[test]
fn a_realisation_reads_back_and_a_torn_one_is_absent() {
    let (folder, store) = store();
    let id = Digest::of("derivation");
    assert_eq!(store.realisation::<BTreeMap<String, u64>>(&id).unwrap(), None);
    let record = BTreeMap::from([("tree".to_owned(), 1_u64)]);
    store.put_realisation(&id, &record).unwrap();
    assert_eq!(store.realisation(&id).unwrap(), Some(record.clone()));
    assert_eq!(store.realisation::<Vec<u8>>(&id).unwrap(), None);
    let other = BTreeMap::from([("tree".to_owned(), 2_u64)]);
    store.put_realisation(&id, &other).unwrap();
    assert_eq!(store.realisation(&id).unwrap(), Some(other.clone()));

    let hex = id.hex();
    let path = folder.path().join("realisations").join(&hex[..2]).join(&hex);
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() - 1 {
        fs::remove_file(&path).unwrap();
        fs::write(&path, &whole[..length]).unwrap();
        assert_eq!(store.realisation::<BTreeMap<String, u64>>(&id).unwrap(), None, "{length}");
    }
    store.put_realisation(&id, &other).unwrap();
    assert_eq!(store.realisation(&id).unwrap(), Some(other));
}

#[test]
fn scratch_has_no_name_and_folders_go_when_dropped() {
    let (folder, store) = store();
    let mut file = store.scratch().unwrap();
    file.write_all(b"work").unwrap();
    file.rewind().unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert_eq!(text, "work");
    assert!(names(&folder.path().join("tmp")).is_empty());
    let scratch = store.scratch_folder().unwrap();
    fs::create_dir_all(scratch.path().join("a/b")).unwrap();
    drop(scratch);
    assert!(names(&folder.path().join("tmp")).is_empty());
}
