//! Where the bytes of a digest lie, for as long as this process runs.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use landfall_archive::Options;
use landfall_hashing::Digest;
use landfall_store::Store;
use landfall_tree::{Contents, MissingContent};

use crate::plain_file;
use crate::unpack::PlainTar;
use crate::verified::{Otherwise, Verified, verified_blob};

/// What tells whether a file is still the one that was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stat {
    device: u64,
    inode: u64,
    size_bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stat {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size_bytes: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl Stat {
    /// Opens a file that is still what it was.
    pub(crate) fn open(&self, path: &Path) -> io::Result<File> {
        let file = plain_file::open(path)?;
        self.check(&file)?;
        Ok(file)
    }

    /// Fails where an open file is no longer what it was.
    pub(crate) fn check(&self, file: &File) -> io::Result<()> {
        if Self::of(&file.metadata()?) == *self { Ok(()) } else { Err(Otherwise::Changed.error()) }
    }
}

/// One place.
#[derive(Debug, Clone)]
pub(crate) enum Location {
    /// A file of the workspace.
    Local { path: PathBuf, stat: Stat },
    /// A blob of the store, under its own digest.
    Blob,
    /// A part of an archive that is not compressed: of one of the workspace with its CRC-32, of one
    /// of the store without.
    Part { file: Arc<File>, offset_bytes: u64, size_bytes: u64, checksum: Option<u32> },
    /// A zstd frame in a scratch file.
    Scratch { file: Arc<File>, offset_bytes: u64, size_bytes: u64 },
    /// Bytes that were made here.
    Inline(Arc<[u8]>),
}

/// All that is known.
pub(crate) struct Locations<'a> {
    store: &'a Store,
    places: Mutex<HashMap<Digest, Location>>,
    tars: Mutex<Vec<(Options, PlainTar)>>,
}

impl<'a> Locations<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store, places: Mutex::default(), tars: Mutex::default() }
    }

    pub(crate) fn insert(&self, digest: Digest, location: Location) {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, location);
    }

    /// Keeps a plain tar that was read by these options while it was hashed as a whole.
    pub(crate) fn keep_plain_tar(&self, options: Options, tar: PlainTar) {
        self.tars.lock().unwrap_or_else(PoisonError::into_inner).push((options, tar));
    }

    /// The same again, once, for the same archive and the same options.
    pub(crate) fn take_plain_tar(&self, archive: &Digest, options: &Options) -> Option<PlainTar> {
        let mut tars = self.tars.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |(by, tar): &(Options, PlainTar)| tar.archive() == archive && by == options;
        let index = tars.iter().position(fits)?;
        Some(tars.swap_remove(index).1)
    }

    /// Whether the bytes can be had without making them anew.
    pub(crate) fn knows(&self, digest: &Digest) -> bool {
        self.get(digest).is_some() || self.store.blob_size_bytes(digest).is_some()
    }

    fn get(&self, digest: &Digest) -> Option<Location> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned()
    }
}

impl Contents for Locations<'_> {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        let location =
            self.get(digest).or_else(|| self.store.blob_size_bytes(digest).map(|_| Location::Blob));
        let reader: Box<dyn Read + Send> =
            match location.ok_or(MissingContent { digest: *digest })? {
                Location::Local { path, stat } => {
                    Box::new(Verified::new(stat.open(&path)?, *digest, Otherwise::Changed))
                }
                Location::Blob => Box::new(verified_blob(self.store, digest)?),
                Location::Part { file, offset_bytes, size_bytes, checksum } => {
                    let part = Part { file, offset_bytes, left_bytes: size_bytes };
                    Box::new(match checksum {
                        Some(checksum) => Verified::by_checksum(part, checksum),
                        None => Verified::new(part, *digest, Otherwise::Damaged),
                    })
                }
                Location::Scratch { file, offset_bytes, size_bytes } => {
                    let part = BufReader::new(Part { file, offset_bytes, left_bytes: size_bytes });
                    Box::new(zstd::stream::read::Decoder::with_buffer(part)?)
                }
                Location::Inline(bytes) => Box::new(io::Cursor::new(bytes)),
            };
        Ok(reader)
    }
}

/// A range of a file, read without moving the file's own position.
struct Part {
    file: Arc<File>,
    offset_bytes: u64,
    left_bytes: u64,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left_bytes).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.file.read_at(&mut buffer[..most], self.offset_bytes)?;
        self.offset_bytes += count as u64;
        self.left_bytes -= count as u64;
        Ok(count)
    }
}
