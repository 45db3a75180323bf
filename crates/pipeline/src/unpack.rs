//! Turns an archive into a tree, and remembers where the bytes of its files lie.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use landfall_archive::{ArchiveError, Format, Options, Sink, unpack};
use landfall_hashing::{Digest, Hasher, HashingReader};
use landfall_tree::{EntryPath, Tree};
use rayon::prelude::*;

use crate::Session;
use crate::locations::{Location, Locations, Stat};

/// Fast, because scratch lives for seconds.
const SCRATCH_LEVEL: i32 = 1;
const BUFFER_BYTES: usize = 1 << 18;

/// Reads a whole archive.
///
/// Files of a plain tar stay where they are, and are hashed by all threads; `stat` is that of an
/// archive of the workspace. Files of a compressed archive go, compressed again, into a scratch
/// file of the store that has no name.
pub(crate) fn unpack_archive(
    session: &Session<'_>,
    archive: File,
    format: Format,
    options: &Options,
    stat: Option<Stat>,
    locations: &Locations<'_>,
) -> Result<Tree, UnpackError> {
    if format == Format::Tar {
        let digests = match stat.and_then(|stat| locations.part_digests(&stat)) {
            Some(digests) => digests,
            None => session.pool.install(|| part_digests(&archive, options))?.into(),
        };
        let file = Arc::new(archive.try_clone().map_err(UnpackError::Scratch)?);
        let mut sink = InPlace { archive: file, stat, locations, digests };
        return Ok(unpack(archive, format, options, &mut sink)?);
    }
    let scratch = session.store.scratch();
    let scratch = scratch.map_err(|error| UnpackError::Scratch(io::Error::other(error)))?;
    let mut sink = Scratch { file: Arc::new(scratch), locations };
    Ok(unpack(archive, format, options, &mut sink)?)
}

/// Digests of a plain tar's files, by the offset of their bytes.
pub(crate) type PartDigests = HashMap<u64, Digest>;

/// Hashes the files of a plain tar side by side. Meant to run in the session's pool.
///
/// The tar is first read for its headers alone, which costs milliseconds.
pub(crate) fn part_digests(archive: &File, options: &Options) -> Result<PartDigests, UnpackError> {
    let mut sink = Offsets::default();
    let headers = archive.try_clone().map_err(UnpackError::Scratch)?;
    unpack(headers, Format::Tar, options, &mut sink)?;
    let hashed = sink
        .parts
        .par_iter()
        .map(|(offset, size)| Ok((*offset, hash_part(archive, *offset, *size)?)));
    hashed.collect::<io::Result<_>>().map_err(UnpackError::Scratch)
}

fn hash_part(archive: &File, mut offset: u64, size_bytes: u64) -> io::Result<Digest> {
    let end = offset + size_bytes;
    let mut buffer = vec![0; BUFFER_BYTES.min(usize::try_from(size_bytes).unwrap_or(BUFFER_BYTES))];
    let mut hasher = Hasher::new();
    while offset < end {
        let most = usize::try_from(end - offset).unwrap_or(usize::MAX).min(buffer.len());
        let count = archive.read_at(&mut buffer[..most], offset)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        hasher.update(&buffer[..count]);
        offset += count as u64;
    }
    Ok(hasher.finish())
}

/// Remembers where files lie, and reads none of them. The tree that comes of it is thrown away.
#[derive(Default)]
struct Offsets {
    parts: Vec<(u64, u64)>,
}

impl Sink for Offsets {
    fn file(
        &mut self,
        path: &EntryPath,
        size_bytes: u64,
        offset_bytes: Option<u64>,
        _: &mut dyn Read,
    ) -> io::Result<Digest> {
        self.parts.extend(offset_bytes.map(|offset| (offset, size_bytes)));
        Ok(Digest::of(path.as_str()))
    }
}

/// Why an archive gave no tree.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnpackError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("the archive or the scratch file beside it cannot be read or written")]
    Scratch(#[source] io::Error),
}

/// Leaves files where they are.
struct InPlace<'a> {
    archive: Arc<File>,
    stat: Option<Stat>,
    locations: &'a Locations<'a>,
    digests: Arc<PartDigests>,
}

impl Sink for InPlace<'_> {
    fn file(
        &mut self,
        _: &EntryPath,
        size_bytes: u64,
        offset_bytes: Option<u64>,
        _: &mut dyn Read,
    ) -> io::Result<Digest> {
        let known = offset_bytes.and_then(|offset| Some((offset, *self.digests.get(&offset)?)));
        let (offset_bytes, digest) =
            known.ok_or_else(|| io::Error::other("the archive changed while it was read"))?;
        let (file, stat) = (self.archive.clone(), self.stat);
        self.locations.insert(digest, Location::Part { file, stat, offset_bytes, size_bytes });
        Ok(digest)
    }
}

/// Writes each file as a zstd frame.
struct Scratch<'a> {
    file: Arc<File>,
    locations: &'a Locations<'a>,
}

impl Sink for Scratch<'_> {
    fn file(
        &mut self,
        _: &EntryPath,
        _: u64,
        _: Option<u64>,
        content: &mut dyn Read,
    ) -> io::Result<Digest> {
        let mut file = self.file.as_ref();
        let offset_bytes = file.stream_position()?;
        let mut hashing = HashingReader::new(content);
        let mut frame = zstd::stream::write::Encoder::new(
            BufWriter::with_capacity(BUFFER_BYTES, file),
            SCRATCH_LEVEL,
        )?;
        io::copy(&mut hashing, &mut frame)?;
        frame.finish()?.flush()?;
        let size_bytes = file.stream_position()? - offset_bytes;
        let digest = hashing.finish().0;
        self.locations.insert(
            digest,
            Location::Scratch { file: self.file.clone(), offset_bytes, size_bytes },
        );
        Ok(digest)
    }
}
