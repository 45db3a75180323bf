//! Turns an archive into a tree, and remembers where the bytes of its files lie.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use landfall_archive::{ArchiveError, Format, Options, Sink, unpack};
use landfall_hashing::{Digest, Hasher, HashingReader};
use landfall_tree::{EntryPath, Node, Tree};
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
        let tar = match stat.and_then(|stat| locations.take_plain_tar(&stat, options)) {
            Some(tar) => tar,
            None => session.pool.install(|| PlainTar::read(&archive, options))?,
        };
        return Ok(tar.leave_in_place(&Arc::new(archive), stat, locations));
    }
    let scratch = session.store.scratch();
    let scratch = scratch.map_err(|error| UnpackError::Scratch(io::Error::other(error)))?;
    let mut sink = Scratch { file: Arc::new(scratch), locations };
    Ok(unpack(archive, format, options, &mut sink)?)
}

/// A tar that is not compressed, with its files hashed.
pub(crate) struct PlainTar {
    tree: Tree,
    parts: Vec<Part>,
}

/// A file's bytes in the tar.
struct Part {
    offset_bytes: u64,
    size_bytes: u64,
    digest: Digest,
}

impl PlainTar {
    /// Reads the headers, which costs milliseconds, then hashes the files side by side. Meant to
    /// run in the session's pool.
    pub(crate) fn read(archive: &File, options: &Options) -> Result<Self, UnpackError> {
        let mut sink = Offsets::default();
        let headers = archive.try_clone().map_err(UnpackError::Scratch)?;
        let tree = unpack(headers, Format::Tar, options, &mut sink)?;
        let hashed = sink.parts.par_iter().map_init(Vec::new, |buffer, (offset, size)| {
            let digest = hash_part(archive, *offset, *size, buffer)?;
            Ok(Part { offset_bytes: *offset, size_bytes: *size, digest })
        });
        let parts = hashed.collect::<io::Result<Vec<_>>>().map_err(UnpackError::Scratch)?;
        Ok(Self { tree: with_digests(&tree, &parts)?, parts })
    }

    /// Remembers where the files lie.
    fn leave_in_place(
        self,
        file: &Arc<File>,
        stat: Option<Stat>,
        locations: &Locations<'_>,
    ) -> Tree {
        for Part { offset_bytes, size_bytes, digest } in self.parts {
            let file = file.clone();
            locations.insert(digest, Location::Part { file, stat, offset_bytes, size_bytes });
        }
        self.tree
    }
}

/// What stands for a file's digest until it is hashed.
fn mark(offset_bytes: u64) -> Digest {
    Digest::of(offset_bytes.to_le_bytes())
}

/// The tree with the digests of its files in the place of their marks.
fn with_digests(tree: &Tree, parts: &[Part]) -> Result<Tree, UnpackError> {
    let digests: HashMap<_, _> =
        parts.iter().map(|part| (mark(part.offset_bytes), part.digest)).collect();
    let mut entries = tree.entries().to_vec();
    for entry in &mut entries {
        if let Node::File { digest, .. } = &mut entry.node {
            *digest = digests.get(digest).copied().unwrap_or(*digest);
        }
    }
    let listed = Tree::from_entries(entries);
    listed.map_err(|source| UnpackError::Archive(ArchiveError::Listing { source }))
}

fn hash_part(
    archive: &File,
    mut offset: u64,
    size_bytes: u64,
    buffer: &mut Vec<u8>,
) -> io::Result<Digest> {
    let end = offset + size_bytes;
    buffer.resize(BUFFER_BYTES, 0);
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

/// Remembers where files lie, and reads none of them.
#[derive(Default)]
struct Offsets {
    parts: Vec<(u64, u64)>,
}

impl Sink for Offsets {
    fn file(
        &mut self,
        _: &EntryPath,
        size_bytes: u64,
        offset_bytes: Option<u64>,
        _: &mut dyn Read,
    ) -> io::Result<Digest> {
        let offset = offset_bytes.ok_or_else(|| io::Error::other("a plain tar has offsets"))?;
        self.parts.push((offset, size_bytes));
        Ok(mark(offset))
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
