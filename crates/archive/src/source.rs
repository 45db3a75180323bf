//! The archive's own bytes, read forwards in large pieces.

use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};

use crate::ArchiveError;
use crate::bytes::Bytes;

const BUFFER_BYTES: usize = 256 * 1024;

/// Where packed bytes come from.
pub(crate) trait Feed {
    /// The bytes that come next; none at the end.
    fn peek(&mut self) -> Result<&[u8], ArchiveError>;

    /// Passes over bytes that were seen.
    fn consume(&mut self, count: usize);

    /// Where the next byte lies in the source.
    fn position(&self) -> u64;
}

/// A reader that knows where it is and where it ends.
pub(crate) struct Source<R> {
    reader: BufReader<R>,
    position: u64,
    length: u64,
}

impl<R: Read + Seek> Source<R> {
    /// Goes to the reader's first byte, wherever it stands.
    pub(crate) fn open(mut reader: R) -> Result<Self, ArchiveError> {
        let failed = |source| ArchiveError::Read { offset_bytes: 0, source };
        let length = reader.seek(SeekFrom::End(0)).map_err(failed)?;
        reader.rewind().map_err(failed)?;
        let capacity = BUFFER_BYTES.min(usize::try_from(length).unwrap_or(BUFFER_BYTES).max(512));
        Ok(Self { reader: BufReader::with_capacity(capacity, reader), position: 0, length })
    }

    /// How many bytes the archive has.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Goes to a byte of the archive; what is buffered is kept where the byte is among it.
    pub(crate) fn go_to(&mut self, position: u64) -> Result<(), ArchiveError> {
        let (here, there) = (i128::from(self.position), i128::from(position));
        let moved = match i64::try_from(there - here) {
            Ok(distance) => self.reader.seek_relative(distance),
            Err(_) => self.reader.seek(SeekFrom::Start(position)).map(drop),
        };
        moved.map_err(|source| ArchiveError::Read { offset_bytes: position, source })?;
        self.position = position;
        Ok(())
    }

    /// The next bytes of the archive through a window that ends after `length`.
    pub(crate) fn window(&mut self, length: u64) -> Window<'_, R> {
        Window { source: self, left: length }
    }

    fn failed(&self, source: std::io::Error) -> ArchiveError {
        ArchiveError::Read { offset_bytes: self.position, source }
    }
}

impl<R: Read + Seek> Bytes for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        loop {
            match self.reader.read(buffer) {
                Ok(count) => {
                    self.position += count as u64;
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
    }

    fn skip(&mut self, count: u64) -> Result<bool, ArchiveError> {
        match self.position.checked_add(count).filter(|end| *end <= self.length) {
            Some(end) => self.go_to(end).map(|()| true),
            None => Ok(false),
        }
    }

    fn offset_and_rest(&self) -> Option<(u64, u64)> {
        Some((self.position, self.length.saturating_sub(self.position)))
    }
}

impl<R: Read + Seek> Feed for Source<R> {
    fn peek(&mut self) -> Result<&[u8], ArchiveError> {
        while let Err(error) = self.reader.fill_buf() {
            if error.kind() != ErrorKind::Interrupted {
                return Err(self.failed(error));
            }
        }
        Ok(self.reader.buffer())
    }

    fn consume(&mut self, count: usize) {
        self.reader.consume(count);
        self.position += count as u64;
    }

    fn position(&self) -> u64 {
        self.position
    }
}

/// A part of the source.
pub(crate) struct Window<'a, R> {
    source: &'a mut Source<R>,
    left: u64,
}

impl<R: Read + Seek> Feed for Window<'_, R> {
    fn peek(&mut self) -> Result<&[u8], ArchiveError> {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let bytes = if left == 0 { &[] } else { self.source.peek()? };
        Ok(&bytes[..bytes.len().min(left)])
    }

    fn consume(&mut self, count: usize) {
        self.source.consume(count);
        self.left -= count as u64;
    }

    fn position(&self) -> u64 {
        self.source.position
    }
}
