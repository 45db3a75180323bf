//! Bytes that are hashed once more where they are used.
//!
//! A file of the workspace may have changed since it was hashed, a disk may have flipped a bit, and
//! a wrong layer would look right for ever after. What fails here fails before anything is kept. No
//! stat vouches for bytes here: who writes through a memory map changes no time.

use std::fs::File;
use std::io::{self, Read};

use landfall_hashing::{Digest, Hasher};
use landfall_store::Store;
use libdeflater::Crc;

/// Passes bytes on, and fails at their end where they are not those of the digest.
pub(crate) struct Verified<R> {
    reader: R,
    check: Option<Check>,
    otherwise: Otherwise,
}

/// What has to come out at the end.
enum Check {
    Digest(Hasher, Digest),
    Checksum(Crc, u32),
}

impl Check {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Digest(hasher, _) => hasher.update(bytes),
            Self::Checksum(crc, _) => crc.update(bytes),
        }
    }

    fn holds(self) -> bool {
        match self {
            Self::Digest(hasher, wanted) => hasher.finish() == wanted,
            Self::Checksum(crc, wanted) => crc.sum() == wanted,
        }
    }
}

/// What it means that the bytes are others.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Otherwise {
    /// Somebody wrote to a file of the workspace.
    Changed,
    /// The store holds what it did not promise.
    Damaged,
}

impl Otherwise {
    /// What is said of it, and what to do.
    pub(crate) fn error(self) -> io::Error {
        match self {
            Self::Changed => io::Error::new(
                io::ErrorKind::InvalidData,
                "it changed after it was hashed; once nothing writes to it, build again with \
                 `--paranoid`",
            ),
            Self::Damaged => io::Error::other(
                "the store's copy is damaged; run `landfall store verify`, then build again",
            ),
        }
    }
}

impl<R: Read> Verified<R> {
    pub(crate) fn new(reader: R, wanted: Digest, otherwise: Otherwise) -> Self {
        Self { reader, check: Some(Check::Digest(Hasher::new(), wanted)), otherwise }
    }

    /// The same for a file that somebody writes to by mistake: `wanted` is the CRC-32 of the bytes
    /// that were hashed a moment ago. On a large archive a second SHA-256 would be felt.
    pub(crate) fn by_checksum(reader: R, wanted: u32) -> Self {
        let check = Some(Check::Checksum(Crc::new(), wanted));
        Self { reader, check, otherwise: Otherwise::Changed }
    }
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        if let Some(check) = &mut self.check {
            check.update(&buffer[..count]);
        }
        let ended = count == 0 && !buffer.is_empty();
        match self.check.take_if(|_| ended).is_none_or(Check::holds) {
            true => Ok(count),
            false => Err(self.otherwise.error()),
        }
    }
}

/// A blob of the store on its way out of it.
pub(crate) fn verified_blob(store: &Store, digest: &Digest) -> io::Result<Verified<File>> {
    let file = store.open_blob(digest).map_err(io::Error::other)?;
    Ok(Verified::new(file, *digest, Otherwise::Damaged))
}

/// Reads a blob to its end, so that what is made of it is made of the right bytes.
pub(crate) fn check_blob(store: &Store, digest: &Digest) -> io::Result<()> {
    io::copy(&mut verified_blob(store, digest)?, &mut io::sink()).map(drop)
}
