//! Blobs: bytes by their SHA-256 digest.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;

use landfall_hashing::{Digest, Hasher};

use crate::damaged::{self, Identity};
use crate::error::Tried;
use crate::object::ObjectKind;
use crate::temporary::{self, Temporary};
use crate::{Store, StoreError};

/// Documents are read whole; no manifest, config or index comes near this.
const READ_LIMIT_BYTES: u64 = 64 << 20;
/// The failpoint in the middle of a blob.
const HALF_WRITTEN: &str = "blob::half-written";

impl Store {
    /// The length of a blob; none where it is not there, or where what is there is no file.
    ///
    /// A blob that was asked for is kept by every garbage collection as long as this store is open.
    pub fn blob_size_bytes(&self, digest: &Digest) -> Option<u64> {
        self.use_object(ObjectKind::Blob, digest).map(|metadata| metadata.len())
    }

    /// Where a blob stands or would stand. Ask [`Store::blob_size_bytes`] first: a path alone keeps
    /// nothing.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.object_path(ObjectKind::Blob, digest)
    }

    /// Opens a blob. Its bytes are not hashed again: `store verify` does that.
    pub fn open_blob(&self, digest: &Digest) -> Result<File, StoreError> {
        let opened = self.open_object(ObjectKind::Blob, digest)?;
        let missing = StoreError::Missing { kind: ObjectKind::Blob, digest: *digest };
        opened.map(|(file, _)| file).ok_or(missing)
    }

    /// Begins a blob whose digest is known at its end.
    pub fn blob_writer(&self) -> Result<BlobWriter<'_>, StoreError> {
        let temporary = Temporary::new(self.writer()?)?;
        Ok(BlobWriter { store: self, temporary, hasher: Hasher::new(), size_bytes: 0 })
    }

    /// Writes a small blob.
    pub fn put_blob(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        self.put_object(ObjectKind::Blob, &digest, bytes, &temporary::BLOB)?;
        Ok(digest)
    }

    /// Reads a document of at most 64 MiB.
    ///
    /// Its digest is checked; a blob that is not what its name says is moved aside, so that the
    /// next build makes it anew, and is an error.
    pub fn read_blob(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let path = self.blob_path(digest);
        let file = self.open_blob(digest)?;
        let metadata = file.metadata().tried("read", &path)?;
        if metadata.len() > READ_LIMIT_BYTES {
            let (size_bytes, limit_bytes) = (metadata.len(), READ_LIMIT_BYTES);
            return Err(StoreError::TooLarge { digest: *digest, size_bytes, limit_bytes });
        }
        let mut bytes = Vec::with_capacity(metadata.len() as usize);
        file.take(READ_LIMIT_BYTES).read_to_end(&mut bytes).tried("read", &path)?;
        self.check(ObjectKind::Blob, digest, &bytes, Identity::of(&metadata))?;
        Ok(bytes)
    }

    /// Compares an object's bytes with its name; moves it aside where they differ.
    pub(crate) fn check(
        &self,
        kind: ObjectKind,
        digest: &Digest,
        bytes: &[u8],
        identity: Identity,
    ) -> Result<(), StoreError> {
        let found = Digest::of(bytes);
        if found == *digest {
            return Ok(());
        }
        if let Ok(writer) = self.writer() {
            let path = self.object_path(kind, digest);
            damaged::set_aside(writer, &path, (&path, identity))?;
        }
        Err(StoreError::Damaged { kind, digest: *digest, found })
    }
}

/// All bytes, or the first half where a test lets the process die after it.
fn half_where_armed(bytes: &[u8]) -> &[u8] {
    match landfall_failpoint::is_armed(HALF_WRITTEN) {
        true => &bytes[..bytes.len().div_ceil(2)],
        false => bytes,
    }
}

/// A blob on its way into the store: hashes what is written; gone when dropped.
pub struct BlobWriter<'store> {
    store: &'store Store,
    temporary: Temporary<'store>,
    hasher: Hasher,
    size_bytes: u64,
}

impl BlobWriter<'_> {
    /// Ends the blob: gives its digest and length. A blob that is there already stays as it is.
    pub fn commit(self) -> Result<(Digest, u64), StoreError> {
        let digest = self.hasher.finish();
        if self.store.blob_size_bytes(&digest) != Some(self.size_bytes) {
            self.temporary.place(&self.store.blob_path(&digest), &temporary::BLOB)?;
        }
        Ok((digest, self.size_bytes))
    }

    /// Ends a blob whose digest was announced; [`StoreError::Mismatch`] where it is another, and
    /// then nothing is kept.
    pub fn commit_as(self, expected: Digest) -> Result<u64, StoreError> {
        let found = self.hasher.clone().finish();
        if found != expected {
            return Err(StoreError::Mismatch { expected, found });
        }
        self.commit().map(|(_, size_bytes)| size_bytes)
    }

    /// How many bytes were written so far.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }
}

/// An error carries the [`StoreError`] that says which file could not be written.
impl Write for BlobWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let bytes = half_where_armed(bytes);
        let count = match self.temporary.file.write(bytes) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                let kind = error.kind();
                let told: Result<(), _> = Err(error).tried("write", self.temporary.path());
                return told.map(|()| 0).map_err(|error| io::Error::new(kind, error));
            }
            count => count?,
        };
        self.hasher.update(&bytes[..count]);
        self.size_bytes += count as u64;
        landfall_failpoint::hit(HALF_WRITTEN);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
