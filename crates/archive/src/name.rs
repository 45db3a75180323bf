//! Reads the names that archives give to entries and to what links name.

use landfall_tree::EntryPath;

use crate::{ArchiveError, Part, Place, Problem};

/// The longest target that Linux takes (PATH_MAX, with its closing NUL).
const TARGET_LIMIT_BYTES: usize = 4095;

/// An entry's name, read.
pub(crate) struct Name {
    /// Without `.` and empty components, which mean nothing; the root for `.` and `./`.
    pub path: EntryPath,
    /// Whether it is written as only a folder can be: with a slash or a dot at its end.
    pub folder: bool,
}

/// Reads an entry's name; `..` and a leading slash are refused wherever they would lead.
pub(crate) fn read(raw: &[u8], place: &Place) -> Result<Name, ArchiveError> {
    let text = text(raw, Part::Name, place)?;
    let folder = text.ends_with('/') || text.rsplit('/').next() == Some(".");
    Ok(Name { path: path(text, Part::Name, place)?, folder })
}

/// Reads what a hard link names: a path of the same archive, from its root.
pub(crate) fn hardlink_target(raw: &[u8], place: &Place) -> Result<EntryPath, ArchiveError> {
    let text = text(raw, Part::LinkTarget, place)?;
    let outside = text.starts_with('/') || text.split('/').any(|component| component == "..");
    if outside {
        let (place, target) = (place.clone(), crate::place::shorten(text));
        return Err(ArchiveError::LinkEscape { place, target });
    }
    path(text, Part::LinkTarget, place)
}

/// Reads what a symbolic link names: kept to the letter, never followed, so it may say anything.
///
/// Targets with more `..` than depth are in use; to refuse them broke images when another tool
/// did so after CVE-2026-28406.
pub(crate) fn symlink_target(raw: &[u8], place: &Place) -> Result<String, ArchiveError> {
    let text = text(raw, Part::LinkTarget, place)?;
    if text.len() > TARGET_LIMIT_BYTES {
        return Err(refused(Part::LinkTarget, Problem::TooLong, place));
    }
    Ok(text.to_owned())
}

pub(crate) fn refused(part: Part, problem: Problem, place: &Place) -> ArchiveError {
    ArchiveError::Text { place: place.clone(), part, problem }
}

fn text<'a>(raw: &'a [u8], part: Part, place: &Place) -> Result<&'a str, ArchiveError> {
    if raw.is_empty() {
        return Err(refused(part, Problem::Empty, place));
    }
    if raw.contains(&0) {
        return Err(refused(part, Problem::Nul, place));
    }
    std::str::from_utf8(raw).map_err(|_| refused(part, Problem::Encoding, place))
}

fn path(text: &str, part: Part, place: &Place) -> Result<EntryPath, ArchiveError> {
    let plain = |component: &&str| !matches!(*component, "" | ".");
    let parsed = match text.starts_with('/') {
        true => text.parse(),
        false => text.split('/').filter(plain).collect::<Vec<_>>().join("/").parse(),
    };
    parsed.map_err(|source| ArchiveError::Path { place: place.clone(), part, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<impl Sized, ArchiveError>) -> &'static str {
        result.err().map_or("", |error| error.code())
    }

    #[test]
    fn reads_names_that_mean_one_thing() {
        let cases = [
            ("a/b", "a/b", false),
            ("./a//b/./c", "a/b/c", false),
            ("a/", "a", true),
            ("a/.", "a", true),
            (".", "", true),
            ("./", "", true),
            ("...", "...", false),
        ];
        for (raw, path, folder) in cases {
            let name = read(raw.as_bytes(), &Place::default()).unwrap();
            assert_eq!((name.path.as_str(), name.folder), (path, folder), "{raw}");
        }
    }

    #[test]
    fn refuses_names_that_lead_elsewhere() {
        let place = &Place::default();
        assert_eq!(code(read(b"a/../b", place)), "path-escape");
        assert_eq!(code(read(b"//a", place)), "path-absolute");
        assert_eq!(code(read(b"a\0b", place)), "path-nul");
        assert_eq!(code(read(b"", place)), "header-field");
        assert_eq!(code(read(b"\xff", place)), "path-encoding");
        assert_eq!(code(hardlink_target(b"./../a", place)), "link-escape");
        assert_eq!(code(hardlink_target(b"/a", place)), "link-escape");
        assert_eq!(code(symlink_target(&[b'a'; 4096], place)), "path-too-long");
        assert_eq!(symlink_target(b"../../a//b/", place).unwrap(), "../../a//b/");
    }
}
