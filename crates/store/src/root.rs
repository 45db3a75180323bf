//! Roots: what an app's last build holds, so that it is kept.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::PathBuf;

use landfall_hashing::Digest;
use serde::{Deserialize, Serialize};

use crate::error::Tried;
use crate::layout::{ROOTS, check_name};
use crate::object::{ObjectKind, list};
use crate::temporary::{self, sync_folder};
use crate::{Store, StoreError, envelope};

pub(crate) const FORMAT: &str = "root-1";
pub(crate) const FILE: &str = "root.json";

/// Everything that one app's last build holds, listed one by one: garbage collection reads nothing
/// else to know what to keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Root {
    /// The folder that holds the app.
    pub workspace: String,
    /// The app's name.
    pub app: String,
    /// Blobs that are kept.
    pub blobs: BTreeSet<Digest>,
    /// Trees that are kept.
    pub trees: BTreeSet<Digest>,
    /// Realisations that are kept.
    pub realisations: BTreeSet<Digest>,
    /// What the builder wants to know of its last build; the store does not look into it.
    pub record: serde_json::Value,
}

impl Root {
    /// Whether this root holds an object.
    pub fn holds(&self, kind: ObjectKind, digest: &Digest) -> bool {
        self.held(kind).contains(digest)
    }

    fn held(&self, kind: ObjectKind) -> &BTreeSet<Digest> {
        match kind {
            ObjectKind::Blob => &self.blobs,
            ObjectKind::Tree => &self.trees,
            ObjectKind::Realisation => &self.realisations,
        }
    }

    /// Every object that this root holds.
    pub(crate) fn objects(&self) -> impl Iterator<Item = (ObjectKind, &Digest)> {
        ObjectKind::ALL
            .into_iter()
            .flat_map(|kind| self.held(kind).iter().map(move |digest| (kind, digest)))
    }
}

impl Store {
    /// Writes a root over the one of the same name. The same root again writes nothing.
    ///
    /// All that it holds must be there, else [`StoreError::Missing`]: a root never promises what
    /// the store does not have.
    pub fn put_root(&self, name: &str, root: &Root) -> Result<(), StoreError> {
        check_name(name)?;
        for (kind, digest) in root.objects() {
            let missing = StoreError::Missing { kind, digest: *digest };
            self.use_object(kind, digest).ok_or(missing)?;
        }
        let path = self.root_file(name);
        let sealed = envelope::seal(FORMAT, name, root);
        let bytes = sealed.map_err(|source| StoreError::Record { path: path.clone(), source })?;
        if fs::read(&path).is_ok_and(|present| present == bytes) {
            return Ok(());
        }
        self.write(&path, &bytes, &temporary::ROOT)
    }

    /// Reads a root; none where there is none, or none that can be read: the next
    /// [`Store::put_root`] mends it.
    pub fn root(&self, name: &str) -> Result<Option<Root>, StoreError> {
        match self.read_root(name) {
            Err(StoreError::DamagedRoot { .. }) => Ok(None),
            root => root,
        }
    }

    /// All roots, in the order of their names. Fails where one cannot be read: to take it for a
    /// root that holds nothing would lose what it holds.
    pub fn roots(&self) -> Result<Vec<(String, Root)>, StoreError> {
        let mut roots = Vec::new();
        for name in self.root_names()? {
            if let Some(root) = self.read_root(&name)? {
                roots.push((name, root));
            }
        }
        Ok(roots)
    }

    /// Removes a root with its view; gives whether there was one. What it held goes with the next
    /// garbage collection.
    pub fn remove_root(&self, name: &str) -> Result<bool, StoreError> {
        check_name(name)?;
        let (folder, scratch) = (self.root_folder(name), self.scratch_folder()?);
        landfall_failpoint::hit("root::before-rename");
        match fs::rename(&folder, scratch.path().join("root")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            outcome => outcome.tried("remove", &folder)?,
        }
        landfall_failpoint::hit("root::after-rename");
        sync_folder(folder.parent())?;
        Ok(true)
    }

    pub(crate) fn root_folder(&self, name: &str) -> PathBuf {
        self.folder().join(ROOTS).join(name)
    }

    pub(crate) fn root_file(&self, name: &str) -> PathBuf {
        self.root_folder(name).join(FILE)
    }

    /// The names of all folders that may hold a root, sorted.
    pub(crate) fn root_names(&self) -> Result<Vec<String>, StoreError> {
        let entries = list(&self.folder().join(ROOTS))?.into_iter();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| check_name(name).is_ok()).collect();
        names.sort_unstable();
        Ok(names)
    }

    pub(crate) fn read_root(&self, name: &str) -> Result<Option<Root>, StoreError> {
        check_name(name)?;
        let path = self.root_file(name);
        let bytes = match fs::read(&path) {
            Err(error) if is_absence(&error) => return Ok(None),
            bytes => bytes.tried("read", &path)?,
        };
        let root = envelope::open(FORMAT, name, &bytes);
        root.map(Some).ok_or_else(|| StoreError::DamagedRoot { name: name.into(), path })
    }
}

/// A stray file in `roots/` is no root either.
fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
