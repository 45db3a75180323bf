//! Objects: files named by a digest, below a folder of the digest's first two characters.

use std::fmt;
use std::fs::{self, DirEntry, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use landfall_hashing::Digest;

use crate::error::Tried;
use crate::moment::Moment;
use crate::temporary::Passage;
use crate::{Store, StoreError};

/// What a store keeps by digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ObjectKind {
    /// Bytes, by their own digest.
    Blob,
    /// The listing of a tree, by the tree's hash, which is the digest of its bytes.
    Tree,
    /// A record of what a derivation led to, by the derivation's id.
    Realisation,
}

impl ObjectKind {
    /// All kinds, those first that refer to others: removed in this order nothing dangles for long.
    pub(crate) const ALL: [Self; 3] = [Self::Realisation, Self::Tree, Self::Blob];

    fn folder(self) -> &'static str {
        match self {
            Self::Blob => "blobs/sha256",
            Self::Tree => "trees",
            Self::Realisation => "realisations",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Blob => "blob",
            Self::Tree => "tree",
            Self::Realisation => "realisation",
        })
    }
}

/// What stands in the folder of one kind.
pub(crate) struct Inventory {
    /// In the order of digests.
    pub objects: Vec<Object>,
    /// Files and folders that have no business there.
    pub foreign: Vec<PathBuf>,
}

/// A path that is an object's.
pub(crate) struct Object {
    /// By its name.
    pub digest: Digest,
    /// Where it stands.
    pub path: PathBuf,
    /// Of what stands there, which need not be a file.
    pub metadata: Metadata,
}

impl Store {
    pub(crate) fn object_path(&self, kind: ObjectKind, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.folder().join(kind.folder()).join(&hex[..2]).join(hex)
    }

    /// Marks an object as used and gives its metadata; none where there is no such file.
    ///
    /// Everything that is read or counted on goes through here first: after it, no garbage
    /// collection removes the object while this store is open.
    pub(crate) fn use_object(&self, kind: ObjectKind, digest: &Digest) -> Option<Metadata> {
        let path = self.object_path(kind, digest);
        let Ok(writer) = self.writer() else { return file_metadata(&path) };
        let _held = writer.shared().ok()?;
        let metadata = file_metadata(&path)?;
        if Moment::of(&metadata) < writer.lease.start {
            // Refused only where the file is another user's, which is no supported store: read on.
            let _ = writer.lease.start.set_at(&path);
        }
        Some(metadata)
    }

    /// Opens an object; none where it is not there.
    pub(crate) fn open_object(
        &self,
        kind: ObjectKind,
        digest: &Digest,
    ) -> Result<Option<(File, Metadata)>, StoreError> {
        if self.use_object(kind, digest).is_none() {
            return Ok(None);
        }
        let path = self.object_path(kind, digest);
        let opened =
            File::open(&path).and_then(|file| file.metadata().map(|metadata| (file, metadata)));
        match opened {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            opened => opened.map(Some).tried("read", &path),
        }
    }

    /// Writes an object that is not there yet; one of the same length is taken for the same.
    pub(crate) fn put_object(
        &self,
        kind: ObjectKind,
        digest: &Digest,
        bytes: &[u8],
        passage: &Passage,
    ) -> Result<(), StoreError> {
        let present = self.use_object(kind, digest);
        if present.is_some_and(|metadata| metadata.len() == bytes.len() as u64) {
            return Ok(());
        }
        self.write(&self.object_path(kind, digest), bytes, passage)
    }

    /// Lists all objects of a kind as they stand now; others may come and go meanwhile.
    pub(crate) fn inventory(&self, kind: ObjectKind) -> Result<Inventory, StoreError> {
        let base = self.folder().join(kind.folder());
        let mut inventory = Inventory { objects: Vec::new(), foreign: Vec::new() };
        for group in list(&base)? {
            if is_group(&group) {
                inventory.add_group(&group.path())?;
            } else {
                inventory.foreign.push(group.path());
            }
        }
        inventory.objects.sort_unstable_by_key(|object| object.digest);
        inventory.foreign.sort_unstable();
        Ok(inventory)
    }
}

impl Inventory {
    fn add_group(&mut self, group: &Path) -> Result<(), StoreError> {
        for entry in list(group)? {
            let path = entry.path();
            let Some(digest) = digest_of(&path) else {
                self.foreign.push(path);
                continue;
            };
            match entry.metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                metadata => self.objects.push(Object {
                    digest,
                    metadata: metadata.tried("read", &path)?,
                    path,
                }),
            }
        }
        Ok(())
    }
}

/// Two hexadecimal characters, and a folder.
fn is_group(entry: &DirEntry) -> bool {
    let hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let name = entry.file_name();
    name.len() == 2
        && name.as_encoded_bytes().iter().all(hex)
        && entry.file_type().is_ok_and(|file_type| file_type.is_dir())
}

/// The digest that a path stands for, if it stands in the right group.
fn digest_of(path: &Path) -> Option<Digest> {
    let name = path.file_name()?.to_str()?;
    let group = path.parent()?.file_name()?.to_str()?;
    Digest::from_hex(name).ok().filter(|_| name.starts_with(group))
}

/// The entries of a folder; none where there is no folder.
pub(crate) fn list(folder: &Path) -> Result<Vec<DirEntry>, StoreError> {
    use io::ErrorKind::{NotADirectory, NotFound};
    match fs::read_dir(folder).and_then(Iterator::collect) {
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(Vec::new()),
        entries => entries.tried("list", folder),
    }
}

/// The metadata of a regular file; a link is none.
fn file_metadata(path: &Path) -> Option<Metadata> {
    fs::symlink_metadata(path).ok().filter(Metadata::is_file)
}
