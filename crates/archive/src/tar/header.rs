//! One header block of a tar (POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar, "Basic Tar
//! Format").

use std::ops::Range;

use crate::{ArchiveError, Part, Place, Problem};

use super::number;

/// The unit of a tar.
pub(crate) const BLOCK: usize = 512;

const NAME: Range<usize> = 0..100;
const MODE: Range<usize> = 100..108;
const USER_ID: Range<usize> = 108..116;
const GROUP_ID: Range<usize> = 116..124;
const SIZE: Range<usize> = 124..136;
const MODIFIED: Range<usize> = 136..148;
const CHECKSUM: Range<usize> = 148..156;
const KIND: usize = 156;
const LINK: Range<usize> = 157..257;
const MAGIC: Range<usize> = 257..263;
const PREFIX: Range<usize> = 345..500;

/// Which rules the header follows, by its magic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// POSIX: the name may continue to the left in a prefix.
    Posix,
    /// GNU: what is the prefix elsewhere has other uses.
    Gnu,
    /// Older than both: no magic, and a folder is a file whose name ends in a slash.
    Seventh,
}

/// A header whose checksum is right.
pub(crate) struct Header<'a> {
    block: &'a [u8; BLOCK],
    /// For messages: the name up to its NUL, and the header's place.
    pub place: Place,
    /// By its magic.
    pub dialect: Dialect,
}

impl<'a> Header<'a> {
    /// Checks that a block is a header.
    pub(crate) fn read(block: &'a [u8; BLOCK], offset_bytes: u64) -> Result<Self, ArchiveError> {
        let place = Place::entry(until_nul(&block[NAME]), offset_bytes);
        if !sums_up(block) {
            return Err(ArchiveError::HeaderChecksum { place });
        }
        let dialect = match &block[MAGIC] {
            b"ustar\0" => Dialect::Posix,
            b"ustar " => Dialect::Gnu,
            [0, 0, 0, 0, 0, 0] => Dialect::Seventh,
            _ => return Err(field(place, "magic", "is none of ustar's, GNU's and V7's")),
        };
        Ok(Self { block, place, dialect })
    }

    /// The type flag.
    pub(crate) fn kind(&self) -> u8 {
        self.block[KIND]
    }

    /// The name with its prefix.
    pub(crate) fn name(&self) -> Result<Vec<u8>, ArchiveError> {
        let name = self.text(NAME, Part::Name)?;
        let prefix = match self.dialect {
            Dialect::Posix => self.text(PREFIX, Part::Name)?,
            Dialect::Gnu | Dialect::Seventh => &[],
        };
        match prefix {
            [] => Ok(name.to_vec()),
            _ => Ok([prefix, b"/", name].concat()),
        }
    }

    /// What a link names.
    pub(crate) fn link(&self) -> Result<&'a [u8], ArchiveError> {
        self.text(LINK, Part::LinkTarget)
    }

    /// The bytes of content that follow.
    pub(crate) fn size(&self) -> Result<u64, ArchiveError> {
        self.number(SIZE, "size")
    }

    /// Permissions, and the file type that old writers put above them.
    pub(crate) fn mode(&self) -> Result<u64, ArchiveError> {
        self.number(MODE, "mode")
    }

    /// Owner; 0 where it is left blank, as cargo and others do.
    pub(crate) fn user_id(&self) -> Result<u64, ArchiveError> {
        self.number_or_blank(USER_ID, "uid")
    }

    /// Group; 0 where it is left blank.
    pub(crate) fn group_id(&self) -> Result<u64, ArchiveError> {
        self.number_or_blank(GROUP_ID, "gid")
    }

    /// Seconds since 1970; 0 where it is left blank.
    pub(crate) fn modified(&self) -> Result<u64, ArchiveError> {
        self.number_or_blank(MODIFIED, "mtime")
    }

    /// Every reader takes a blank field for 0. That is borne where nothing hangs on it.
    fn number_or_blank(
        &self,
        range: Range<usize>,
        name: &'static str,
    ) -> Result<u64, ArchiveError> {
        let blank = self.block[range.clone()].iter().all(|byte| matches!(byte, 0 | b' '));
        if blank { Ok(0) } else { self.number(range, name) }
    }

    fn number(&self, range: Range<usize>, name: &'static str) -> Result<u64, ArchiveError> {
        let reason = "is no number that can be, neither octal nor base-256";
        number::field(&self.block[range]).ok_or_else(|| field(self.place.clone(), name, reason))
    }

    /// A text up to its NUL, after which nothing else may stand: some readers would see it.
    fn text(&self, range: Range<usize>, part: Part) -> Result<&'a [u8], ArchiveError> {
        let whole: &'a [u8] = &self.block[range];
        let text = until_nul(whole);
        match whole[text.len()..].iter().all(|byte| *byte == 0) {
            true => Ok(text),
            false => {
                Err(ArchiveError::Text { place: self.place.clone(), part, problem: Problem::Nul })
            }
        }
    }
}

/// Whether a block is a header by its checksum, which old writers took of signed bytes.
pub(crate) fn sums_up(block: &[u8; BLOCK]) -> bool {
    let stated = number::field(&block[CHECKSUM]).and_then(|sum| i64::try_from(sum).ok());
    let byte = |index: usize| if CHECKSUM.contains(&index) { b' ' } else { block[index] };
    let unsigned: i64 = (0..BLOCK).map(|index| i64::from(byte(index))).sum();
    let signed: i64 = (0..BLOCK).map(|index| i64::from(byte(index).cast_signed())).sum();
    stated.is_some_and(|stated| stated == unsigned || stated == signed)
}

pub(crate) fn field(place: Place, field: &'static str, reason: &'static str) -> ArchiveError {
    ArchiveError::HeaderField { place, field, reason }
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|byte| *byte == 0).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The `tar` crate leaves blank what is not set, as cargo did for years.
    fn blank(change: impl Fn(&mut tar::Header)) -> [u8; BLOCK] {
        let mut header = tar::Header::new_ustar();
        header.set_path("a").unwrap();
        change(&mut header);
        header.set_cksum();
        *header.as_bytes()
    }

    #[test]
    fn blank_owners_and_times_are_zero_and_blank_sizes_and_modes_are_refused() {
        let block = blank(|_| ());
        let header = Header::read(&block, 0).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(header.user_id().ok(), Some(0));
        assert_eq!(header.group_id().ok(), Some(0));
        assert_eq!(header.modified().ok(), Some(0));
        assert!(header.size().is_err() && header.mode().is_err());
    }

    #[test]
    fn the_checksum_may_be_of_signed_bytes() {
        let mut block = blank(|header| header.set_path("é").unwrap());
        let unsigned: u32 = sum(&block);
        block[CHECKSUM].copy_from_slice(format!("{:06o}\0 ", unsigned - 2 * 256).as_bytes());
        assert!(sums_up(&block));
        block[CHECKSUM].copy_from_slice(format!("{:06o}\0 ", unsigned - 256).as_bytes());
        assert!(!sums_up(&block));
    }

    fn sum(block: &[u8; BLOCK]) -> u32 {
        let spaced = |(index, byte): (usize, &u8)| match CHECKSUM.contains(&index) {
            true => u32::from(b' '),
            false => u32::from(*byte),
        };
        block.iter().enumerate().map(spaced).sum()
    }
}
