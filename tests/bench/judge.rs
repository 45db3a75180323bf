//! Whether two layers hold the same files: only equal work may be compared.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use landfall_hashing::Digest;

use crate::error::BenchError;
use crate::inputs::hash;

type Files = BTreeMap<Vec<u8>, (u64, Digest)>;

/// Compares the regular files of two gzip layers: path, length and digest of each.
///
/// `prefix` is where the first layer has them. Gives how many files there are.
///
/// # Errors
/// A layer cannot be read, or the first path that differs.
pub fn same_files(ours: &Path, prefix: &str, theirs: &Path) -> Result<usize, BenchError> {
    let ours = files(ours, prefix).map_err(BenchError::at(ours))?;
    let theirs = files(theirs, "").map_err(BenchError::at(theirs))?;
    let paths = ours.keys().chain(theirs.keys());
    match paths.into_iter().find(|path| ours.get(*path) != theirs.get(*path)) {
        None => Ok(ours.len()),
        Some(path) => {
            let path = String::from_utf8_lossy(path);
            let counts = format!("{} files here, {} there", ours.len(), theirs.len());
            Err(BenchError::wrong("a builder", format!("the layers differ in {path} ({counts})")))
        }
    }
}

fn files(layer: &Path, prefix: &str) -> io::Result<Files> {
    let stream = MultiGzDecoder::new(BufReader::with_capacity(1 << 20, File::open(layer)?));
    let mut archive = tar::Archive::new(stream);
    let mut files = Files::new();
    for entry in archive.entries()? {
        let entry = entry?;
        if entry.header().entry_type().is_file() {
            let path = entry.path_bytes().into_owned();
            let path = path.strip_prefix(prefix.as_bytes()).unwrap_or(&path).to_vec();
            files.insert(path, hash(entry)?);
        }
    }
    Ok(files)
}
