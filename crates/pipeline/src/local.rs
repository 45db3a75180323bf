//! Files and folders of the workspace as trees.
//!
//! Only what the user means counts: names, bytes, links, and whether a file can be executed; never
//! owner, time, other permission bits, or the order of a folder. No link is followed.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use landfall_hashing::{Digest, Hasher};
use landfall_store::{StatCache, Store, StoreError};
use landfall_tree::{Attributes, Entry, EntryPath, Node, PathError, Tree};
use rayon::prelude::*;

use crate::locations::{Location, Locations, Stat};
use crate::{Session, plain_file};

/// Hashes local files, remembering by their stat what they were.
pub(crate) struct LocalFiles<'store> {
    cache: StatCache<'store>,
    paranoid: bool,
    learnt: Mutex<BTreeMap<PathBuf, (Stat, Digest)>>,
}

/// The files of a session's workspace.
pub(crate) fn local_files<'a>(session: &'a Session<'_>) -> Result<LocalFiles<'a>, StoreError> {
    LocalFiles::new(&session.store, &session.workspace_key(), session.strictness.paranoid)
}

/// A file that was found and has to be hashed.
struct Found {
    path: EntryPath,
    place: PathBuf,
    metadata: Metadata,
}

impl<'store> LocalFiles<'store> {
    /// `name` tells the caches of different workspaces apart.
    pub(crate) fn new(
        store: &'store Store,
        name: &str,
        paranoid: bool,
    ) -> Result<Self, StoreError> {
        Ok(Self { cache: StatCache::load(store, name)?, paranoid, learnt: Mutex::default() })
    }

    /// Keeps what was learnt; a cache that cannot be written costs time and nothing else.
    pub(crate) fn save(self) {
        let _only_a_cache = self.cache.save();
    }

    /// The tree at `path` below `folder`.
    pub(crate) fn tree(
        &self,
        folder: &Path,
        path: &EntryPath,
        locations: &Locations,
    ) -> Result<Tree, LocalError> {
        check_parents(folder, path)?;
        let place = folder.join(path.as_str());
        let metadata =
            place.symlink_metadata().map_err(|source| LocalError::read(&place, source))?;
        let mut walk = Walk { entries: Vec::new(), files: Vec::new() };
        walk.visit(EntryPath::root(), place, metadata)?;
        let Walk { mut entries, files } = walk;
        let hashed: Result<Vec<_>, _> =
            files.par_iter().map(|file| self.file_entry(file, locations)).collect();
        entries.extend(hashed?);
        Tree::from_entries(entries)
            .map_err(|source| LocalError::Listing { place: folder.join(path.as_str()), source })
    }

    /// The tree of listed files and links of a folder, which nobody reads again from here.
    pub(crate) fn listed(&self, folder: &Path, paths: &[EntryPath]) -> Result<Tree, LocalError> {
        let mut walk = Walk { entries: Vec::new(), files: Vec::new() };
        for path in paths {
            let place = folder.join(path.as_str());
            let metadata =
                place.symlink_metadata().map_err(|source| LocalError::read(&place, source))?;
            walk.visit(path.clone(), place, metadata)?;
        }
        let Walk { mut entries, files } = walk;
        let hashed: Result<Vec<_>, _> =
            files.par_iter().map(|file| self.hashed_entry(file)).collect();
        entries.extend(hashed?);
        Tree::from_entries(entries)
            .map_err(|source| LocalError::Listing { place: folder.into(), source })
    }

    /// Takes the digest of a file that was read for something else, too. `metadata` is from before
    /// it was read.
    pub(crate) fn learn(&self, place: &Path, metadata: &Metadata, digest: &Digest) {
        self.cache.insert(place, metadata, digest);
        let mut learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        learnt.insert(place.into(), (Stat::of(metadata), *digest));
    }

    fn learnt(&self, place: &Path, metadata: &Metadata) -> Option<Digest> {
        let learnt = self.learnt.lock().unwrap_or_else(PoisonError::into_inner);
        let (stat, digest) = learnt.get(place)?;
        (*stat == Stat::of(metadata)).then_some(*digest)
    }

    /// Whether a file's digest is known without reading it.
    pub(crate) fn vouches(&self, place: &Path) -> bool {
        let metadata = place.symlink_metadata();
        !self.paranoid && metadata.is_ok_and(|metadata| self.cache.get(place, &metadata).is_some())
    }

    fn file_entry(&self, file: &Found, locations: &Locations) -> Result<Entry, LocalError> {
        let entry = self.hashed_entry(file)?;
        if let Node::File { digest, .. } = entry.node {
            let (path, stat) = (file.place.clone(), Stat::of(&file.metadata));
            locations.insert(digest, Location::Local { path, stat });
        }
        Ok(entry)
    }

    fn hashed_entry(&self, file: &Found) -> Result<Entry, LocalError> {
        let Found { path, place, metadata } = file;
        let digest = self.digest(place, metadata)?;
        let executable = metadata.permissions().mode() & 0o111 != 0;
        let mode = if executable { Attributes::EXECUTABLE } else { Attributes::PLAIN };
        let node = Node::File { size_bytes: metadata.len(), digest };
        Ok(Entry { path: path.clone(), node, attributes: Attributes::with_mode(mode) })
    }

    fn digest(&self, place: &Path, metadata: &Metadata) -> Result<Digest, LocalError> {
        let cached = || if self.paranoid { None } else { self.cache.get(place, metadata) };
        if let Some(digest) = self.learnt(place, metadata).or_else(cached) {
            return Ok(digest);
        }
        let digest = hash(place, metadata)?;
        self.cache.insert(place, metadata, &digest);
        Ok(digest)
    }
}

struct Walk {
    entries: Vec<Entry>,
    files: Vec<Found>,
}

impl Walk {
    fn visit(
        &mut self,
        path: EntryPath,
        place: PathBuf,
        metadata: Metadata,
    ) -> Result<(), LocalError> {
        let kind = metadata.file_type();
        if kind.is_file() {
            self.files.push(Found { path, place, metadata });
            return Ok(());
        }
        let (node, mode) = if kind.is_symlink() {
            (Node::Symlink { target: link_target(&place)? }, Attributes::SYMLINK)
        } else if kind.is_dir() {
            self.visit_folder(&path, &place)?;
            (Node::Directory, Attributes::EXECUTABLE)
        } else {
            return Err(LocalError::Kind { place, kind: "a socket, pipe or device" });
        };
        self.entries.push(Entry { path, node, attributes: Attributes::with_mode(mode) });
        Ok(())
    }

    fn visit_folder(&mut self, path: &EntryPath, place: &Path) -> Result<(), LocalError> {
        let read = |source| LocalError::read(place, source);
        for entry in std::fs::read_dir(place).map_err(read)? {
            let entry = entry.map_err(read)?;
            let name = entry.file_name();
            let text = name.to_str().ok_or_else(|| LocalError::Encoding { place: entry.path() })?;
            let named =
                text.parse().map_err(|source| LocalError::Path { place: entry.path(), source });
            let metadata =
                entry.metadata().map_err(|source| LocalError::read(&entry.path(), source))?;
            self.visit(path.join(&named?), entry.path(), metadata)?;
        }
        Ok(())
    }
}

/// The folders on the way must be folders: a link there could lead out of the app.
fn check_parents(folder: &Path, path: &EntryPath) -> Result<(), LocalError> {
    for parent in path.ancestors().filter(|parent| !parent.is_root()) {
        let place = folder.join(parent.as_str());
        let metadata =
            place.symlink_metadata().map_err(|source| LocalError::read(&place, source))?;
        if !metadata.is_dir() {
            return Err(LocalError::Kind { place, kind: "no folder but a link or a file" });
        }
    }
    Ok(())
}

fn link_target(place: &Path) -> Result<String, LocalError> {
    let target = std::fs::read_link(place).map_err(|source| LocalError::read(place, source))?;
    target.into_os_string().into_string().map_err(|_| LocalError::Encoding { place: place.into() })
}

/// Hashes a file, and refuses one that changes meanwhile.
fn hash(place: &Path, metadata: &Metadata) -> Result<Digest, LocalError> {
    let read = |source| LocalError::read(place, source);
    let mut file = plain_file::open(place).map_err(read)?;
    let opened = file.metadata().map_err(read)?;
    let (mut hasher, mut size_bytes) = (Hasher::new(), 0);
    let mut buffer = vec![0; buffer_bytes(metadata.len())];
    loop {
        let count = file.read(&mut buffer).map_err(read)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
        size_bytes += count as u64;
    }
    let after = file.metadata().map_err(read)?;
    let steady = Stat::of(metadata) == Stat::of(&opened) && Stat::of(&opened) == Stat::of(&after);
    if !steady || size_bytes != metadata.size() {
        return Err(LocalError::Changed { place: place.into() });
    }
    Ok(hasher.finish())
}

fn buffer_bytes(size_bytes: u64) -> usize {
    usize::try_from(size_bytes + 1).unwrap_or(usize::MAX).clamp(1 << 9, 1 << 18)
}

/// Why a file of the workspace cannot be part of an image.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LocalError {
    #[error("`{}` cannot be read: {source}", place.display())]
    Read { place: PathBuf, source: io::Error },
    #[error("`{}` is {kind}, which no image can hold here", place.display())]
    Kind { place: PathBuf, kind: &'static str },
    #[error("the name of `{}`, or where it links to, is not UTF-8", place.display())]
    Encoding { place: PathBuf },
    #[error("`{}` cannot be in an image: {source}", place.display())]
    Path { place: PathBuf, source: PathError },
    #[error("`{}` changed while it was read", place.display())]
    Changed { place: PathBuf },
    #[error("`{}` cannot be in an image: {source}", place.display())]
    Listing { place: PathBuf, source: landfall_tree::ListingError },
}

impl LocalError {
    fn read(place: &Path, source: io::Error) -> Self {
        Self::Read { place: place.into(), source }
    }

    /// What to do about it.
    pub(crate) fn help(&self) -> &'static str {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "paths are relative to the app's folder, the one that holds app.toml"
            }
            Self::Read { .. } => "make it readable, or leave it out",
            Self::Kind { .. }
            | Self::Encoding { .. }
            | Self::Path { .. }
            | Self::Listing { .. } => "move or rename it, or point to a folder without it",
            Self::Changed { .. } => "build again once nothing writes to it",
        }
    }
}
