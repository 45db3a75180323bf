//! Everything that stands in a folder, so that a test sees each way in which it was written to.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::digest;

/// What stands at each path: kind, mode, owner, time of change, and the digest of bytes or target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    entries: BTreeMap<PathBuf, String>,
}

impl Snapshot {
    /// Reads a folder with everything below it, but for some paths.
    ///
    /// # Panics
    /// Something cannot be read.
    pub fn of(folder: &Path, without: &[&Path]) -> Self {
        let mut entries = BTreeMap::new();
        let mut waiting = vec![folder.to_path_buf()];
        while let Some(path) = waiting.pop() {
            if without.contains(&path.as_path()) {
                continue;
            }
            let metadata = fs::symlink_metadata(&path).expect("a file");
            if metadata.is_dir() {
                let below = fs::read_dir(&path).expect("a folder");
                waiting.extend(below.map(|entry| entry.expect("an entry").path()));
            }
            entries.insert(path.clone(), described(&path, &metadata));
        }
        Self { entries }
    }

    /// Each path that another snapshot has otherwise, with both.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let paths = self.entries.keys().chain(other.entries.keys());
        let paths: std::collections::BTreeSet<_> = paths.collect();
        let sides = paths.into_iter().map(|path| (path, [self, other].map(|side| side.at(path))));
        let differing = sides.filter(|(_, [before, after])| before != after);
        differing
            .map(|(path, [before, after])| format!("{}: {before} → {after}", path.display()))
            .collect()
    }

    fn at(&self, path: &Path) -> &str {
        self.entries.get(path).map_or("nothing", String::as_str)
    }
}

fn described(path: &Path, metadata: &fs::Metadata) -> String {
    let content = if metadata.is_file() {
        digest::of(&fs::read(path).expect("a file can be read"))
    } else {
        fs::read_link(path).map(|target| target.display().to_string()).unwrap_or_default()
    };
    let (mode, user, group) = (metadata.mode(), metadata.uid(), metadata.gid());
    let (seconds, nanoseconds) = (metadata.mtime(), metadata.mtime_nsec());
    format!("{mode:o} {user}:{group} {seconds}.{nanoseconds:09} {content}")
}
