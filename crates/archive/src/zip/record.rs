//! One entry's two headers, central and local, and whether they say the same (APPNOTE 4.3.7,
//! 4.3.12).

use std::io::{Read, Seek};

use crate::source::Source;
use crate::{ArchiveError, Place};

use super::end::read_at;
use super::fields::{Fields, extra, extras};
use super::{ambiguous, truncated};

const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const CENTRAL_BYTES: usize = 46;
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const LOCAL_BYTES: usize = 30;
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";

const FLAG_ENCRYPTED: u16 = 1;
const FLAG_DESCRIPTOR: u16 = 1 << 3;
const FLAG_PATCHED: u16 = 1 << 5;
const FLAG_STRONG: u16 = 1 << 6;
const FLAG_UTF8: u16 = 1 << 11;
const FLAG_MASKED: u16 = 1 << 13;

const EXTRA_WIDE: u16 = 0x0001;
const EXTRA_TIME: u16 = 0x5455;
const EXTRA_NAME: u16 = 0x7075;

/// How content is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Deflated,
}

/// The CRC-32 and the sizes of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sums {
    pub crc: u32,
    pub packed: u64,
    pub unpacked: u64,
}

/// What the central directory says of an entry.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub name: Vec<u8>,
    pub place: Place,
    pub sums: Sums,
    pub method: Method,
    /// Of the local header.
    pub offset: u64,
    pub utf8: bool,
    pub made_by: u8,
    pub external: u32,
    /// DOS date in the upper half, DOS time in the lower.
    pub dos_time: u32,
    /// The extended timestamp, where there is one.
    pub modified: Option<i32>,
    flags: u16,
    raw_method: u16,
}

impl Record {
    /// Reads the central record at `offset`, and leaves the source at its end.
    pub(super) fn read<R: Read + Seek>(
        source: &mut Source<R>,
        offset: u64,
    ) -> Result<Self, ArchiveError> {
        let (fixed, place) = (read_at(source, offset, CENTRAL_BYTES)?, Place::byte(offset));
        let mut fields = Fields::new(&fixed);
        if fields.bytes(4) != CENTRAL {
            return Err(ambiguous(place, "its end record counts other entries than there are"));
        }
        let (_version, made_by, _needed) = (fields.u8(), fields.u8(), fields.u16());
        let (flags, raw_method) = (fields.u16(), fields.u16());
        let dos_time = fields.u32();
        let (crc, packed, unpacked) = (fields.u32(), fields.u32(), fields.u32());
        let lengths = [fields.u16(), fields.u16(), fields.u16()].map(usize::from);
        let (disk, _internal, external, local) =
            (fields.u16(), fields.u16(), fields.u32(), fields.u32());
        let texts = read_at(source, offset + CENTRAL_BYTES as u64, lengths.iter().sum())?;
        let (name, rest) = texts.split_at(lengths[0]);
        let place = Place::entry(name, offset);
        let extras = Extras::read(&rest[..lengths[1]], name, &place)?;
        let wide = Wide { crc, packed, unpacked, offset: local, disk };
        let (sums, offset) = wide.resolve(extras.wide, &place)?;
        let method = method(flags, raw_method, &place)?;
        let (name, utf8, modified) = (name.to_vec(), flags & FLAG_UTF8 != 0, extras.modified);
        Ok(Self {
            name,
            place,
            sums,
            method,
            offset,
            utf8,
            made_by,
            external,
            dos_time,
            modified,
            flags,
            raw_method,
        })
    }

    /// Reads the local header: where its content begins, and where it ends. Refuses a header that
    /// says other things than this record.
    pub(super) fn check_local<R: Read + Seek>(
        &self,
        source: &mut Source<R>,
    ) -> Result<(u64, u64), ArchiveError> {
        let fixed = read_at(source, self.offset, LOCAL_BYTES)?;
        let mut fields = Fields::new(&fixed);
        if fields.bytes(4) != LOCAL {
            return Err(self.ambiguous("no local header stands where its central record says"));
        }
        let (_needed, flags, raw_method, _time) =
            (fields.u16(), fields.u16(), fields.u16(), fields.u32());
        let (crc, packed, unpacked) = (fields.u32(), fields.u32(), fields.u32());
        let lengths = [fields.u16(), fields.u16()].map(usize::from);
        let texts = read_at(source, self.offset + LOCAL_BYTES as u64, lengths.iter().sum())?;
        let (name, extra) = texts.split_at(lengths[0]);
        let meant = FLAG_ENCRYPTED | FLAG_DESCRIPTOR | FLAG_UTF8;
        if name != self.name || raw_method != self.raw_method || (flags ^ self.flags) & meant != 0 {
            return Err(self.ambiguous("its local header and its central record differ"));
        }
        let extras = Extras::read(extra, name, &self.place)?;
        let wide = Wide { crc, packed, unpacked, offset: 0, disk: 0 };
        self.check_sums(wide.resolve(extras.wide, &self.place)?.0)?;
        let start = self.offset + (LOCAL_BYTES + texts.len()) as u64;
        let end = start.checked_add(self.sums.packed);
        end.map(|end| (start, end)).ok_or_else(|| self.ambiguous("its content ends nowhere"))
    }

    /// The local header of who writes to a pipe has zeros for what was not known yet; what it
    /// says otherwise must be so.
    fn check_sums(&self, mut local: Sums) -> Result<(), ArchiveError> {
        if self.has_descriptor() {
            local.crc = if local.crc == 0 { self.sums.crc } else { local.crc };
            local.packed = if local.packed == 0 { self.sums.packed } else { local.packed };
            local.unpacked = if local.unpacked == 0 { self.sums.unpacked } else { local.unpacked };
        }
        self.check_same(local, "local header and central record differ")
    }

    fn check_same(&self, other: Sums, what: &'static str) -> Result<(), ArchiveError> {
        let sizes = [(self.sums.packed, other.packed), (self.sums.unpacked, other.unpacked)];
        if let Some((stated, found)) = sizes.into_iter().find(|(ours, others)| ours != others) {
            return Err(ArchiveError::SizeDisagrees {
                place: self.place.clone(),
                what,
                stated,
                found,
            });
        }
        match self.sums.crc == other.crc {
            true => Ok(()),
            false => Err(self.ambiguous("its two headers have different checksums")),
        }
    }

    fn has_descriptor(&self) -> bool {
        self.flags & FLAG_DESCRIPTOR != 0
    }

    /// Checks what stands between the content and the next entry: a data descriptor in one of
    /// its four forms where there is to be one (APPNOTE 4.3.9), else nothing.
    pub(super) fn check_gap<R: Read + Seek>(
        &self,
        source: &mut Source<R>,
        (start, end): (u64, u64),
    ) -> Result<(), ArchiveError> {
        let length = usize::try_from(end.saturating_sub(start)).unwrap_or(usize::MAX);
        match (self.has_descriptor(), length) {
            (false, 0) => Ok(()),
            (true, 12 | 16 | 20 | 24) => self.check_descriptor(&read_at(source, start, length)?),
            (true, _) => Err(self.ambiguous("its data descriptor is missing or not alone")),
            (false, _) => Err(self.ambiguous("bytes that no entry owns follow its content")),
        }
    }

    fn check_descriptor(&self, bytes: &[u8]) -> Result<(), ArchiveError> {
        let (signed, wide) = (matches!(bytes.len(), 16 | 24), bytes.len() >= 20);
        let mut fields = Fields::new(bytes);
        if signed && fields.bytes(4) != DESCRIPTOR {
            return Err(self.ambiguous("its data descriptor has no signature"));
        }
        let crc = fields.u32();
        let mut size = || if wide { fields.u64() } else { fields.u32().into() };
        let (packed, unpacked) = (size(), size());
        self.check_same(Sums { crc, packed, unpacked }, "data descriptor and central record differ")
    }

    fn ambiguous(&self, reason: &'static str) -> ArchiveError {
        ambiguous(self.place.clone(), reason)
    }
}

fn method(flags: u16, method: u16, place: &Place) -> Result<Method, ArchiveError> {
    let unsupported = |what| Err(ArchiveError::Unsupported { place: place.clone(), what });
    if flags & (FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED) != 0 {
        return unsupported("encryption");
    }
    if flags & FLAG_PATCHED != 0 {
        return unsupported("patch data");
    }
    match method {
        0 => Ok(Method::Stored),
        8 => Ok(Method::Deflated),
        _ => unsupported("another method than `stored` and `deflated`"),
    }
}

/// The extra fields that are read.
struct Extras<'a> {
    wide: Option<&'a [u8]>,
    modified: Option<i32>,
}

impl<'a> Extras<'a> {
    fn read(bytes: &'a [u8], name: &[u8], place: &Place) -> Result<Self, ArchiveError> {
        let refused = |reason| ambiguous(place.clone(), reason);
        let all = extras(bytes).ok_or_else(|| refused("its extra fields are malformed"))?;
        let one = |id| extra(&all, id).map_err(|()| refused("it has one extra field twice"));
        // Version and CRC-32 of the header's name stand before the second name (APPNOTE 4.6.9).
        if one(EXTRA_NAME)?.is_some_and(|body| body.get(5..) != Some(name)) {
            return Err(refused("an extra field gives it a second name"));
        }
        let modified = one(EXTRA_TIME)?.and_then(modified);
        Ok(Self { wide: one(EXTRA_WIDE)?, modified })
    }
}

/// The time in an extended timestamp, where its flags say that it is there (Info-ZIP, extrafld.txt).
fn modified(body: &[u8]) -> Option<i32> {
    let mut fields = Fields::new(body);
    let present = fields.u8() & 1 != 0;
    let seconds = fields.u32().cast_signed();
    (present && fields.is_whole()).then_some(seconds)
}

/// Numbers of a header that may stand in its zip64 field (APPNOTE 4.5.3).
struct Wide {
    crc: u32,
    packed: u32,
    unpacked: u32,
    offset: u32,
    disk: u16,
}

impl Wide {
    /// The numbers at their full width, and the offset of the local header.
    fn resolve(&self, extra: Option<&[u8]>, place: &Place) -> Result<(Sums, u64), ArchiveError> {
        let mut fields = Fields::new(extra.unwrap_or_default());
        let mut number =
            |narrow: u32| if narrow == u32::MAX { fields.u64() } else { narrow.into() };
        let (unpacked, packed, offset) =
            (number(self.unpacked), number(self.packed), number(self.offset));
        let disk = if self.disk == u16::MAX { fields.u32() } else { self.disk.into() };
        if !fields.is_whole() {
            return Err(truncated(
                place.clone(),
                "its sizes should stand in a zip64 field and do not",
            ));
        }
        if disk != 0 {
            let what = "an archive of several disks";
            return Err(ArchiveError::Unsupported { place: place.clone(), what });
        }
        Ok((Sums { crc: self.crc, packed, unpacked }, offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(flags: u16, local: Sums) -> &'static str {
        let sums = Sums { crc: 7, packed: 60, unpacked: 90 };
        let (name, place, method) = (b"a".to_vec(), Place::default(), Method::Deflated);
        let (offset, utf8, made_by, external, dos_time, modified) = Default::default();
        let raw_method = 8;
        let record = Record {
            name,
            place,
            sums,
            method,
            offset,
            utf8,
            made_by,
            external,
            dos_time,
            modified,
            flags,
            raw_method,
        };
        record.check_sums(local).err().map_or("", |error| error.code())
    }

    /// Some writers to a pipe know the packed size and leave the rest to the data descriptor.
    #[test]
    fn a_local_header_may_leave_out_only_what_a_descriptor_tells() {
        let told = |crc, packed, unpacked| Sums { crc, packed, unpacked };
        assert_eq!(code(FLAG_DESCRIPTOR, told(0, 0, 0)), "");
        assert_eq!(code(FLAG_DESCRIPTOR, told(0, 60, 0)), "");
        assert_eq!(code(FLAG_DESCRIPTOR, told(7, 60, 90)), "");
        assert_eq!(code(FLAG_DESCRIPTOR, told(0, 61, 0)), "size-disagrees");
        assert_eq!(code(FLAG_DESCRIPTOR, told(8, 0, 0)), "ambiguous");
        assert_eq!(code(0, told(7, 60, 90)), "");
        assert_eq!(code(0, told(0, 0, 0)), "size-disagrees");
    }
}
