//! A file that others see whole or not at all.

use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::RigError;

/// Writes a file aside and gives it its name, with the folders above it.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), RigError> {
    let failed = |source| RigError::File { path: path.into(), source };
    let aside = aside(path);
    path.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    fs::write(&aside, text).map_err(failed)?;
    fs::rename(&aside, path).map_err(failed)
}

/// Removes a file, if it is there, and what a write that was ended in the middle left beside it.
pub(crate) fn remove(path: &Path) -> Result<(), RigError> {
    for path in [&aside(path), path] {
        match fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed.map_err(|source| RigError::File { path: path.into(), source })?,
        }
    }
    Ok(())
}

fn aside(path: &Path) -> PathBuf {
    path.with_added_extension("new")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_and_removed_with_what_was_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.toml");
        remove(&path).unwrap();
        write(&path, "one").unwrap();
        write(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        fs::write(folder.path().join("a/b.toml.new"), "ha").unwrap();
        remove(&path).unwrap();
        assert_eq!(fs::read_dir(folder.path().join("a")).unwrap().count(), 0);
    }
}
