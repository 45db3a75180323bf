//! Turns an archive into a tree, and remembers where the bytes of its files lie.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::sync::Arc;

use landfall_archive::{ArchiveError, Format, Options, Sink, unpack};
use landfall_hashing::{Digest, Hasher, HashingReader};
use landfall_store::Store;
use landfall_tree::{EntryPath, Tree};

use crate::locations::{Location, Locations, Stat};

/// Fast, because scratch lives for seconds.
const SCRATCH_LEVEL: i32 = 1;
const BUFFER_BYTES: usize = 1 << 18;

/// Reads a whole archive.
///
/// `stat` is that of an archive of the workspace. Files of a plain tar stay where they are; those of a compressed archive go, compressed again,
/// into a scratch file of the store that has no name.
pub(crate) fn unpack_archive(
    store: &Store,
    archive: File,
    format: Format,
    options: &Options,
    stat: Option<Stat>,
    locations: &Locations<'_>,
) -> Result<Tree, UnpackError> {
    if format == Format::Tar {
        let file = Arc::new(archive.try_clone().map_err(UnpackError::Scratch)?);
        let mut sink = InPlace { archive: file, stat, locations, buffer: vec![0; BUFFER_BYTES] };
        return Ok(unpack(archive, format, options, &mut sink)?);
    }
    let scratch = Arc::new(store.scratch().map_err(|error| UnpackError::Scratch(io::Error::other(error)))?);
    let mut sink = Scratch { file: scratch, locations };
    Ok(unpack(archive, format, options, &mut sink)?)
}

/// Why an archive gave no tree.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnpackError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("no scratch file can be had")]
    Scratch(#[source] io::Error),
}

/// Hashes files where they are.
struct InPlace<'a> {
    archive: Arc<File>,
    stat: Option<Stat>,
    locations: &'a Locations<'a>,
    buffer: Vec<u8>,
}

impl Sink for InPlace<'_> {
    fn file(
        &mut self,
        _: &EntryPath,
        size_bytes: u64,
        offset_bytes: Option<u64>,
        content: &mut dyn Read,
    ) -> io::Result<Digest> {
        let mut hasher = Hasher::new();
        loop {
            let count = content.read(&mut self.buffer)?;
            if count == 0 {
                break;
            }
            hasher.update(&self.buffer[..count]);
        }
        let digest = hasher.finish();
        let offset_bytes = offset_bytes.ok_or_else(|| io::Error::other("a plain tar gave no offset"))?;
        self.locations.insert(digest, Location::Part { file: self.archive.clone(), stat: self.stat, offset_bytes, size_bytes });
        Ok(digest)
    }
}

/// Writes each file as a zstd frame.
struct Scratch<'a> {
    file: Arc<File>,
    locations: &'a Locations<'a>,
}

impl Sink for Scratch<'_> {
    fn file(&mut self, _: &EntryPath, _: u64, _: Option<u64>, content: &mut dyn Read) -> io::Result<Digest> {
        let mut file = self.file.as_ref();
        let offset_bytes = file.stream_position()?;
        let mut hashing = HashingReader::new(content);
        let mut frame = zstd::stream::write::Encoder::new(BufWriter::with_capacity(BUFFER_BYTES, file), SCRATCH_LEVEL)?;
        io::copy(&mut hashing, &mut frame)?;
        frame.finish()?.flush()?;
        let size_bytes = file.stream_position()? - offset_bytes;
        let digest = hashing.finish().0;
        self.locations.insert(digest, Location::Scratch { file: self.file.clone(), offset_bytes, size_bytes });
        Ok(digest)
    }
}
