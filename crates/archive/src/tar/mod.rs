//! Reads tar: POSIX ustar and PAX, GNU long names, V7.
//!
//! The blocks are parsed here, without the `tar` crate: even in its raw mode the crate takes a
//! missing end for an end, and what is left after PAX, long names, limits and the judgement of
//! sizes are taken from it is a struct of byte ranges. One reading of a header is safer than two.
//!
//! Where two readers could go on at two places, the archive is refused: sizes that disagree
//! (CVE-2025-62518, CVE-2026-33055), content behind what has none, bytes after a NUL, two headers
//! that speak of one thing, anything but zeros behind the two zero blocks of the end, and an end
//! that is missing.

mod header;
mod number;
mod pax;

use landfall_tree::Attributes;

use crate::bytes::{Bytes, Content};
use crate::member::{Kind, Member, Visitor};
use crate::{ArchiveError, Limits, Place, name};

use header::{BLOCK, Dialect, Header, field};
use pax::Records;

/// The sizes from which a header's octal field is too narrow, and PAX alone has the size.
const WIDE_BYTES: u64 = 1 << 33;
/// Above it, an owner wraps to root in some runtimes (CVE-2024-40635, CVE-2026-46680).
const OWNER_LIMIT: u64 = i32::MAX as u64;
/// The year 2242, which is what a header's octal field holds.
const MODIFIED_LIMIT: u64 = 1 << 33;

/// Whether bytes are the beginning of a tar.
pub(crate) fn begins(first_bytes: &[u8]) -> bool {
    let magic = first_bytes.get(257..262) == Some(b"ustar");
    let block = first_bytes.first_chunk::<BLOCK>();
    magic || block.is_some_and(|block| is_zero(block) || header::sums_up(block))
}

/// Shows every entry of a tar to `visitor`, and judges the tar to its last byte.
pub(crate) fn read(
    bytes: &mut dyn Bytes,
    limits: &Limits,
    visitor: &mut dyn Visitor,
) -> Result<(), ArchiveError> {
    let mut tape = Tape { bytes, limits, position: 0, headers: 0 };
    let mut extensions = Extensions::default();
    let mut block = [0; BLOCK];
    loop {
        let offset = tape.position;
        tape.block(&mut block, "its end, two blocks of zeros, is missing")?;
        if is_zero(&block) {
            extensions.check_used(offset)?;
            return tape.end();
        }
        let header = Header::read(&block, offset)?;
        tape.count(&header.place)?;
        if !tape.extend(&header, &mut extensions)? {
            tape.entry(&header, std::mem::take(&mut extensions), visitor)?;
        }
    }
}

/// What stands before an entry and speaks of it.
#[derive(Default)]
struct Extensions {
    records: Option<Records>,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
}

impl Extensions {
    fn check_used(&self, offset_bytes: u64) -> Result<(), ArchiveError> {
        match self {
            Self { records: None, long_name: None, long_link: None } => Ok(()),
            _ => Err(truncated(
                Place::byte(offset_bytes),
                "an extended header has no entry after it",
            )),
        }
    }

    /// A text that PAX and GNU both may give; two that differ leave it to the reader.
    fn text(
        long: Option<Vec<u8>>,
        pax: Option<Vec<u8>>,
        place: &Place,
    ) -> Result<Option<Vec<u8>>, ArchiveError> {
        match (long, pax) {
            (Some(long), Some(pax)) if long != pax => {
                Err(ambiguous(place, "its PAX header and its GNU header give different names"))
            }
            (long, pax) => Ok(pax.or(long)),
        }
    }
}

/// A tar that is being read.
struct Tape<'a> {
    bytes: &'a mut dyn Bytes,
    limits: &'a Limits,
    position: u64,
    headers: u64,
}

impl Tape<'_> {
    fn block(&mut self, block: &mut [u8; BLOCK], wanted: &'static str) -> Result<(), ArchiveError> {
        let filled = self.bytes.fill(block)?;
        self.position += filled as u64;
        match filled {
            BLOCK => Ok(()),
            0 => Err(truncated(Place::byte(self.position), wanted)),
            _ => Err(truncated(Place::byte(self.position), "its last block is not whole")),
        }
    }

    fn count(&mut self, place: &Place) -> Result<(), ArchiveError> {
        self.headers += 1;
        let limit = self.limits.entries;
        match self.headers <= limit {
            true => Ok(()),
            false => Err(too_large(place, "the entries are more than", limit)),
        }
    }

    /// Takes a header that speaks of the next entry; `false` where it is an entry's own.
    fn extend(
        &mut self,
        header: &Header<'_>,
        extensions: &mut Extensions,
    ) -> Result<bool, ArchiveError> {
        let place = &header.place;
        match header.kind() {
            b'x' => {
                once(&mut extensions.records, Records::read(&self.body(header)?, place)?, place)?
            }
            b'L' => once(&mut extensions.long_name, without_nuls(self.body(header)?), place)?,
            b'K' => once(&mut extensions.long_link, without_nuls(self.body(header)?), place)?,
            b'g' => pax::check_global(&self.body(header)?, place)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The body of an extended header, which is read into memory and so must be small.
    fn body(&mut self, header: &Header<'_>) -> Result<Vec<u8>, ArchiveError> {
        let (size, limit) = (header.size()?, self.limits.metadata_bytes);
        if size > limit {
            return Err(too_large(
                &header.place,
                "the bytes of its extended header are more than",
                limit,
            ));
        }
        let mut body = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
        let filled = self.bytes.fill(&mut body).map_err(|error| error.within(&header.place))?;
        if filled < body.len() {
            return Err(truncated(header.place.clone(), "its extended header is not whole"));
        }
        self.position += size;
        self.pad(size, &header.place)?;
        Ok(body)
    }

    /// Passes over what fills the last block of a content, whatever it is.
    fn pad(&mut self, size: u64, place: &Place) -> Result<(), ArchiveError> {
        let padding = size.next_multiple_of(BLOCK as u64) - size;
        self.position += padding;
        match self.bytes.skip(padding)? {
            true => Ok(()),
            false => Err(truncated(place.clone(), "the last block of its content is not whole")),
        }
    }

    fn entry(
        &mut self,
        header: &Header<'_>,
        mut extensions: Extensions,
        visitor: &mut dyn Visitor,
    ) -> Result<(), ArchiveError> {
        let mut records = extensions.records.take().unwrap_or_default();
        let link = Extensions::text(extensions.long_link, records.link.take(), &header.place)?;
        let long_name = Extensions::text(extensions.long_name, records.path.take(), &header.place)?;
        let raw_name = long_name.map_or_else(|| header.name(), Ok)?;
        let place = Place { path: Place::entry(&raw_name, 0).path, ..header.place.clone() };
        let size = self.size(header, &records, &place)?;
        let name = name::read(&raw_name, &place)?;
        let kind = kind(header, &name, link, size, &place)?;
        let attributes = attributes(header, records, &kind, &place)?;
        if name.path.is_root() {
            return check_root(&kind, &place);
        }
        self.show(Member { place, path: name.path, kind, attributes }, size, visitor)
    }

    fn show(
        &mut self,
        member: Member,
        size: u64,
        visitor: &mut dyn Visitor,
    ) -> Result<(), ArchiveError> {
        let place = member.place.clone();
        let whole = self.bytes.offset_and_rest().is_none_or(|(_, rest)| size <= rest);
        if !whole {
            return Err(truncated(place, "its content is not whole"));
        }
        let mut content = Content::new(&mut *self.bytes, size, &place);
        visitor.visit(member, &mut content)?;
        content.finish()?;
        self.position += size;
        self.pad(size, &place)
    }

    /// The size of the content that follows, where header and PAX agree on it.
    ///
    /// The header's field is too narrow from 8 GiB on; writers then leave it 0.
    fn size(
        &self,
        header: &Header<'_>,
        records: &Records,
        place: &Place,
    ) -> Result<u64, ArchiveError> {
        let stated = header.size().map_err(|error| renamed(error, place))?;
        let size = match records.size {
            None => stated,
            Some(size) if size == stated || (size >= WIDE_BYTES && stated == 0) => size,
            Some(found) => {
                let (place, what) = (place.clone(), "header and PAX header differ");
                return Err(ArchiveError::SizeDisagrees { place, what, stated, found });
            }
        };
        let limit = self.limits.unpacked_bytes;
        match self.position.checked_add(size).is_some_and(|end| end <= limit) {
            true => Ok(size),
            false => Err(too_large(place, "what it unpacks to is more bytes than", limit)),
        }
    }

    /// Judges what follows the first zero block: another, and then zeros to the very end.
    fn end(&mut self) -> Result<(), ArchiveError> {
        static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
        let what = "bytes other than zeros follow the end of the tar";
        let mut block = [0; BLOCK];
        let mut chunk = vec![0; ZEROS.len()];
        self.block(&mut block, "the second zero block of its end is missing")?;
        let mut clean = is_zero(&block);
        while clean {
            match self.bytes.read(&mut chunk)? {
                0 => return Ok(()),
                count => {
                    clean = chunk[..count] == ZEROS[..count];
                    self.position += count as u64;
                }
            }
        }
        Err(ArchiveError::TrailingData { place: Place::byte(self.position), what })
    }
}

/// What the entry is, by its type flag; refuses content where there can be none.
fn kind(
    header: &Header<'_>,
    name: &name::Name,
    link: Option<Vec<u8>>,
    size: u64,
    place: &Place,
) -> Result<Kind, ArchiveError> {
    let target = || link.map_or_else(|| header.link().map(<[u8]>::to_vec), Ok);
    let kind = match header.kind() {
        0 if name.folder && header.dialect == Dialect::Seventh => Kind::Directory,
        0 | b'0' | b'7' => Kind::File { size_bytes: size },
        b'1' => Kind::Hardlink { target: name::hardlink_target(&target()?, place)? },
        b'2' => Kind::Symlink { target: name::symlink_target(&target()?, place)? },
        b'3' => Kind::Special("a character device"),
        b'4' => Kind::Special("a block device"),
        b'5' => Kind::Directory,
        b'6' => Kind::Special("a named pipe"),
        b'S' => return Err(entry_kind(place, "a GNU sparse file")),
        b'D' | b'M' | b'V' => return Err(entry_kind(place, "an entry of a GNU backup")),
        _ => return Err(entry_kind(place, "an entry of an unknown type")),
    };
    if size > 0 && !matches!(kind, Kind::File { .. }) {
        let (place, what) = (place.clone(), "what can have no content has a size");
        return Err(ArchiveError::SizeDisagrees { place, what, stated: size, found: 0 });
    }
    if name.folder && !name.path.is_root() && !matches!(kind, Kind::Directory) {
        return Err(ambiguous(place, "it is named like a folder and is none"));
    }
    Ok(kind)
}

/// The root's own entry says nothing that is kept; as a link it would move the whole tree
/// (CVE-2021-29136).
fn check_root(kind: &Kind, place: &Place) -> Result<(), ArchiveError> {
    match kind {
        Kind::Directory => Ok(()),
        _ => Err(entry_kind(place, "a root that is no folder")),
    }
}

fn attributes(
    header: &Header<'_>,
    records: Records,
    kind: &Kind,
    place: &Place,
) -> Result<Attributes, ArchiveError> {
    let named = |error| renamed(error, place);
    let mode = (header.mode().map_err(named)? & 0o7777) as u16;
    let user_id = records.user_id.map_or_else(|| header.user_id(), Ok).map_err(named)?;
    let group_id = records.group_id.map_or_else(|| header.group_id(), Ok).map_err(named)?;
    let modified = records.modified.map_or_else(|| header.modified(), Ok).map_err(named)?;
    Ok(Attributes {
        mode: if matches!(kind, Kind::Symlink { .. }) { Attributes::SYMLINK } else { mode },
        user_id: owner(user_id, "uid", place)?,
        group_id: owner(group_id, "gid", place)?,
        modified_seconds: Some(time(modified, place)?),
        extended: records.extended,
    })
}

fn owner(number: u64, name: &'static str, place: &Place) -> Result<u32, ArchiveError> {
    let small = u32::try_from(number).ok().filter(|_| number <= OWNER_LIMIT);
    small.ok_or_else(|| field(place.clone(), name, "is beyond 2^31 - 1"))
}

fn time(seconds: u64, place: &Place) -> Result<i64, ArchiveError> {
    let near = i64::try_from(seconds).ok().filter(|_| seconds <= MODIFIED_LIMIT);
    near.ok_or_else(|| field(place.clone(), "mtime", "is beyond 2^33"))
}

/// Sets what may be given once.
fn once<T>(slot: &mut Option<T>, value: T, place: &Place) -> Result<(), ArchiveError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(ambiguous(place, "two extended headers of one kind speak of one entry")),
    }
}

/// GNU ends a long name with a NUL; some writers leave it out, some fill the block with them.
fn without_nuls(mut name: Vec<u8>) -> Vec<u8> {
    let length = name.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    name.truncate(length);
    name
}

/// A header's fault, said of the name that the entry has by its extended header.
fn renamed(error: ArchiveError, place: &Place) -> ArchiveError {
    match error {
        ArchiveError::HeaderField { field, reason, .. } => {
            ArchiveError::HeaderField { place: place.clone(), field, reason }
        }
        other => other,
    }
}

fn is_zero(block: &[u8; BLOCK]) -> bool {
    *block == [0; BLOCK]
}

fn truncated(place: Place, wanted: &'static str) -> ArchiveError {
    ArchiveError::Truncated { place, wanted }
}

fn ambiguous(place: &Place, reason: &'static str) -> ArchiveError {
    ArchiveError::Ambiguous { place: place.clone(), reason }
}

fn entry_kind(place: &Place, kind: &'static str) -> ArchiveError {
    ArchiveError::EntryKind { place: place.clone(), kind }
}

fn too_large(place: &Place, what: &'static str, limit: u64) -> ArchiveError {
    ArchiveError::TooLarge { place: place.clone(), what, limit }
}
