//! Bytes that are hashed once more where they are used.
//!
//! A file of the workspace may have changed since it was hashed, a disk may have flipped a bit, and
//! a wrong layer would look right for ever after. What fails here fails before anything is kept. A
//! large archive of the workspace is vouched for by its stat instead, before and after each read.

use std::fs::File;
use std::io::{self, Read};

use landfall_hashing::{Digest, Hasher};
use landfall_store::Store;

/// Passes bytes on, and fails at their end where they are not those of the digest.
pub(crate) struct Verified<R> {
    reader: R,
    hasher: Option<Hasher>,
    wanted: Digest,
    otherwise: fn() -> io::Error,
}

impl<R: Read> Verified<R> {
    /// `otherwise` is the error of other bytes.
    pub(crate) fn new(reader: R, wanted: Digest, otherwise: fn() -> io::Error) -> Self {
        Self { reader, hasher: Some(Hasher::new()), wanted, otherwise }
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        if let Some(hasher) = &mut self.hasher {
            hasher.update(&buffer[..count]);
        }
        let ended = count == 0 && !buffer.is_empty();
        let found = self.hasher.take_if(|_| ended).map(Hasher::finish);
        match found.is_none_or(|found| found == self.wanted) {
            true => Ok(count),
            false => Err((self.otherwise)()),
        }
    }
}

/// A blob of the store on its way out of it.
pub(crate) fn verified_blob(store: &Store, digest: &Digest) -> io::Result<Verified<File>> {
    let file = store.open_blob(digest).map_err(io::Error::other)?;
    Ok(Verified::new(file, *digest, damaged))
}

/// Reads a blob to its end, so that what is made of it is made of the right bytes.
pub(crate) fn check_blob(store: &Store, digest: &Digest) -> io::Result<()> {
    io::copy(&mut verified_blob(store, digest)?, &mut io::sink()).map(drop)
}

/// Other bytes in the store than it promised.
pub(crate) fn damaged() -> io::Error {
    io::Error::other("the store's copy is damaged; run `landfall store verify`, then build again")
}
