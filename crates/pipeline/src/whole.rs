//! Files outside the store that are seen whole or not at all.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Writes a file aside, in its own folder, and renames it over the old one.
///
/// `before` and `after` are the failpoints around the rename.
pub(crate) fn write(path: &Path, bytes: &[u8], before: &'static str, after: &'static str) -> io::Result<()> {
    write_with(path, before, after, |file| file.write_all(bytes))
}

/// The same for content that is written piece by piece.
pub(crate) fn write_with(
    path: &Path,
    before: &'static str,
    after: &'static str,
    content: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    let mut file = tempfile::Builder::new().prefix(".landfall-").permissions(permissions).tempfile_in(folder)?;
    content(file.as_file_mut())?;
    file.as_file().sync_data()?;
    landfall_failpoint::hit(before);
    file.persist(path).map_err(|error| error.error)?;
    landfall_failpoint::hit(after);
    File::open(folder)?.sync_all()
}
