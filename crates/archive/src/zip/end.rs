//! The records at the end of a zip, which say where its central directory lies (APPNOTE 4.3.14
//! to 4.3.16).

use std::io::{Read, Seek};

use crate::bytes::Bytes;
use crate::source::Source;
use crate::{ArchiveError, Limits, Place};

use super::fields::Fields;
use super::{ambiguous, truncated};

const END: [u8; 4] = *b"PK\x05\x06";
const END_BYTES: usize = 22;
const COMMENT_LIMIT: u64 = u16::MAX as u64;
const WIDE_END: [u8; 4] = *b"PK\x06\x06";
const WIDE_END_BYTES: u64 = 56;
const LOCATOR: [u8; 4] = *b"PK\x06\x07";
const LOCATOR_BYTES: u64 = 20;
/// The fewest bytes of a central record.
const RECORD_BYTES: u64 = 46;

/// Where the central directory lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Directory {
    pub entries: u64,
    pub offset: u64,
    pub end: u64,
}

impl Directory {
    /// Finds the central directory by the one end record that ends where the archive ends.
    pub(super) fn find<R: Read + Seek>(
        source: &mut Source<R>,
        limits: &Limits,
    ) -> Result<Self, ArchiveError> {
        let end = EndRecord::find(source)?;
        let wide = WideEnd::find(source, &end)?;
        let (stated, directory_end) = match wide {
            None => (end.stated, end.offset),
            Some(wide) => (wide.stated, wide.offset),
        };
        stated.check(directory_end, limits)?;
        Ok(Self { entries: stated.entries, offset: stated.offset, end: directory_end })
    }
}

/// What an end record says.
#[derive(Debug, Clone, Copy)]
struct Stated {
    entries: u64,
    entries_here: u64,
    disks: (u32, u32),
    size: u64,
    offset: u64,
}

impl Stated {
    /// The directory must end where the end records begin: nothing lies between, and offsets
    /// count from the archive's first byte.
    fn check(&self, directory_end: u64, limits: &Limits) -> Result<(), ArchiveError> {
        let place = Place::byte(directory_end);
        if self.disks != (0, 0) {
            return Err(ArchiveError::Unsupported { place, what: "an archive of several disks" });
        }
        if self.entries > limits.entries {
            let (what, limit) = ("the entries are more than", limits.entries);
            return Err(ArchiveError::TooLarge { place, what, limit });
        }
        let adjacent = self.offset.checked_add(self.size) == Some(directory_end);
        let roomy = self.entries == self.entries_here && self.entries <= self.size / RECORD_BYTES;
        match (adjacent, roomy) {
            (true, true) => Ok(()),
            (false, _) => {
                Err(ambiguous(place, "its end record does not lead to its central directory"))
            }
            (_, false) => {
                Err(ambiguous(place, "its end record counts other entries than there are"))
            }
        }
    }
}

/// The end record.
struct EndRecord {
    offset: u64,
    stated: Stated,
}

impl EndRecord {
    fn find<R: Read + Seek>(source: &mut Source<R>) -> Result<Self, ArchiveError> {
        let length = source.length();
        let start = length.saturating_sub(END_BYTES as u64 + COMMENT_LIMIT);
        let tail = read_at(source, start, (length - start) as usize)?;
        let index = find_end(&tail, start)?;
        Ok(Self { offset: start + index as u64, stated: Self::read(&tail[index..]) })
    }

    fn read(record: &[u8]) -> Stated {
        let mut fields = Fields::new(record);
        let _signature = fields.u32();
        let disks = (fields.u16().into(), fields.u16().into());
        let (entries_here, entries) = (fields.u16().into(), fields.u16().into());
        let (size, offset) = (fields.u32().into(), fields.u32().into());
        Stated { entries, entries_here, disks, size, offset }
    }
}

/// Finds the record whose comment ends where the archive ends. A second one, or a comment that
/// holds another's signature, gives the archive a second content for readers that search from
/// the other side.
fn find_end(tail: &[u8], start: u64) -> Result<usize, ArchiveError> {
    let signatures: Vec<_> =
        tail.windows(4).enumerate().filter(|(_, bytes)| *bytes == END).collect();
    let comment =
        |index: usize| tail.get(index + 20..index + 22).map(|bytes| Fields::new(bytes).u16());
    let end = |index: usize| comment(index).map(|comment| index + END_BYTES + usize::from(comment));
    let found: Vec<_> =
        signatures.iter().filter(|(index, _)| end(*index) == Some(tail.len())).collect();
    let last = signatures.last().map(|(index, _)| *index);
    match found[..] {
        [] => Err(without_end(last.and_then(end), tail.len(), start)),
        [(index, _)] if Some(*index) == last => Ok(*index),
        _ => Err(ambiguous(Place::byte(start), "it has two end records")),
    }
}

fn without_end(last_end: Option<usize>, length: usize, start: u64) -> ArchiveError {
    match last_end {
        Some(end) if end < length => {
            let what = "bytes follow the end record of the zip";
            ArchiveError::TrailingData { place: Place::byte(start + end as u64), what }
        }
        _ => {
            truncated(Place::byte(start + length as u64), "its end record is missing or not whole")
        }
    }
}

/// The zip64 end record, which has the numbers that are too wide for the old one.
struct WideEnd {
    offset: u64,
    stated: Stated,
}

impl WideEnd {
    /// Reads it by its locator, which must stand before the old record, as it must before that.
    fn find<R: Read + Seek>(
        source: &mut Source<R>,
        end: &EndRecord,
    ) -> Result<Option<Self>, ArchiveError> {
        let Some(locator_offset) = end.offset.checked_sub(LOCATOR_BYTES) else { return Ok(None) };
        let locator = read_at(source, locator_offset, LOCATOR_BYTES as usize)?;
        let mut fields = Fields::new(&locator);
        if fields.bytes(4) != LOCATOR {
            return Ok(None);
        }
        let (disk, offset, disks) = (fields.u32(), fields.u64(), fields.u32());
        let place = Place::byte(locator_offset);
        if disk != 0 || disks > 1 {
            return Err(ArchiveError::Unsupported { place, what: "an archive of several disks" });
        }
        if offset.checked_add(WIDE_END_BYTES) != Some(locator_offset) {
            return Err(ambiguous(place, "its zip64 end record is not where it should be"));
        }
        let record = read_at(source, offset, WIDE_END_BYTES as usize)?;
        let stated = Self::read(&record)
            .ok_or_else(|| ambiguous(place.clone(), "its zip64 end record is not whole"))?;
        match agree(&end.stated, &stated) {
            true => Ok(Some(Self { offset, stated })),
            false => Err(ambiguous(place, "its two end records differ")),
        }
    }

    fn read(record: &[u8]) -> Option<Stated> {
        let mut fields = Fields::new(record);
        let known = fields.bytes(4) == WIDE_END && fields.u64() == WIDE_END_BYTES - 12;
        let _versions = fields.u32();
        let disks = (fields.u32(), fields.u32());
        let (entries_here, entries) = (fields.u64(), fields.u64());
        let (size, offset) = (fields.u64(), fields.u64());
        known.then_some(Stated { entries, entries_here, disks, size, offset })
    }
}

/// Whether each number of the old record is the wide one's, or says that it is too wide.
fn agree(narrow: &Stated, wide: &Stated) -> bool {
    let count = |narrow: u64, wide: u64| narrow == u64::from(u16::MAX) || narrow == wide;
    let bytes = |narrow: u64, wide: u64| narrow == u64::from(u32::MAX) || narrow == wide;
    count(narrow.entries, wide.entries)
        && count(narrow.entries_here, wide.entries_here)
        && count(narrow.disks.0.into(), wide.disks.0.into())
        && count(narrow.disks.1.into(), wide.disks.1.into())
        && bytes(narrow.size, wide.size)
        && bytes(narrow.offset, wide.offset)
}

/// Bytes of the archive that are known to be there, unless it shrinks.
pub(super) fn read_at<R: Read + Seek>(
    source: &mut Source<R>,
    offset: u64,
    count: usize,
) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = vec![0; count];
    source.go_to(offset)?;
    match source.fill(&mut bytes)? == count {
        true => Ok(bytes),
        false => Err(truncated(Place::byte(offset), "a record is not whole")),
    }
}
