//! Turns an archive into a tree, and remembers where the bytes of its files lie.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::sync::Arc;

use landfall_archive::{ArchiveError, Format, Options, Sink, unpack};
use landfall_hashing::{Digest, HashingReader};
use landfall_tree::{EntryPath, Tree};
use libdeflater::Crc;

use crate::Session;
use crate::locations::{Location, Locations};
use crate::one_reading::read_once;
use crate::verified::Otherwise;

/// Fast, because scratch lives for seconds.
const SCRATCH_LEVEL: i32 = 1;
const BUFFER_BYTES: usize = 1 << 18;

/// An archive that is opened.
pub(crate) struct Archive {
    pub(crate) file: File,
    pub(crate) format: Format,
    /// What its bytes have to be.
    pub(crate) digest: Digest,
    /// Who else may write to it.
    pub(crate) otherwise: Otherwise,
}

/// Reads a whole archive, and nothing but the bytes of its digest.
///
/// Files of a plain tar stay where they are. Files of a compressed archive go, compressed again,
/// into a scratch file of the store that has no name. A compressed archive of the workspace is
/// copied into scratch before, where nobody writes to it between its hash and its reading; one of
/// the store has to be checked by the caller.
pub(crate) fn unpack_archive(
    session: &Session<'_>,
    archive: Archive,
    options: &Options,
    locations: &Locations<'_>,
) -> Result<Tree, UnpackError> {
    let Archive { file, format, digest, otherwise } = archive;
    if format == Format::Tar {
        let tar = match locations.take_plain_tar(&digest, options) {
            Some(tar) => tar,
            None => PlainTar::read(&file, options)?,
        };
        return match tar.archive == digest {
            true => Ok(tar.leave_in_place(&Arc::new(file), otherwise, locations)),
            false => Err(UnpackError::Changed),
        };
    }
    let file = match otherwise {
        Otherwise::Changed => private_copy(session, &file, &digest)?,
        Otherwise::Damaged => file,
    };
    let mut sink = Scratch { file: Arc::new(scratch(session)?), locations };
    Ok(unpack(file, format, options, &mut sink)?)
}

fn scratch(session: &Session<'_>) -> Result<File, UnpackError> {
    session.store.scratch().map_err(|error| UnpackError::Scratch(io::Error::other(error)))
}

fn private_copy(
    session: &Session<'_>,
    archive: &File,
    digest: &Digest,
) -> Result<File, UnpackError> {
    let mut copy = BufWriter::with_capacity(BUFFER_BYTES, scratch(session)?);
    let mut hashing = HashingReader::new(archive);
    io::copy(&mut hashing, &mut copy).map_err(UnpackError::Scratch)?;
    let copy = copy.into_inner().map_err(|error| UnpackError::Scratch(error.into_error()))?;
    if hashing.finish().0 == *digest { Ok(copy) } else { Err(UnpackError::Changed) }
}

/// A tar that is not compressed, with its files hashed.
pub(crate) struct PlainTar {
    archive: Digest,
    tree: Tree,
    parts: Vec<Part>,
}

/// A file's bytes in the tar.
struct Part {
    offset_bytes: u64,
    size_bytes: u64,
    digest: Digest,
    checksum: u32,
}

impl PlainTar {
    /// Reads it once, for its own digest and for what is in it.
    pub(crate) fn read(archive: &File, options: &Options) -> Result<Self, UnpackError> {
        let mut sink = Parts { parts: Vec::new(), buffer: vec![0; BUFFER_BYTES] };
        let (tree, digest) = read_once(archive, |reading| {
            unpack(reading, Format::Tar, options, &mut sink).map_err(UnpackError::from)
        })?;
        Ok(Self { archive: digest.ok_or(UnpackError::Changed)?, tree, parts: sink.parts })
    }

    /// The digest of the whole.
    pub(crate) fn archive(&self) -> &Digest {
        &self.archive
    }

    /// Remembers where the files lie.
    fn leave_in_place(
        self,
        file: &Arc<File>,
        otherwise: Otherwise,
        locations: &Locations<'_>,
    ) -> Tree {
        for Part { offset_bytes, size_bytes, digest, checksum } in self.parts {
            let file = file.clone();
            let checksum = matches!(otherwise, Otherwise::Changed).then_some(checksum);
            locations.insert(digest, Location::Part { file, offset_bytes, size_bytes, checksum });
        }
        self.tree
    }
}

/// Hashes files, and remembers where they lie.
struct Parts {
    parts: Vec<Part>,
    buffer: Vec<u8>,
}

impl Sink for Parts {
    fn file(
        &mut self,
        _: &EntryPath,
        size_bytes: u64,
        offset_bytes: Option<u64>,
        content: &mut dyn Read,
    ) -> io::Result<Digest> {
        let offset_bytes =
            offset_bytes.ok_or_else(|| io::Error::other("a plain tar has offsets"))?;
        let mut content = HashingReader::new(content);
        let mut crc = Crc::new();
        loop {
            match content.read(&mut self.buffer)? {
                0 => break,
                count => crc.update(&self.buffer[..count]),
            }
        }
        let (digest, checksum) = (content.finish().0, crc.sum());
        self.parts.push(Part { offset_bytes, size_bytes, digest, checksum });
        Ok(digest)
    }
}

/// Why an archive gave no tree.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnpackError {
    #[error(transparent)]
    Archive(ArchiveError),
    #[error("the archive is not what was hashed")]
    Changed,
    #[error("the archive cannot be read")]
    Read(#[source] io::Error),
    #[error("the scratch file cannot be written")]
    Scratch(#[source] io::Error),
}

/// The disk's faults are none of the archive's.
impl From<ArchiveError> for UnpackError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Sink { source, .. } => Self::Scratch(source),
            ArchiveError::Read { source, .. } => Self::Read(source),
            error => Self::Archive(error),
        }
    }
}

impl From<io::Error> for UnpackError {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
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
