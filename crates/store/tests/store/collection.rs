//! Garbage collection: what goes, and what never does.

use std::fs::{self, File};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

use landfall_hashing::Digest;
use landfall_store::{Collected, GcOptions, Store};

use crate::fixture::{folder, names, root, store, tree};

const REMOVE: GcOptions = GcOptions { dry_run: false };

#[test]
fn what_no_root_holds_goes() {
    let (folder, store) = store();
    let (kept, gone) = (store.put_blob(b"kept").unwrap(), store.put_blob(b"garbage").unwrap());
    let hash = store.put_tree(&tree("x")).unwrap();
    store.put_realisation(&gone, &1).unwrap();
    store.put_root("myapp", &root(&[kept])).unwrap();
    fs::write(folder.path().join("damaged/old"), "").unwrap();
    let would = store.collect_garbage(GcOptions { dry_run: true }).unwrap();
    assert_eq!(store.blob_size_bytes(&gone), Some(7));
    drop(store);

    let store = Store::open_existing(folder.path()).unwrap();
    let done = store.collect_garbage(REMOVE).unwrap();
    assert_eq!(done, would);
    let removed_bytes = done.removed_bytes;
    assert!(removed_bytes > 7);
    let expected = Collected {
        removed: 3,
        removed_bytes,
        kept_by_roots: 1,
        kept_by_processes: 0,
        removed_damaged: 1,
    };
    assert_eq!(done, expected);
    assert_eq!(store.read_blob(&kept).unwrap(), b"kept");
    assert_eq!(store.blob_size_bytes(&gone), None);
    assert_eq!(store.tree(&hash).unwrap(), None);
    assert_eq!(store.realisation::<u8>(&gone).unwrap(), None);
    assert!(names(&folder.path().join("damaged")).is_empty());
    assert_eq!(store.collect_garbage(REMOVE).unwrap().removed, 0);
}

#[test]
fn what_an_open_store_used_stays_until_it_is_closed() {
    let (folder, before) = store();
    let blobs: Vec<_> = (0..4_u8).map(|number| before.put_blob(&[number]).unwrap()).collect();
    drop(before);

    let builder = Store::open(folder.path()).unwrap();
    let collector = Store::open(folder.path()).unwrap();
    assert_eq!(builder.blob_size_bytes(&blobs[0]), Some(1));
    builder.open_blob(&blobs[1]).unwrap();
    assert_eq!(builder.put_blob(&[2]).unwrap(), blobs[2]);
    let new = builder.put_blob(b"new").unwrap();
    let hash = builder.put_tree(&tree("new")).unwrap();
    builder.put_realisation(&new, &1).unwrap();

    let collected = collector.collect_garbage(REMOVE).unwrap();
    assert_eq!((collected.removed, collected.kept_by_processes), (1, 6));
    assert_eq!(builder.blob_size_bytes(&blobs[3]), None);
    assert_eq!(builder.read_blob(&new).unwrap(), b"new");
    assert!(builder.tree(&hash).unwrap().is_some());
    drop(builder);
    assert_eq!(collector.collect_garbage(REMOVE).unwrap().removed, 6);
}

#[test]
fn a_link_in_a_view_frees_nothing() {
    let (_folder, store) = store();
    let blob = store.put_blob(b"linked").unwrap();
    store.write_view("myapp", b"{}", &[blob]).unwrap();
    let collected = store.collect_garbage(REMOVE).unwrap();
    assert_eq!((collected.removed, collected.removed_bytes), (1, 0));
}

#[test]
fn a_clock_that_is_set_back_loses_nothing() {
    let (folder, first) = store();
    let kept = first.put_blob(b"kept").unwrap();
    // As if all of this had been written years ahead, before the clock was put right.
    let ahead = SystemTime::UNIX_EPOCH + Duration::from_secs(2_100_000_000);
    File::open(folder.path().join("gc.lock")).unwrap().set_modified(ahead).unwrap();
    File::open(first.blob_path(&kept)).unwrap().set_modified(ahead).unwrap();
    drop(first);
    let builder = Store::open(folder.path()).unwrap();
    assert_eq!(builder.blob_size_bytes(&kept), Some(4));
    let new = builder.put_blob(b"new").unwrap();
    let collector = Store::open(folder.path()).unwrap();
    assert_eq!(collector.collect_garbage(REMOVE).unwrap().removed, 0);
    assert_eq!(builder.read_blob(&new).unwrap(), b"new");
    drop(builder);
    assert_eq!(collector.collect_garbage(REMOVE).unwrap().removed, 2);
}

/// Uses and removals of the same objects meet on each of them; a use that was granted holds.
#[test]
fn what_was_found_is_there_however_close_a_removal_was() {
    let folder = folder();
    let contents: Vec<_> = (0..200).map(|number| format!("content {number}")).collect();
    let mut digests: Vec<_> = contents.iter().map(Digest::of).collect();
    digests.sort();
    drop(Store::open(folder.path()).unwrap());
    for round in 0..60 {
        let store = Store::open(folder.path()).unwrap();
        contents.iter().for_each(|content| leave_unused(&store, content));
        drop(store);
        digests.reverse();
        let (barrier, collector) = (Barrier::new(2), Store::open(folder.path()).unwrap());
        thread::scope(|scope| {
            scope.spawn(|| {
                barrier.wait();
                collector.collect_garbage(REMOVE).unwrap();
            });
            scope.spawn(|| {
                barrier.wait();
                let builder = Store::open(folder.path()).unwrap();
                let found: Vec<_> = digests
                    .iter()
                    .filter(|digest| builder.blob_size_bytes(digest).is_some())
                    .collect();
                collector.collect_garbage(REMOVE).unwrap();
                let lost =
                    found.iter().filter(|digest| !builder.blob_path(digest).exists()).count();
                assert_eq!(lost, 0, "round {round}, {} found", found.len());
            });
        });
    }
}

/// A blob that a process used long ago.
fn leave_unused(store: &Store, content: &str) {
    let path = store.blob_path(&Digest::of(content));
    if !path.exists() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
    }
    File::open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
}

/// A build that begins before a collection reads roots and ends after: reading takes a while.
#[test]
fn a_build_that_ends_while_roots_are_read_loses_nothing() {
    let (folder, first) = store();
    for number in 0..100 {
        first.put_root(&format!("other{number}"), &root(&[])).unwrap();
    }
    drop(first);
    let building = AtomicUsize::new(1);
    thread::scope(|scope| {
        scope.spawn(|| {
            let _done = CountDown(&building);
            for round in 0..100_u32 {
                let builder = Store::open(folder.path()).unwrap();
                let blob = builder.put_blob(&round.to_le_bytes()).unwrap();
                builder.put_root("myapp", &root(&[blob])).unwrap();
                let path = builder.blob_path(&blob);
                drop(builder);
                // Long enough for a collection that was under way to end.
                Store::open(folder.path()).unwrap().collect_garbage(REMOVE).unwrap();
                assert!(path.exists(), "round {round}");
            }
        });
        while building.load(Ordering::Relaxed) > 0 {
            Store::open(folder.path()).unwrap().collect_garbage(REMOVE).unwrap();
        }
    });
}

const WRITERS: usize = 4;
const ROUNDS: usize = 60;
const POOL: usize = 64;

/// Builds that share most of what they make, with two collections always under way.
#[test]
fn builds_lose_nothing_while_collections_run() {
    let folder = folder();
    drop(Store::open(folder.path()).unwrap());
    let (building, collected) = (AtomicUsize::new(WRITERS), AtomicUsize::new(0));
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (folder, building) = (folder.path(), &building);
            scope.spawn(move || {
                // Counted also where a build panics, so that the collectors end.
                let _done = CountDown(building);
                (0..ROUNDS).for_each(|round| build(&Store::open(folder).unwrap(), writer, round));
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                while building.load(Ordering::Relaxed) > 0 {
                    let store = Store::open_existing(folder.path()).unwrap();
                    collected.fetch_add(
                        store.collect_garbage(REMOVE).unwrap().removed,
                        Ordering::Relaxed,
                    );
                }
            });
        }
    });
    assert!(collected.into_inner() > 0, "the collections met garbage");
    let store = Store::open(folder.path()).unwrap();
    let verified = store.verify(&|_| ()).unwrap();
    assert_eq!((verified.roots, verified.problems), (WRITERS, vec![]));
    assert_eq!(store.collect_garbage(REMOVE).unwrap().kept_by_processes, 0);
    assert!(names(&folder.path().join("tmp")).is_empty());
}

struct CountDown<'a>(&'a AtomicUsize);

impl Drop for CountDown<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a build does: make what is not there, count on what is, and hold all of it in the end.
fn build(store: &Store, writer: usize, round: usize) {
    let contents: Vec<_> =
        (0..8).map(|step| format!("content {}", (writer * 16 + round * 5 + step) % POOL)).collect();
    let blobs: Vec<_> = contents.iter().map(|content| make(store, content)).collect();
    for (content, blob) in contents.iter().zip(&blobs) {
        assert_eq!(store.blob_size_bytes(blob), Some(content.len() as u64));
        assert_eq!(store.read_blob(blob).unwrap(), content.as_bytes());
    }
    let mut wanted = root(&blobs);
    wanted.trees.insert(store.put_tree(&tree(&contents[0])).unwrap());
    store.put_realisation(&blobs[1], &contents).unwrap();
    wanted.realisations.insert(blobs[1]);
    let name = format!("writer{writer}");
    store.put_root(&name, &wanted).unwrap();
    store.write_view(&name, format!("{round}").as_bytes(), &blobs).unwrap();
    assert_eq!(store.realisation(&blobs[1]).unwrap(), Some(contents));
}

fn make(store: &Store, content: &str) -> Digest {
    let digest = Digest::of(content);
    if store.blob_size_bytes(&digest).is_none() {
        store.put_blob(content.as_bytes()).unwrap();
    }
    digest
}
