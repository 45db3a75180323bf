//! The served folder: it opens what is inside, and nothing that a symbolic link leads out to.

use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

/// A folder whose content may be given away.
pub(crate) struct Folder {
    /// Without a symbolic link in it, so that it can be compared.
    path: PathBuf,
    handle: OwnedFd,
}

/// What stands at a path inside the folder.
pub(crate) enum Found {
    File(File, Metadata),
    Folder,
}

impl Folder {
    /// Opens the folder that will be served.
    ///
    /// # Errors
    /// It does not exist, is no folder, or may not be entered.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let path = fs::canonicalize(path)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = rustix::fs::open(&path, flags, Mode::empty())?;
        Ok(Self { path, handle })
    }

    /// Opens what stands at `inner`, a path of plain names below the folder. Links are followed
    /// as long as they stay inside.
    ///
    /// # Errors
    /// `NotFound` for what is not there, lies outside, or is neither file nor folder; otherwise
    /// what the system said.
    pub(crate) fn find(&self, inner: &Path) -> io::Result<Found> {
        let real = fs::canonicalize(self.path.join(inner))?;
        let inner = real.strip_prefix(&self.path).map_err(|_| ErrorKind::NotFound)?;
        let file = open_beneath(&self.handle, inner)?;
        let metadata = file.metadata()?;
        match metadata.file_type() {
            kind if kind.is_file() => Ok(Found::File(file, metadata)),
            kind if kind.is_dir() => Ok(Found::Folder),
            _ => Err(ErrorKind::NotFound.into()),
        }
    }
}

/// Opens a path that has no links in it, name by name. A name that has become a link since it was
/// looked at is refused by the system, so there is no moment at which to slip one in.
fn open_beneath(handle: &OwnedFd, inner: &Path) -> io::Result<File> {
    let Some(name) = inner.file_name() else {
        return open_at(handle, OsStr::new("."), OFlags::PATH).map(File::from);
    };
    let mut parent = None;
    for outer in inner.parent().unwrap_or(Path::new("")) {
        let from = parent.as_ref().unwrap_or(handle);
        parent = Some(open_at(from, outer, OFlags::PATH | OFlags::DIRECTORY)?);
    }
    // Without waiting: opening a pipe would otherwise last until someone writes to it.
    let parent = parent.as_ref().unwrap_or(handle);
    open_at(parent, name, OFlags::RDONLY | OFlags::NONBLOCK).map(File::from)
}

fn open_at(parent: impl AsFd, name: &OsStr, flags: OFlags) -> io::Result<OwnedFd> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY;
    Ok(rustix::fs::openat(parent, name, flags, Mode::empty())?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// What a change between the check and the opening would come to: the path is taken as
    /// checked, but has a link in it.
    #[test]
    fn a_link_that_appears_after_the_check_is_refused() {
        let place = std::env::temp_dir().join(format!("myapp-folder-{}", std::process::id()));
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(place.join("www")).unwrap();
        fs::write(place.join("secret"), "secret").unwrap();
        symlink("../secret", place.join("www/file")).unwrap();
        symlink("..", place.join("www/outer")).unwrap();

        let folder = Folder::open(&place.join("www")).unwrap();
        for inner in ["file", "outer/secret"].map(Path::new) {
            // The way is real: whoever follows links arrives.
            let followed = fs::read_to_string(place.join("www").join(inner));
            assert_eq!(followed.unwrap(), "secret");
            assert!(open_beneath(&folder.handle, inner).is_err(), "{inner:?}");
            let found = folder.find(inner).err().unwrap();
            assert_eq!(found.kind(), ErrorKind::NotFound, "{inner:?}");
        }
        fs::remove_dir_all(&place).unwrap();
    }
}
