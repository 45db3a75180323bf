//! Files outside the store that are seen whole or not at all.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Writes a file aside, in its own folder, and renames it over the old one.
///
/// `before` and `after` are the failpoints around the rename. The file aside has a fixed name, so
/// that what a killed run left is taken over and never adds up. Fails where something other than a
/// file stands at the path.
pub fn write(
    path: &Path,
    bytes: &[u8],
    before: &'static str,
    after: &'static str,
) -> io::Result<()> {
    write_with(path, before, after, |file| file.write_all(bytes))
}

/// The same for content that is written piece by piece.
pub(crate) fn write_with(
    path: &Path,
    before: &'static str,
    after: &'static str,
    content: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    refuse_other_kinds(path)?;
    let aside = aside(path)?;
    let mut file = open_alone(&aside)?;
    let written = file.set_len(0).and_then(|()| content(&mut file)).and_then(|()| file.sync_data());
    if let Err(error) = written {
        let _the_first_error_counts = std::fs::remove_file(&aside);
        return Err(error);
    }
    landfall_failpoint::hit(before);
    std::fs::rename(&aside, path)?;
    landfall_failpoint::hit(after);
    File::open(folder(path))?.sync_all()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A rename would put a file in the place of a device, a pipe or a link.
fn refuse_other_kinds(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(metadata) if !metadata.is_file() => {
            Err(io::Error::other("something other than a file stands there, and is left alone"))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn aside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::other("the path names no file"))?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(".landfall");
    Ok(folder(path).join(hidden))
}

/// Opens the file aside for this process alone; another one waits until it has been renamed.
fn open_alone(aside: &Path) -> io::Result<File> {
    loop {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o644);
        let file = options.custom_flags(NO_FOLLOW).open(aside)?;
        file.lock()?;
        let (opened, there) = (file.metadata()?, aside.symlink_metadata());
        if there.is_ok_and(|there| (there.dev(), there.ino()) == (opened.dev(), opened.ino())) {
            return Ok(file);
        }
    }
}

/// `O_NOFOLLOW`: a link planted under this name is not written through.
const NO_FOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
