//! Which files and folders make a store, and the number of that agreement.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::Tried;
use crate::{StoreError, gate};

/// The file that says that a folder is a store.
pub(crate) const FORMAT_FILE: &str = "format";
/// Tells backup tools that all of this can be made again (Cache Directory Tagging Specification).
pub(crate) const CACHE_TAG_FILE: &str = "CACHEDIR.TAG";
/// The signature has to be the first 43 bytes; the rest is for people.
pub(crate) const CACHE_TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55
# This folder is a cache of Landfall: whatever is missing is made again by the next build.
# What this file means: https://bford.info/cachedir/
";
/// Scratch and files on their way to their place.
pub(crate) const TEMPORARY: &str = "tmp";
/// One file for each open store.
pub(crate) const LEASES: &str = "leases";
/// What apps hold.
pub(crate) const ROOTS: &str = "roots";
/// Stat caches.
pub(crate) const STAT_CACHES: &str = "stat";
/// What was found to be wrong.
pub(crate) const DAMAGED: &str = "damaged";

/// Every folder that an empty store has.
pub(crate) const FOLDERS: [&str; 8] =
    ["blobs/sha256", "trees", "realisations", ROOTS, STAT_CACHES, LEASES, TEMPORARY, DAMAGED];
/// Everything that may stand at the top of a store; the last comes with every fresh ext4.
const TOP: [&str; 12] = [
    "blobs",
    "trees",
    "realisations",
    ROOTS,
    STAT_CACHES,
    LEASES,
    TEMPORARY,
    DAMAGED,
    FORMAT_FILE,
    CACHE_TAG_FILE,
    gate::FILE,
    "lost+found",
];

const FORMAT_NAME: &str = "landfall-store ";
const FORMAT_NUMBER: u64 = 1;
/// No format file of ours is longer.
const FORMAT_LIMIT_BYTES: u64 = 64;

/// The text of the file `format`.
pub(crate) fn format_text() -> String {
    format!("{FORMAT_NAME}{FORMAT_NUMBER}\n")
}

/// Whether a folder is a store of a format that this version knows; an error where it is one that
/// this version cannot use.
pub(crate) fn is_store(folder: &Path) -> Result<bool, StoreError> {
    let path = folder.join(FORMAT_FILE);
    let text = match read_start(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        text => text.tried("read", &path)?,
    };
    let number = text.strip_prefix(FORMAT_NAME).and_then(|rest| rest.strip_suffix('\n'));
    match number.and_then(|number| number.parse().ok()) {
        Some(FORMAT_NUMBER) => Ok(true),
        Some(found) if found > FORMAT_NUMBER => {
            Err(StoreError::Newer { folder: folder.into(), found, known: FORMAT_NUMBER })
        }
        _ => Err(StoreError::Format { path }),
    }
}

fn read_start(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(
        &mut io::Read::take(fs::File::open(path)?, FORMAT_LIMIT_BYTES),
        &mut bytes,
    )?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Refuses a folder that holds what no store holds: `--store` may have been given a wrong path.
/// A store whose making was cut short holds only what a store holds, and passes.
pub(crate) fn refuse_foreign(folder: &Path) -> Result<(), StoreError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.tried("list", folder)?,
    };
    for entry in entries {
        let name = entry.tried("list", folder)?.file_name();
        if !TOP.iter().any(|known| name == *known) {
            let entry = name.to_string_lossy().into_owned();
            return Err(StoreError::Foreign { folder: folder.into(), entry });
        }
    }
    Ok(())
}

/// Refuses a name that could not stand for a folder or a file of its own.
pub(crate) fn check_name(name: &str) -> Result<(), StoreError> {
    const LIMIT_BYTES: usize = 200;
    let letters = !name.contains(|letter: char| letter == '/' || letter.is_control());
    if (1..=LIMIT_BYTES).contains(&name.len()) && !name.starts_with('.') && letters {
        return Ok(());
    }
    Err(StoreError::Name { name: name.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_names_every_folder() {
        for folder in FOLDERS {
            let first = folder.split('/').next().unwrap();
            assert!(TOP.contains(&first), "{folder}");
        }
    }

    #[test]
    fn a_name_is_one_harmless_component() {
        let long = "x".repeat(201);
        for name in ["", ".", "..", ".hidden", "a/b", "a\nb", "a\0b", &long] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
        for name in ["myapp", "a b", "é", "a.b", &long[1..]] {
            assert!(check_name(name).is_ok(), "{name:?}");
        }
    }
}
