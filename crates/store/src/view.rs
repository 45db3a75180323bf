//! A root's image as an OCI layout (image-spec, image-layout.md), for tools that read one.
//!
//! Blobs are hard links to those of the store, so a view costs no space. It is built aside and
//! swapped in by one rename. A tool that is reading the old one meanwhile loses sight of it, which
//! happens only when the image changed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use landfall_hashing::Digest;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::error::Tried;
use crate::layout::check_name;
use crate::object::{ObjectKind, list};
use crate::temporary::{make_folder_of, sync_folder};
use crate::{Store, StoreError};

/// The folder below a root's.
pub(crate) const FOLDER: &str = "oci";
/// Where a layout has its blobs.
pub(crate) const BLOBS: &str = "blobs/sha256";
const LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;
const LAYOUT_FILE: &str = "oci-layout";
const INDEX_FILE: &str = "index.json";
/// The failpoint at which there is no view.
const BETWEEN_RENAMES: &str = "view::between-renames";

impl Store {
    /// Makes `roots/NAME/oci` an OCI layout with this index and these blobs; gives its path. Where
    /// it is that already, nothing is written. Write the root first: a view alone holds nothing.
    ///
    /// Fails with [`StoreError::Missing`] where a blob is not in the store.
    pub fn write_view(
        &self,
        root_name: &str,
        index_json: &[u8],
        blobs: &[Digest],
    ) -> Result<PathBuf, StoreError> {
        check_name(root_name)?;
        let view = self.root_folder(root_name).join(FOLDER);
        let blobs: BTreeSet<_> = blobs.iter().copied().collect();
        if !self.is_view(&view, index_json, &blobs)? {
            let scratch = self.scratch_folder()?;
            let new = scratch.path().join(FOLDER);
            self.build_view(&new, index_json, &blobs)?;
            self.swap(&new, &view)?;
            sync_folder(view.parent())?;
        }
        Ok(view)
    }

    fn is_view(
        &self,
        view: &Path,
        index_json: &[u8],
        blobs: &BTreeSet<Digest>,
    ) -> Result<bool, StoreError> {
        let same = |name: &str, wanted: &[u8]| {
            fs::read(view.join(name)).is_ok_and(|bytes| bytes == wanted)
        };
        if !same(LAYOUT_FILE, LAYOUT) || !same(INDEX_FILE, index_json) {
            return Ok(false);
        }
        let folder = view.join(BLOBS);
        if list(&folder)?.len() != blobs.len() {
            return Ok(false);
        }
        let in_view = |digest: &Digest| fs::symlink_metadata(folder.join(digest.hex())).ok();
        let whole = |digest: &Digest| {
            let size_bytes = self.blob_size_bytes(digest);
            size_bytes.is_some() && size_bytes == in_view(digest).map(|metadata| metadata.len())
        };
        Ok(blobs.iter().all(whole))
    }

    fn build_view(
        &self,
        new: &Path,
        index_json: &[u8],
        blobs: &BTreeSet<Digest>,
    ) -> Result<(), StoreError> {
        let folder = new.join(BLOBS);
        fs::create_dir_all(&folder).tried("make the folder", &folder)?;
        for digest in blobs {
            self.link_blob(digest, &folder.join(digest.hex()))?;
        }
        write_durably(&new.join(LAYOUT_FILE), LAYOUT)?;
        write_durably(&new.join(INDEX_FILE), index_json)?;
        [Some(folder.as_path()), folder.parent(), Some(new)].into_iter().try_for_each(sync_folder)
    }

    /// Links a blob, or copies it where a link is refused: another owner, too many links, or a file
    /// system without links.
    fn link_blob(&self, digest: &Digest, to: &Path) -> Result<(), StoreError> {
        let missing = StoreError::Missing { kind: ObjectKind::Blob, digest: *digest };
        self.blob_size_bytes(digest).ok_or(missing)?;
        let from = self.blob_path(digest);
        if fs::hard_link(&from, to).is_ok() {
            return Ok(());
        }
        fs::copy(&from, to).and_then(|_| File::open(to)?.sync_data()).tried("copy a blob to", to)
    }

    /// Puts the new view where the old one is, which comes to where the new one was.
    fn swap(&self, new: &Path, view: &Path) -> Result<(), StoreError> {
        make_folder_of(view)?;
        landfall_failpoint::hit("view::before-rename");
        match exchange(new, view) {
            Err(Errno::NOENT | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                self.replace(new, view)?
            }
            outcome => outcome.tried("replace", view)?,
        }
        landfall_failpoint::hit("view::after-rename");
        Ok(())
    }

    /// The way where there is no view yet, and of file systems that cannot exchange. Between the
    /// two renames of the latter there is no view; the next build sees that and makes it.
    fn replace(&self, new: &Path, view: &Path) -> Result<(), StoreError> {
        // Another process may put its view there between our renames: then another turn is needed.
        loop {
            match fs::rename(new, view) {
                Err(error) if is_occupied(&error) => {}
                outcome => return outcome.tried("replace", view),
            }
            let aside = self.scratch_folder()?;
            match fs::rename(view, aside.path().join(FOLDER)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                outcome => outcome.tried("replace", view)?,
            }
            landfall_failpoint::hit(BETWEEN_RENAMES);
        }
    }
}

/// Fails with [`Errno::NOSYS`], too, where a test lets the process die on the way of file systems
/// that cannot exchange.
fn exchange(new: &Path, view: &Path) -> Result<(), Errno> {
    if landfall_failpoint::is_armed(BETWEEN_RENAMES) {
        return Err(Errno::NOSYS);
    }
    renameat_with(CWD, new, CWD, view, RenameFlags::EXCHANGE)
}

fn is_occupied(error: &io::Error) -> bool {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, NotADirectory};
    matches!(error.kind(), AlreadyExists | DirectoryNotEmpty | NotADirectory)
}

fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    fs::write(path, bytes).and_then(|()| File::open(path)?.sync_data()).tried("write", path)
}
