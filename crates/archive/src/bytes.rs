//! The unpacked bytes of a container, and the content of one file among them.

use std::io::{self, Read};

use crate::{ArchiveError, Place};

/// Unpacked bytes in their order.
pub(crate) trait Bytes {
    /// Reads some bytes into a buffer that is not empty; none at the proper end of the container.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError>;

    /// Passes over bytes; `false` where there are not so many.
    fn skip(&mut self, count: u64) -> Result<bool, ArchiveError>;

    /// Where the next byte lies in the source, if bytes lie there as they are, and how many the
    /// source has from there on.
    fn offset_and_rest(&self) -> Option<(u64, u64)> {
        None
    }

    /// Reads until the buffer is full or the container ends; gives how much was read.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read(&mut buffer[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }
}

/// The content of one file, as a sink reads it.
pub(crate) struct Content<'a> {
    bytes: &'a mut dyn Bytes,
    left: u64,
    place: &'a Place,
    failure: Option<ArchiveError>,
}

impl<'a> Content<'a> {
    /// The next `size_bytes` of `bytes`.
    pub(crate) fn new(bytes: &'a mut dyn Bytes, size_bytes: u64, place: &'a Place) -> Self {
        Self { bytes, left: size_bytes, place, failure: None }
    }

    /// Where the content lies in the source, if it lies there as it is.
    pub(crate) fn offset_bytes(&self) -> Option<u64> {
        self.bytes.offset_and_rest().map(|(offset, _)| offset)
    }

    /// What made a read fail, if one did.
    pub(crate) fn failure(&mut self) -> Option<ArchiveError> {
        self.failure.take()
    }

    /// Passes over what was not read. Fails with what made a read fail, if one did.
    pub(crate) fn finish(&mut self) -> Result<(), ArchiveError> {
        if let Some(failure) = self.failure() {
            return Err(failure);
        }
        let left = std::mem::take(&mut self.left);
        match self.bytes.skip(left) {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.truncated()),
            Err(error) => Err(error.within(self.place)),
        }
    }

    fn truncated(&self) -> ArchiveError {
        ArchiveError::Truncated { place: self.place.clone(), wanted: "its content is not whole" }
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        match self.bytes.read(buffer) {
            Ok(0) => Err(self.truncated()),
            Ok(count) => Ok(count),
            Err(error) => Err(error.within(self.place)),
        }
    }
}

/// The reason of a failure stays here for [`Content::finish`]; the sink sees that there is one.
impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        match self.read_some(&mut buffer[..wanted]) {
            Ok(count) => {
                self.left -= count as u64;
                Ok(count)
            }
            Err(error) => {
                self.failure.get_or_insert(error);
                Err(io::Error::other("the archive cannot be read on"))
            }
        }
    }
}
