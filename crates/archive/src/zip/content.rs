//! The unpacked bytes of one entry, held to what its headers say of them.

use std::io::{Read, Seek};

use flate2::Crc;

use crate::bytes::Bytes;
use crate::codec::{Deflate, Stored};
use crate::decoded::{Budget, Decoded};
use crate::source::Window;
use crate::{ArchiveError, Place};

use super::record::{Method, Record, Sums};

/// Gives exactly the bytes that the headers announce, and then judges them.
pub(super) struct EntryBytes<'a> {
    bytes: Box<dyn Bytes + 'a>,
    place: &'a Place,
    sums: Sums,
    crc: Crc,
    left: u64,
}

impl<'a> EntryBytes<'a> {
    pub(super) fn new<R: Read + Seek>(window: Window<'a, R>, record: &'a Record) -> Self {
        let Record { sums, place, .. } = record;
        let bytes: Box<dyn Bytes + 'a> = match record.method {
            _ if sums.packed == 0 => Box::new(Nothing),
            Method::Stored => {
                Box::new(Decoded::new(window, Stored::new(sums.packed), Budget::UNBOUNDED))
            }
            Method::Deflated => Box::new(Decoded::new(window, Deflate::new(), Budget::UNBOUNDED)),
        };
        Self { bytes, place, sums: *sums, crc: Crc::new(), left: sums.unpacked }
    }

    /// Checks, once all bytes were read, that there are no more and that their checksum is right.
    pub(super) fn finish(mut self) -> Result<(), ArchiveError> {
        let more = self.bytes.read(&mut [0]).map_err(|error| error.within(self.place))?;
        if more > 0 {
            return Err(self.disagrees(self.sums.unpacked + 1));
        }
        match self.crc.sum() == self.sums.crc {
            true => Ok(()),
            false => {
                let (place, what) = (self.place.clone(), "its CRC-32");
                Err(ArchiveError::Checksum { place, what })
            }
        }
    }

    fn disagrees(&self, found: u64) -> ArchiveError {
        let (place, what) = (self.place.clone(), "header and content differ");
        ArchiveError::SizeDisagrees { place, what, stated: self.sums.unpacked, found }
    }
}

impl Bytes for EntryBytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let count = self.bytes.read(&mut buffer[..wanted])?;
        if count == 0 {
            return Err(self.disagrees(self.sums.unpacked - self.left));
        }
        self.crc.update(&buffer[..count]);
        self.left -= count as u64;
        Ok(count)
    }

    /// Reads what it passes over: the checksum is of all bytes.
    fn skip(&mut self, mut count: u64) -> Result<bool, ArchiveError> {
        let mut buffer = vec![0; 64 * 1024];
        while count > 0 {
            let wanted = buffer.len().min(usize::try_from(count).unwrap_or(usize::MAX));
            match self.read(&mut buffer[..wanted])? {
                0 => return Ok(false),
                read => count -= read as u64,
            }
        }
        Ok(true)
    }
}

/// No bytes.
struct Nothing;

impl Bytes for Nothing {
    fn read(&mut self, _buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        Ok(0)
    }

    fn skip(&mut self, count: u64) -> Result<bool, ArchiveError> {
        Ok(count == 0)
    }
}
