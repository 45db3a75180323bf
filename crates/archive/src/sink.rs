//! Where the bytes of an archive's files go.

use std::io::{self, Read};

use landfall_hashing::{Digest, HashingReader};
use landfall_tree::EntryPath;

/// Takes the bytes of files.
pub trait Sink {
    /// Takes one file's bytes, exactly `size_bytes` of them, and gives their digest.
    ///
    /// `path` is the stripped path. `offset_bytes` is where the bytes lie in the source, where
    /// they lie there as they are (plain tar). A sink that can read them there by itself need
    /// not touch `content`: what it leaves is skipped.
    ///
    /// An error of `content` is to be handed back as it is.
    fn file(
        &mut self,
        path: &EntryPath,
        size_bytes: u64,
        offset_bytes: Option<u64>,
        content: &mut dyn Read,
    ) -> io::Result<Digest>;
}

/// Hashes and keeps nothing: `()` is the sink for those who want the listing alone.
impl Sink for () {
    fn file(
        &mut self,
        _path: &EntryPath,
        _size_bytes: u64,
        _offset_bytes: Option<u64>,
        content: &mut dyn Read,
    ) -> io::Result<Digest> {
        let mut content = HashingReader::new(content);
        let mut buffer = vec![0; 64 * 1024];
        while content.read(&mut buffer)? > 0 {}
        Ok(content.finish().0)
    }
}
