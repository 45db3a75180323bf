//! The stat cache: believed only where a stat can vouch.

use std::fs::{self, File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use landfall_hashing::Digest;
use landfall_store::{StatCache, Store};
use rustix::time::{ClockId, clock_gettime};

use crate::fixture::{flip_bit, folder, names, store};

/// Lets the kernel's clock pass a file's times by what any file system rounds them; busily, because
/// that is a few milliseconds except on file systems that keep whole seconds.
fn settle(path: &Path) -> Metadata {
    let metadata = fs::metadata(path).unwrap();
    let changed = (metadata.ctime(), metadata.ctime_nsec());
    let margin = if changed.1 == 0 { (2, 0) } else { (0, 2_000_000) };
    loop {
        let now = clock_gettime(ClockId::RealtimeCoarse);
        if (now.tv_sec - margin.0, now.tv_nsec - margin.1) > changed {
            return metadata;
        }
    }
}

fn remember(store: &Store, path: &Path) {
    let metadata = settle(path);
    let cache = StatCache::load(store, "cache").unwrap();
    cache.insert(path, &metadata, &Digest::of(fs::read(path).unwrap()));
    cache.save().unwrap();
}

fn recall(store: &Store, path: &Path) -> Option<Digest> {
    StatCache::load(store, "cache").unwrap().get(path, &fs::metadata(path).unwrap())
}

#[test]
fn a_file_that_did_not_change_is_vouched_for() {
    let (_folder, store) = store();
    let files = folder();
    for name in ["a", "a b", "é", "z"] {
        let path = files.path().join(name);
        fs::write(&path, name).unwrap();
        remember(&store, &path);
    }
    for name in ["a", "a b", "é", "z"] {
        assert_eq!(recall(&store, &files.path().join(name)), Some(Digest::of(name)), "{name}");
    }
    let cache = StatCache::load(&store, "cache").unwrap();
    assert_eq!(cache.get(&files.path().join("b"), &fs::metadata(files.path()).unwrap()), None);
    assert_eq!(recall(&store, files.path()), None);
}

#[test]
fn a_file_that_changed_is_not() {
    let (_folder, store) = store();
    let files = folder();
    let path = files.path().join("file");
    let changes: [fn(&Path); 5] = [
        |path| fs::write(path, "two").unwrap(),
        |path| fs::write(path, "three").unwrap(),
        |path| flip_bit(path),
        |path| {
            fs::rename(path, path.with_extension("old")).unwrap();
            fs::copy(path.with_extension("old"), path).unwrap();
        },
        // The change time tells what a modification time that was put back hides.
        |path| {
            let modified = fs::metadata(path).unwrap().modified().unwrap();
            fs::write(path, "six").unwrap();
            File::options().write(true).open(path).unwrap().set_modified(modified).unwrap();
        },
    ];
    for change in changes {
        let _ = fs::remove_file(&path);
        fs::write(&path, "one").unwrap();
        remember(&store, &path);
        assert!(recall(&store, &path).is_some());
        change(&path);
        assert_eq!(recall(&store, &path), None);
    }
}

#[test]
fn a_file_that_is_as_young_as_the_cache_is_never_remembered() {
    let (folder_of_store, store) = store();
    let files = folder();
    let path = files.path().join("file");
    let cache = StatCache::load(&store, "cache").unwrap();
    fs::write(&path, "one").unwrap();
    cache.insert(&path, &fs::metadata(&path).unwrap(), &Digest::of("one"));
    assert_eq!(cache.get(&path, &fs::metadata(&path).unwrap()), None);
    let future = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
    File::options().write(true).open(&path).unwrap().set_modified(future).unwrap();
    settle(&path);
    let later = StatCache::load(&store, "cache").unwrap();
    later.insert(&path, &fs::metadata(&path).unwrap(), &Digest::of("one"));
    assert_eq!(later.get(&path, &fs::metadata(&path).unwrap()), None);
    cache.save().unwrap();
    later.save().unwrap();
    assert!(names(&folder_of_store.path().join("stat")).is_empty(), "nothing new, nothing written");
}

/// Written, hashed and written again as fast as it goes, mostly within one tick of the clock.
#[test]
fn a_rewrite_of_the_same_size_in_the_same_tick_is_never_missed() {
    let (_folder, store) = store();
    let files = folder();
    let path = files.path().join("file");
    for round in 0..300_u32 {
        let (first, second) = (format!("a{round:03}"), format!("b{round:03}"));
        fs::write(&path, &first).unwrap();
        let cache = StatCache::load(&store, "cache").unwrap();
        cache.insert(&path, &fs::metadata(&path).unwrap(), &Digest::of(&first));
        fs::write(&path, &second).unwrap();
        assert_ne!(cache.get(&path, &fs::metadata(&path).unwrap()), Some(Digest::of(&first)));
        cache.save().unwrap();
        assert_ne!(recall(&store, &path), Some(Digest::of(&first)));
    }
}

#[test]
fn a_damaged_cache_is_empty_and_written_anew() {
    let (folder_of_store, store) = store();
    let files = folder();
    let path = files.path().join("file");
    fs::write(&path, "one").unwrap();
    let cache = folder_of_store.path().join("stat/cache");
    let damages: [fn(&PathBuf); 4] = [
        |cache| flip_bit(cache),
        |cache| replace(cache, b""),
        |cache| replace(cache, b"landfall-stat-2 \n"),
        |cache| replace(cache, &fs::read(cache).unwrap()[..100]),
    ];
    for damage in damages {
        remember(&store, &path);
        assert!(recall(&store, &path).is_some());
        damage(&cache);
        assert_eq!(recall(&store, &path), None);
    }
}

fn replace(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn what_two_processes_learn_is_put_together() {
    let (_folder, store) = store();
    let files = folder();
    let paths = ["one", "two"].map(|name| files.path().join(name));
    let metadata = paths.each_ref().map(|path| {
        fs::write(path, "text").unwrap();
        settle(path)
    });
    let caches = [0, 1].map(|_| StatCache::load(&store, "cache").unwrap());
    for (index, cache) in caches.into_iter().enumerate() {
        cache.insert(&paths[index], &metadata[index], &Digest::of("text"));
        cache.save().unwrap();
    }
    assert!(paths.iter().all(|path| recall(&store, path) == Some(Digest::of("text"))));
}
