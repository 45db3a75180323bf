//! Remembers the digests of files, so that what a stat can vouch for is not read again.
//!
//! # When a stat vouches
//!
//! An entry is believed when device, inode, size, mode, modification time and change time are those
//! that the file had when it was hashed. That fails where a file changes without its times
//! changing, which happens within one tick of the file system's clock ("racy" in git's words). So
//! an entry is remembered only if both times are *before* the moment at which the cache was loaded,
//! which is before any file was read for it: a change after that moment gets another time, not
//! before it. The moment is the kernel's coarse clock, from which file systems take their times.
//!
//! A file system may keep its times less finely than the clock, and so round them to before the
//! moment. How finely it keeps them shows in the zeros at the end of a change time, which nobody
//! can set; the times must be older by that much.
//!
//! # The file
//!
//! ```text
//! landfall-stat-1 sha256:DIGEST-OF-ALL-THAT-FOLLOWS
//! HEX STAT PATH
//! ```
//!
//! One line an entry, sorted by path; STAT is compared as text and never parsed. A file that is not
//! as it was written is an empty cache. Paths that hold a line feed are not remembered.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io::BufRead;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use landfall_hashing::Digest;
use rustix::time::{ClockId, clock_gettime};

use crate::layout::{STAT_CACHES, check_name};
use crate::{Store, StoreError, temporary};

const FORMAT: &str = "landfall-stat-1 ";
/// A cache that grows past this forgets the files that this process did not ask for.
const LIMIT_ENTRIES: usize = 1 << 18;
/// How finely file systems keep times: a change time that the first number of nanoseconds divides
/// may stand for a tick of the second number. FAT keeps even seconds, old ext4 seconds, NTFS
/// 100 ns.
const TICKS: [(i128, i128); 5] =
    [(1_000_000_000, 2_000_000_000), (1_000_000, 1_000_000), (1_000, 1_000), (100, 100), (1, 1)];

/// Digests of files by path and stat. Threads share it.
pub struct StatCache<'store> {
    store: &'store Store,
    path: PathBuf,
    loaded_at_nanoseconds: i128,
    known: Table,
    fresh: Mutex<BTreeMap<Vec<u8>, String>>,
}

impl<'store> StatCache<'store> {
    /// Loads the cache of that name. One that is absent, damaged or of another format is empty.
    ///
    /// Load it before any file is read whose digest is to be remembered. Fails only where the name
    /// cannot be one.
    pub fn load(store: &'store Store, name: &str) -> Result<Self, StoreError> {
        check_name(name)?;
        let now = clock_gettime(ClockId::RealtimeCoarse);
        let path = store.folder().join(STAT_CACHES).join(name);
        let known = Table::read(&path);
        let loaded_at_nanoseconds = nanoseconds(now.tv_sec, now.tv_nsec);
        Ok(Self { store, path, loaded_at_nanoseconds, known, fresh: Mutex::default() })
    }

    /// The digest that a file had when it looked like this.
    pub fn get(&self, path: &Path, metadata: &Metadata) -> Option<Digest> {
        let (path, stat) = (path.as_os_str().as_bytes(), stat_text(metadata));
        if let Some(entry) = self.fresh().get(path) {
            return digest_if(entry.as_bytes(), &stat);
        }
        digest_if(self.known.entry(path)?, &stat)
    }

    /// Remembers a file's digest. `metadata` is that of the file from before its bytes were read.
    /// What cannot be vouched for is forgotten.
    pub fn insert(&self, path: &Path, metadata: &Metadata, digest: &Digest) {
        let path = path.as_os_str().as_bytes();
        if self.can_vouch(metadata) && !path.contains(&b'\n') {
            let entry = format!("{} {}", digest.hex(), stat_text(metadata));
            self.fresh().insert(path.to_vec(), entry);
        }
    }

    /// Writes what is new, together with what other processes saved meanwhile. Where nothing is
    /// new, or the store cannot be written, nothing happens.
    pub fn save(self) -> Result<(), StoreError> {
        let fresh = self.fresh();
        if fresh.is_empty() || !self.store.is_writable() {
            return Ok(());
        }
        let present = Table::read(&self.path);
        let mut entries: BTreeMap<&[u8], &[u8]> = present.entries().collect();
        entries.extend(fresh.iter().map(|(path, entry)| (path.as_slice(), entry.as_bytes())));
        if entries.len() > LIMIT_ENTRIES {
            entries.retain(|path, _| fresh.contains_key(*path) || self.known.was_used(path));
        }
        self.store.write(&self.path, &written(&entries), &temporary::CACHE)
    }

    fn can_vouch(&self, metadata: &Metadata) -> bool {
        let modified = nanoseconds(metadata.mtime(), metadata.mtime_nsec());
        let changed = nanoseconds(metadata.ctime(), metadata.ctime_nsec());
        let tick =
            TICKS.iter().find(|(divisor, _)| changed % divisor == 0).map_or(1, |(_, tick)| *tick);
        modified.max(changed) + tick <= self.loaded_at_nanoseconds
    }

    /// A thread that panicked left a map that is whole.
    fn fresh(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, String>> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn nanoseconds(seconds: i64, nanoseconds: i64) -> i128 {
    i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds)
}

/// Everything that changes when a file is changed or replaced.
fn stat_text(metadata: &Metadata) -> String {
    format!(
        "{:x},{:x},{:x},{:o},{}.{},{}.{}",
        metadata.dev(),
        metadata.ino(),
        metadata.size(),
        metadata.mode(),
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    )
}

/// Reads `HEX STAT`.
fn digest_if(entry: &[u8], stat: &str) -> Option<Digest> {
    let (hex, rest) = entry.split_at_checked(64)?;
    let same = rest.strip_prefix(b" ") == Some(stat.as_bytes());
    same.then(|| Digest::from_hex(str::from_utf8(hex).ok()?).ok()).flatten()
}

fn written(entries: &BTreeMap<&[u8], &[u8]>) -> Vec<u8> {
    let mut body = Vec::new();
    for (path, entry) in entries {
        body.extend([*entry, b" ", *path, b"\n"].concat());
    }
    let mut bytes = format!("{FORMAT}{}\n", Digest::of(&body)).into_bytes();
    bytes.append(&mut body);
    bytes
}

/// A file's text with an index of its lines. Loading parses no entry; asking parses one.
#[derive(Default)]
struct Table {
    text: Vec<u8>,
    lines: Vec<Line>,
}

/// Offsets into the text: `HEX STAT` from `start`, a space, the path from `path` to `end`.
struct Line {
    start: usize,
    path: usize,
    end: usize,
    used: AtomicBool,
}

impl Table {
    fn read(path: &Path) -> Self {
        let text = fs::read(path).unwrap_or_default();
        let Some(start) = start_of_entries(&text) else { return Self::default() };
        let lines = index(&text, start);
        Self { text, lines }
    }

    fn entry(&self, path: &[u8]) -> Option<&[u8]> {
        let line = self.line(path)?;
        line.used.store(true, Ordering::Relaxed);
        Some(self.entry_of(line))
    }

    fn was_used(&self, path: &[u8]) -> bool {
        self.line(path).is_some_and(|line| line.used.load(Ordering::Relaxed))
    }

    fn entries(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines.iter().map(|line| (self.path_of(line), self.entry_of(line)))
    }

    fn line(&self, path: &[u8]) -> Option<&Line> {
        let place = self.lines.binary_search_by(|line| self.path_of(line).cmp(path)).ok()?;
        Some(&self.lines[place])
    }

    fn path_of(&self, line: &Line) -> &[u8] {
        &self.text[line.path..line.end]
    }

    fn entry_of(&self, line: &Line) -> &[u8] {
        &self.text[line.start..line.path - 1]
    }
}

/// Where the first entry begins, if the checksum is right.
fn start_of_entries(text: &[u8]) -> Option<usize> {
    let end = text.iter().position(|byte| *byte == b'\n')?;
    let sum = text[..end].strip_prefix(FORMAT.as_bytes())?;
    let right = sum == Digest::of(&text[end + 1..]).to_string().as_bytes();
    right.then_some(end + 1)
}

/// The checksum says that every line is as it was written, so each has its two spaces.
fn index(text: &[u8], first: usize) -> Vec<Line> {
    const BEFORE_STAT: usize = 65;
    let (mut lines, mut start) = (Vec::new(), first);
    let length_to =
        |from: usize, end: u8| (&text[from.min(text.len())..]).skip_until(end).unwrap_or(0);
    while start < text.len() {
        let path = start + BEFORE_STAT + length_to(start + BEFORE_STAT, b' ');
        let end = (path + length_to(path, b'\n')).saturating_sub(1);
        if end < path {
            break;
        }
        lines.push(Line { start, path, end, used: AtomicBool::new(false) });
        start = end + 1;
    }
    lines
}
