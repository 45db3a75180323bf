//! PAX extended headers (POSIX.1-2017 pax, "pax Extended Header").
//!
//! A record is read by its own length, never by line: values hold newlines, and a reader by lines
//! takes an attribute's bytes for a path or loses a size (CVE-2025-62518, RUSTSEC-2026-0112). A
//! record that is not exactly as it should be refuses the archive, since readers that skip one
//! and readers that stop there go on differently (CVE-2026-32766).

use std::collections::{BTreeMap, BTreeSet};

use crate::{ArchiveError, Place};

use super::header::field;
use super::number;

const EXTENDED: &str = "SCHILY.xattr.";

/// What one extended header says of the entry that follows; an empty value says nothing.
#[derive(Default)]
pub(crate) struct Records {
    pub path: Option<Vec<u8>>,
    pub link: Option<Vec<u8>>,
    pub size: Option<u64>,
    pub user_id: Option<u64>,
    pub group_id: Option<u64>,
    pub modified: Option<u64>,
    /// Those that may go into an image.
    pub extended: BTreeMap<String, Vec<u8>>,
}

impl Records {
    /// Reads the header of one entry.
    pub(crate) fn read(body: &[u8], place: &Place) -> Result<Self, ArchiveError> {
        let mut records = Self::default();
        let mut seen = BTreeSet::new();
        for record in split(body) {
            let (key, value) = record.map_err(|reason| malformed(place, reason))?;
            if !seen.insert(key) {
                let reason = "its PAX header has one key twice";
                return Err(ArchiveError::Ambiguous { place: place.clone(), reason });
            }
            records.apply(key, value, place)?;
        }
        Ok(records)
    }

    fn apply(&mut self, key: &str, value: &[u8], place: &Place) -> Result<(), ArchiveError> {
        let text = (!value.is_empty()).then(|| value.to_vec());
        match key {
            "path" => self.path = text,
            "linkpath" => self.link = text,
            "size" => self.size = value_of(number::decimal, value, "size", place)?,
            "uid" => self.user_id = value_of(number::decimal, value, "uid", place)?,
            "gid" => self.group_id = value_of(number::decimal, value, "gid", place)?,
            "mtime" => self.modified = value_of(number::seconds, value, "mtime", place)?,
            "hdrcharset" => check_charset(value, place)?,
            _ => self.apply_vendor(key, value, place)?,
        }
        Ok(())
    }

    /// Vendors' keys change nothing, but for sparse files, whose content is not their content.
    fn apply_vendor(&mut self, key: &str, value: &[u8], place: &Place) -> Result<(), ArchiveError> {
        if key.starts_with("GNU.sparse.") || (key == "SCHILY.filetype" && value == b"sparse") {
            return Err(ArchiveError::EntryKind { place: place.clone(), kind: "a sparse file" });
        }
        match key.strip_prefix(EXTENDED) {
            Some(name) if may_stand_in_image(name) => {
                self.extended.insert(name.to_owned(), value.to_vec());
            }
            _ => {}
        }
        Ok(())
    }
}

/// Checks a global header, which speaks of all entries that follow.
///
/// Only what says nothing of them is let through: the comment of `git archive`, a character set
/// and times that are not read. A global path, size or link would give every later entry two
/// readings, as most readers know the one or the other rule for it.
pub(crate) fn check_global(body: &[u8], place: &Place) -> Result<(), ArchiveError> {
    for record in split(body) {
        let (key, value) = record.map_err(|reason| malformed(place, reason))?;
        match key {
            "comment" | "charset" | "atime" | "ctime" => {}
            "hdrcharset" => check_charset(value, place)?,
            _ => return Err(malformed(place, "a global header may hold comments alone")),
        }
    }
    Ok(())
}

/// File capabilities and users' own attributes; those of SELinux, of overlay file systems and
/// the like describe the machine that packed them.
fn may_stand_in_image(name: &str) -> bool {
    name == "security.capability"
        || (name.starts_with("user.") && !name.starts_with("user.overlay."))
}

/// The two values that POSIX defines; names are UTF-8 by either, or refused later.
fn check_charset(value: &[u8], place: &Place) -> Result<(), ArchiveError> {
    match value {
        b"" | b"BINARY" | b"ISO-IR 10646 2000 UTF-8" => Ok(()),
        _ => Err(ArchiveError::Unsupported {
            place: place.clone(),
            what: "another character set than UTF-8",
        }),
    }
}

fn value_of(
    parse: impl Fn(&[u8]) -> Option<u64>,
    value: &[u8],
    name: &'static str,
    place: &Place,
) -> Result<Option<u64>, ArchiveError> {
    if value.is_empty() {
        return Ok(None);
    }
    let reason = "is no number that can be in its PAX record";
    parse(value).map(Some).ok_or_else(|| field(place.clone(), name, reason))
}

fn malformed(place: &Place, reason: &'static str) -> ArchiveError {
    ArchiveError::PaxMalformed { place: place.clone(), reason }
}

/// The records of a body, each `LENGTH SPACE KEY = VALUE NEWLINE`; ends after the first fault.
fn split(mut body: &[u8]) -> impl Iterator<Item = Result<(&str, &[u8]), &'static str>> {
    std::iter::from_fn(move || {
        if body.is_empty() {
            return None;
        }
        let record = take(body);
        body = record.map_or(&[], |(_, rest)| rest);
        Some(record.and_then(|(record, _)| key_and_value(record)))
    })
}

/// The first record without its length and newline, and what follows it.
fn take(body: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    /// More digits than any length has.
    const DIGITS: usize = 20;
    let space = body.iter().take(DIGITS + 1).position(|byte| *byte == b' ');
    let space = space.ok_or("a record does not begin with its length and a space")?;
    let length = number::decimal(&body[..space]).and_then(|length| usize::try_from(length).ok());
    let length = length.ok_or("a record's length is no number")?;
    let record = body.get(space + 1..length).ok_or("a record's length does not fit")?;
    match record.split_last() {
        Some((b'\n', record)) => Ok((record, &body[length..])),
        _ => Err("a record does not end in a newline where its length says"),
    }
}

fn key_and_value(record: &[u8]) -> Result<(&str, &[u8]), &'static str> {
    let equals = record.iter().position(|byte| *byte == b'=').ok_or("a record has no `=`")?;
    let key = std::str::from_utf8(&record[..equals]).map_err(|_| "a key is not UTF-8")?;
    match key {
        "" => Err("a record has an empty key"),
        _ => Ok((key, &record[equals + 1..])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(body: &[u8]) -> &'static str {
        Records::read(body, &Place::default()).err().map_or("", |error| error.code())
    }

    #[test]
    fn reads_records_by_their_length() {
        let body = b"14 path=a\nb=c\n12 size=600\n19 mtime=1600000.9\n7 uid=\n32 SCHILY.xattr.user.x=\0\xff=\n6 a=\n";
        let records =
            Records::read(body, &Place::default()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(records.path.as_deref(), Some(&b"a\nb=c"[..]));
        assert_eq!(
            (records.size, records.modified, records.user_id),
            (Some(600), Some(1_600_000), None)
        );
        assert_eq!(records.extended["user.x"], b"\0\xff=\n6 a=");
    }

    #[test]
    fn drops_attributes_of_the_machine() {
        let kept = ["security.capability", "user.a", "user.overlays"];
        let dropped = [
            "security.selinux",
            "trusted.overlay.opaque",
            "user.overlay.opaque",
            "system.posix_acl_access",
        ];
        assert!(kept.into_iter().all(may_stand_in_image));
        assert!(!dropped.into_iter().any(may_stand_in_image));
    }

    #[test]
    fn refuses_whatever_is_not_exact() {
        let bodies = [
            "8 path=a\n",
            "11 path=a\n",
            "99 path=a\n",
            "+9 path=a\n",
            "-9 path=a\n",
            "9 path:a\n",
            "9\tpath=a\n",
            "9 path=a ",
            "9 path=a\n\n",
            "4 =\n",
            "3 \n",
            "2 \n",
            "1 \n",
            "0 \n",
            "\n",
            " ",
            "99999999999999999999999 a=\n",
        ];
        for body in bodies {
            assert_eq!(code(body.as_bytes()), "pax-malformed", "{body:?}");
        }
        assert_eq!(code(b"9 path=a\n9 path=b\n"), "ambiguous");
        assert_eq!(code(b"18 GNU.sparse.a=b\n"), "entry-kind");
    }
}
