//! A new folder of the workspace that is seen whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Writes a folder with its files, by paths inside it: aside, in the same folder, then renamed.
///
/// The folder aside has a fixed name, so that what a killed run left is removed by the next one.
/// Fails where something other than an empty folder stands at the path.
pub fn write(folder: &Path, files: &[(&str, &str)]) -> io::Result<()> {
    let aside = aside(folder)?;
    remove_left_over(&aside)?;
    let placed = fill(&aside, files).and_then(|()| place(&aside, folder));
    if placed.is_err() {
        let _the_first_error_counts = fs::remove_dir_all(&aside);
    }
    placed
}

fn aside(folder: &Path) -> io::Result<PathBuf> {
    let name = folder.file_name().ok_or_else(|| io::Error::other("the path names no folder"))?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(".landfall");
    Ok(folder.with_file_name(hidden))
}

/// A link that was planted under this name goes, and not what it names.
fn remove_left_over(aside: &Path) -> io::Result<()> {
    match fs::remove_dir_all(aside) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn fill(aside: &Path, files: &[(&str, &str)]) -> io::Result<()> {
    for (path, text) in files {
        let path = aside.join(path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let mut file = File::create_new(&path)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
    }
    Ok(())
}

fn place(aside: &Path, folder: &Path) -> io::Result<()> {
    landfall_failpoint::hit("init::before-app-rename");
    fs::rename(aside, folder)?;
    landfall_failpoint::hit("init::after-app-rename");
    folder.parent().map_or(Ok(()), |parent| File::open(parent)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 2] = [("a", "1"), ("b/c", "2")];

    #[test]
    fn what_a_killed_run_left_is_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let left = parent.path().join(".x.landfall");
        fs::create_dir_all(left.join("b")).unwrap();
        fs::write(left.join("b/stale"), "").unwrap();
        write(&parent.path().join("x"), &FILES).unwrap();
        assert_eq!(names(parent.path()), ["x"]);
        assert_eq!(names(&parent.path().join("x")), ["a", "b"]);
        assert_eq!(names(&parent.path().join("x/b")), ["c"]);
    }

    #[test]
    fn a_planted_link_is_not_followed() {
        let parent = tempfile::tempdir().unwrap();
        let theirs = parent.path().join("theirs");
        fs::create_dir(&theirs).unwrap();
        fs::write(theirs.join("kept"), "").unwrap();
        std::os::unix::fs::symlink(&theirs, parent.path().join(".x.landfall")).unwrap();
        write(&parent.path().join("x"), &FILES).unwrap();
        assert_eq!(names(parent.path()), ["theirs", "x"]);
        assert_eq!(names(&theirs), ["kept"]);
    }

    #[test]
    fn a_failure_leaves_nothing_and_takes_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("x");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("theirs"), "").unwrap();
        assert!(write(&folder, &FILES).is_err());
        assert!(write(&parent.path().join("y"), &[("a", "1"), ("a/b", "2")]).is_err());
        assert_eq!(names(parent.path()), ["x"]);
        assert_eq!(names(&folder), ["theirs"]);
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}
