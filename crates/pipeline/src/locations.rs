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

use crate::unpack::PlainTar;
use crate::verified::{Verified, damaged, verified_blob};

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
        let file = File::open(path)?;
        self.check(&file)?;
        Ok(file)
    }

    /// Fails where an open file is no longer what it was.
    pub(crate) fn check(&self, file: &File) -> io::Result<()> {
        if Self::of(&file.metadata()?) == *self { Ok(()) } else { Err(changed()) }
    }
}

/// One place.
#[derive(Debug, Clone)]
pub(crate) enum Location {
    /// A file of the workspace.
    Local { path: PathBuf, stat: Stat },
    /// A blob of the store, under its own digest.
    Blob,
    /// A part of an archive that is not compressed. An archive of the workspace has its stat; one
    /// of the store has none, and is read as a blob is.
    Part { file: Arc<File>, stat: Option<Stat>, offset_bytes: u64, size_bytes: u64 },
    /// A zstd frame in a scratch file.
    Scratch { file: Arc<File>, offset_bytes: u64, size_bytes: u64 },
    /// Bytes that were made here.
    Inline(Arc<[u8]>),
}

/// All that is known.
pub(crate) struct Locations<'a> {
    store: &'a Store,
    places: Mutex<HashMap<Digest, Location>>,
    tars: Mutex<Vec<(Stat, Options, PlainTar)>>,
}

impl<'a> Locations<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store, places: Mutex::default(), tars: Mutex::default() }
    }

    pub(crate) fn insert(&self, digest: Digest, location: Location) {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).insert(digest, location);
    }

    /// Keeps a plain tar that was read by these options while it was hashed as a whole.
    pub(crate) fn keep_plain_tar(&self, stat: Stat, options: Options, tar: PlainTar) {
        self.tars.lock().unwrap_or_else(PoisonError::into_inner).push((stat, options, tar));
    }

    /// The same again, once, for the same unchanged file and the same options.
    pub(crate) fn take_plain_tar(&self, stat: &Stat, options: &Options) -> Option<PlainTar> {
        let mut tars = self.tars.lock().unwrap_or_else(PoisonError::into_inner);
        let index = tars.iter().position(|(known, by, _)| known == stat && by == options)?;
        Some(tars.swap_remove(index).2)
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
        let reader: Box<dyn Read + Send> = match location
            .ok_or(MissingContent { digest: *digest })?
        {
            Location::Local { path, stat } => {
                Box::new(Verified::new(stat.open(&path)?, *digest, changed))
            }
            Location::Blob => Box::new(verified_blob(self.store, digest)?),
            Location::Part { file, stat, offset_bytes, size_bytes } => {
                let part = Part { file, stat, offset_bytes, left_bytes: size_bytes };
                match stat {
                    Some(_) => Box::new(part),
                    None => Box::new(Verified::new(part, *digest, damaged)),
                }
            }
            Location::Scratch { file, offset_bytes, size_bytes } => {
                let part =
                    BufReader::new(Part { file, stat: None, offset_bytes, left_bytes: size_bytes });
                Box::new(zstd::stream::read::Decoder::with_buffer(part)?)
            }
            Location::Inline(bytes) => Box::new(io::Cursor::new(bytes)),
        };
        Ok(reader)
    }
}

fn changed() -> io::Error {
    let text = "it changed after it was hashed; build again once nothing writes to it";
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// A range of a file, read without moving the file's own position.
struct Part {
    file: Arc<File>,
    stat: Option<Stat>,
    offset_bytes: u64,
    left_bytes: u64,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left_bytes).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 && !buffer.is_empty() {
            self.stat.map_or(Ok(()), |stat| stat.check(&self.file))?;
        }
        let count = self.file.read_at(&mut buffer[..most], self.offset_bytes)?;
        self.offset_bytes += count as u64;
        self.left_bytes -= count as u64;
        Ok(count)
    }
}
