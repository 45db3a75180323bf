//! Reads zip: stored and deflated entries, zip64, data descriptors.
//!
//! A zip can be read from its front, by local headers, and from its back, by the central
//! directory, and each of the two can hide what the other shows. So the archive is taken only if
//! local headers, contents, data descriptors, central directory and end record lie side by side
//! without a byte between or before or after them, and say the same. That judgement needs every
//! field of every record, and the stable codes of what is refused. The `zip` crate gives neither:
//! it looks for a directory that could be meant, passes over bytes that no record owns, and says
//! what it finds wrong in prose. What would be left to it is a second reading of records that
//! were already read; it is the independent judge in the tests instead.

mod content;
mod end;
mod fields;
mod record;
mod time;

use std::io::{Read, Seek};

use landfall_tree::Attributes;

use crate::bytes::{Bytes, Content};
use crate::decoded::Budget;
use crate::member::{Kind, Member, Visitor};
use crate::source::{Feed, Source};
use crate::{ArchiveError, Limits, Part, Place, Problem, name};

use content::EntryBytes;
use end::Directory;
use record::Record;

/// What made an entry, where its external attributes hold a unix mode: Unix, and macOS.
const MADE_BY_UNIX: [u8; 2] = [3, 19];
/// The longest target that Linux takes.
const TARGET_LIMIT_BYTES: u64 = 4095;

/// Shows every entry of a zip to `visitor`, in the order of their contents.
pub(crate) fn read<R: Read + Seek>(
    source: &mut Source<R>,
    limits: &Limits,
    visitor: &mut dyn Visitor,
) -> Result<(), ArchiveError> {
    let directory = Directory::find(source, limits)?;
    let records = records(source, directory, limits)?;
    check_sizes(&records, source.length(), limits)?;
    let offsets = records.iter().map(|record| record.offset).chain([directory.offset]);
    if offsets.clone().next() != Some(0) {
        return Err(ambiguous(
            Place::byte(0),
            "bytes that no entry owns stand before the first entry",
        ));
    }
    for (record, next) in records.iter().zip(offsets.skip(1)) {
        entry(source, record, next, visitor)?;
    }
    Ok(())
}

/// Reads the central directory, which must end where the end records begin; in the order of the
/// local headers.
fn records<R: Read + Seek>(
    source: &mut Source<R>,
    directory: Directory,
    limits: &Limits,
) -> Result<Vec<Record>, ArchiveError> {
    let (mut records, mut offset, mut listing_bytes) = (Vec::new(), directory.offset, 0u64);
    for _ in 0..directory.entries {
        let record = Record::read(source, offset)?;
        offset = source.position();
        listing_bytes += record.name.len() as u64;
        if listing_bytes > limits.listing_bytes {
            let (place, what) = (record.place, "the bytes of all names are more than");
            return Err(ArchiveError::TooLarge { place, what, limit: limits.listing_bytes });
        }
        records.push(record);
    }
    if offset != directory.end {
        return Err(ambiguous(
            Place::byte(offset),
            "its end record counts other entries than there are",
        ));
    }
    records.sort_by_key(|record| record.offset);
    Ok(records)
}

/// Holds what the headers announce within bounds; contents are then held to the headers.
fn check_sizes(records: &[Record], packed: u64, limits: &Limits) -> Result<(), ArchiveError> {
    let mut unpacked = 0u64;
    for record in records {
        unpacked = unpacked.saturating_add(record.sums.unpacked);
        Budget::of(limits).check(packed, unpacked, &record.place)?;
    }
    Ok(())
}

/// Shows one entry, whose headers and content must reach to `next` and no further.
fn entry<R: Read + Seek>(
    source: &mut Source<R>,
    record: &Record,
    next: u64,
    visitor: &mut dyn Visitor,
) -> Result<(), ArchiveError> {
    let (start, end) = record.check_local(source)?;
    if end > next {
        return Err(ambiguous(
            record.place.clone(),
            "it overlaps another entry or the central directory",
        ));
    }
    source.go_to(start)?;
    show(source, record, visitor)?;
    record.check_gap(source, (end, next))
}

/// Shows the entry at whose content the source stands.
fn show<R: Read + Seek>(
    source: &mut Source<R>,
    record: &Record,
    visitor: &mut dyn Visitor,
) -> Result<(), ArchiveError> {
    let name = read_name(record)?;
    let mut bytes = EntryBytes::new(source.window(record.sums.packed), record);
    let kind = kind(record, &name, &mut bytes)?;
    let attributes = attributes(record, &kind)?;
    let size = match kind {
        Kind::File { size_bytes } => size_bytes,
        _ => 0,
    };
    let mut content = Content::new(&mut bytes, size, &record.place);
    match name.path.is_root() {
        true if matches!(kind, Kind::Directory) => {}
        true => return Err(entry_kind(record, "a root that is no folder")),
        false => {
            let place = record.place.clone();
            visitor.visit(Member { place, path: name.path, kind, attributes }, &mut content)?;
        }
    }
    content.finish()?;
    bytes.finish()
}

/// Names beyond ASCII must be marked as UTF-8: unmarked ones are CP437 by the specification, and
/// UTF-8 by habit. Backslashes are slashes to some.
fn read_name(record: &Record) -> Result<name::Name, ArchiveError> {
    let problem = match &record.name {
        name if name.contains(&b'\\') => Some(Problem::Backslash),
        name if !record.utf8 && !name.is_ascii() => Some(Problem::Unmarked),
        _ => None,
    };
    match problem {
        Some(problem) => Err(name::refused(Part::Name, problem, &record.place)),
        None => name::read(&record.name, &record.place),
    }
}

/// What the entry is: by its name, which must not be contradicted by its unix mode.
fn kind(
    record: &Record,
    name: &name::Name,
    bytes: &mut EntryBytes<'_>,
) -> Result<Kind, ArchiveError> {
    const TYPE: u32 = 0o170000;
    match (unix_mode(record) & TYPE, name.folder) {
        (0 | 0o040000, true) => folder(record),
        (0 | 0o100000, false) => Ok(Kind::File { size_bytes: record.sums.unpacked }),
        (0o120000, false) => Ok(Kind::Symlink { target: target(record, bytes)? }),
        (0o020000, _) => special(record, "a character device"),
        (0o060000, _) => special(record, "a block device"),
        (0o010000, _) => special(record, "a named pipe"),
        (0o140000, _) => special(record, "a socket"),
        (0o040000 | 0o100000 | 0o120000, _) => Err(ambiguous(
            record.place.clone(),
            "its name and its unix mode say that it is different things",
        )),
        _ => special(record, "an entry of an unknown type"),
    }
}

fn folder(record: &Record) -> Result<Kind, ArchiveError> {
    check_empty(record).map(|()| Kind::Directory)
}

fn special(record: &Record, kind: &'static str) -> Result<Kind, ArchiveError> {
    check_empty(record).map(|()| Kind::Special(kind))
}

fn check_empty(record: &Record) -> Result<(), ArchiveError> {
    match record.sums.unpacked {
        0 => Ok(()),
        stated => {
            let (place, what) = (record.place.clone(), "what can have no content has a size");
            Err(ArchiveError::SizeDisagrees { place, what, stated, found: 0 })
        }
    }
}

/// A symbolic link's target is its content.
fn target(record: &Record, bytes: &mut EntryBytes<'_>) -> Result<String, ArchiveError> {
    let size = record.sums.unpacked;
    if size > TARGET_LIMIT_BYTES {
        return Err(name::refused(Part::LinkTarget, Problem::TooLong, &record.place));
    }
    let mut target = vec![0; size as usize];
    bytes.fill(&mut target).map_err(|error| error.within(&record.place))?;
    name::symlink_target(&target, &record.place)
}

fn unix_mode(record: &Record) -> u32 {
    match MADE_BY_UNIX.contains(&record.made_by) {
        true => record.external >> 16,
        false => 0,
    }
}

/// Owners are root: no zip has them but in fields that few write and fewer read.
fn attributes(record: &Record, kind: &Kind) -> Result<Attributes, ArchiveError> {
    let mode = match (kind, unix_mode(record)) {
        (Kind::Symlink { .. }, _) => Attributes::SYMLINK,
        (Kind::Directory, 0) => Attributes::EXECUTABLE,
        (_, 0) => Attributes::PLAIN,
        (_, mode) => (mode & 0o7777) as u16,
    };
    let modified_seconds = Some(modified_seconds(record)?);
    Ok(Attributes { modified_seconds, ..Attributes::with_mode(mode) })
}

fn modified_seconds(record: &Record) -> Result<i64, ArchiveError> {
    let seconds = record.modified.map(i64::from).or_else(|| time::dos_seconds(record.dos_time));
    let (place, field, reason) = (record.place.clone(), "time", "is no time since 1970");
    seconds.filter(|seconds| *seconds >= 0).ok_or(ArchiveError::HeaderField {
        place,
        field,
        reason,
    })
}

fn entry_kind(record: &Record, kind: &'static str) -> ArchiveError {
    ArchiveError::EntryKind { place: record.place.clone(), kind }
}

fn ambiguous(place: Place, reason: &'static str) -> ArchiveError {
    ArchiveError::Ambiguous { place, reason }
}

fn truncated(place: Place, wanted: &'static str) -> ArchiveError {
    ArchiveError::Truncated { place, wanted }
}
