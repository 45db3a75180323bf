//! Which path of an archive is what, so that no entry is reached through another.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use landfall_tree::EntryPath;

use crate::{ArchiveError, Place};

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    Directory,
    /// A file or a hard link to it, by the number that the file has among the files.
    File(usize),
    Symlink,
    Special,
}

impl Slot {
    fn noun(self) -> &'static str {
        match self {
            Self::Directory => "a folder",
            Self::File(_) => "a file",
            Self::Symlink => "a symbolic link",
            Self::Special => "a device",
        }
    }
}

/// All paths that were named so far.
///
/// Whether an entry would be written through another is a question of texts here, and has no race
/// and no file system in it (CVE-2018-20990, CVE-2021-38511, CVE-2025-29787, CVE-2025-47290).
///
/// Keys have NUL for the slash, so that what is below a path follows it at once in their order.
/// Nothing is ever below what is no folder; so what blocks a path is the key just before its own,
/// and one look is enough, however deep an archive makes its paths.
#[derive(Default)]
pub(crate) struct Namespace {
    slots: BTreeMap<String, Slot>,
}

impl Namespace {
    /// What an entry made of a path.
    pub(crate) fn get(&self, path: &EntryPath) -> Option<Slot> {
        self.slots.get(&key(path)).copied()
    }

    /// Names a path. Only folders may be named twice; nothing may be named below what is no
    /// folder, whichever of the two comes first.
    pub(crate) fn name(
        &mut self,
        path: &EntryPath,
        slot: Slot,
        place: &Place,
    ) -> Result<(), ArchiveError> {
        let key = key(path);
        self.check_above(&key, place)?;
        if slot != Slot::Directory {
            self.check_below(&key, slot, place)?;
        }
        match self.slots.insert(key, slot) {
            Some(before) if (before, slot) != (Slot::Directory, Slot::Directory) => {
                Err(twice(place, before, slot))
            }
            _ => Ok(()),
        }
    }

    fn check_above(&self, key: &str, place: &Place) -> Result<(), ArchiveError> {
        let before = self.slots.range::<str, _>((Unbounded, Excluded(key))).next_back();
        match before {
            Some((above, slot)) if *slot != Slot::Directory && is_below(key, above) => {
                Err(through(place, above, *slot))
            }
            _ => Ok(()),
        }
    }

    fn check_below(&self, key: &str, slot: Slot, place: &Place) -> Result<(), ArchiveError> {
        let after = self.slots.range::<str, _>((Excluded(key), Unbounded)).next();
        match after {
            Some((below, _)) if is_below(below, key) => {
                let below = Place { offset_bytes: place.offset_bytes, ..Place::path(&text(below)) };
                Err(through(&below, key, slot))
            }
            _ => Ok(()),
        }
    }
}

fn key(path: &EntryPath) -> String {
    path.as_str().replace('/', "\0")
}

fn text(key: &str) -> String {
    key.replace('\0', "/")
}

fn is_below(key: &str, above: &str) -> bool {
    key.strip_prefix(above).is_some_and(|rest| rest.starts_with('\0'))
}

/// An entry below what is no folder: through a symbolic link, or in a path that is two things.
fn through(place: &Place, above: &str, slot: Slot) -> ArchiveError {
    let (place, above) = (place.clone(), crate::place::shorten(&text(above)));
    if slot == Slot::Symlink {
        return ArchiveError::ThroughLink { place, link: above };
    }
    let what = format!("`{above}` above it is {} and a folder at once", slot.noun());
    ArchiveError::Duplicate { place, what }
}

fn twice(place: &Place, before: Slot, now: Slot) -> ArchiveError {
    let what = match before.noun() == now.noun() {
        true => format!("the path comes twice, each time as {}", now.noun()),
        false => format!("the path comes twice, as {} and as {}", before.noun(), now.noun()),
    };
    ArchiveError::Duplicate { place: place.clone(), what }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_all(names: &[(&str, Slot)]) -> &'static str {
        let mut namespace = Namespace::default();
        let mut name = |(path, slot): &(&str, Slot)| {
            let path: EntryPath = path.parse().unwrap();
            namespace.name(&path, *slot, &Place::path(&path))
        };
        names.iter().try_for_each(&mut name).err().map_or("", |error| error.code())
    }

    #[test]
    fn nothing_goes_through_what_is_no_folder_in_either_order() {
        use Slot::{Directory, File, Symlink};
        assert_eq!(name_all(&[("a", Symlink), ("a/b/c", File(0))]), "path-through-link");
        assert_eq!(name_all(&[("a/b/c", File(0)), ("a", Symlink)]), "path-through-link");
        assert_eq!(name_all(&[("a", File(0)), ("a/b", File(1))]), "path-duplicate");
        assert_eq!(name_all(&[("a/b", File(1)), ("a", File(0))]), "path-duplicate");
        assert_eq!(name_all(&[("a/b", File(0)), ("a/b", Directory)]), "path-duplicate");
        assert_eq!(
            name_all(&[("a/b", File(0)), ("a/c", File(1)), ("a", Symlink)]),
            "path-through-link"
        );
        assert_eq!(
            name_all(&[("a", Symlink), ("a!", File(0)), ("a/b", File(1))]),
            "path-through-link"
        );
        assert_eq!(
            name_all(&[("a!", File(0)), ("a/b", File(1)), ("a", Symlink)]),
            "path-through-link"
        );
        let fine = [
            ("a", Directory),
            ("a/b", File(0)),
            ("a", Directory),
            ("a.d/x", File(1)),
            ("a.", Symlink),
        ];
        assert_eq!(name_all(&fine), "");
    }
}
