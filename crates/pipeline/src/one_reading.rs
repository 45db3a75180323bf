//! A file that is read once, for what is in it and for its digest.
//!
//! Two readings of a file that somebody writes to may differ, and no stat has to show it: who
//! writes through a memory map changes no time. What is remembered under a file's digest is
//! therefore made of the very bytes that the digest was taken of.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use landfall_hashing::{Digest, Hasher};

const PIECE_BYTES: usize = 1 << 18;
/// Enough that neither thread waits for the other's next system call.
const PIECES_ON_THE_WAY: usize = 8;

/// Lets `read` read a file, and hashes the whole of it on another thread meanwhile.
///
/// Gives what `read` gave, and the digest; none where it read the file more than once and the
/// readings differ.
pub(crate) fn read_once<T, E: From<io::Error>>(
    file: &File,
    read: impl FnOnce(&mut OneReading<'_>) -> Result<T, E>,
) -> Result<(T, Option<Digest>), E> {
    let (pieces, passed) = sync_channel(PIECES_ON_THE_WAY);
    thread::scope(|scope| {
        let hasher = thread::Builder::new().spawn_scoped(scope, move || digests(&passed))?;
        let mut reading = OneReading { file, position: 0, passed_bytes: 0, pieces };
        let read = read(&mut reading)?;
        reading.pass_rest()?;
        drop(reading);
        let digests = hasher.join().map_err(|_| io::Error::other("the hashing stopped early"))?;
        let same = digests.windows(2).all(|pair| pair[0] == pair[1]);
        Ok((read, digests.first().copied().filter(|_| same)))
    })
}

/// What the hashing thread is told.
enum Piece {
    Bytes(Vec<u8>),
    /// The file is read from its beginning once more.
    Again,
}

/// One digest a reading.
fn digests(pieces: &Receiver<Piece>) -> Vec<Digest> {
    let (mut hasher, mut digests) = (Hasher::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Bytes(bytes) => hasher.update(&bytes),
            Piece::Again => digests.push(std::mem::take(&mut hasher).finish()),
        }
    }
    digests.push(hasher.finish());
    digests
}

/// The file, for a reader that goes forwards and may begin anew.
pub(crate) struct OneReading<'a> {
    file: &'a File,
    position: u64,
    passed_bytes: u64,
    pieces: SyncSender<Piece>,
}

impl OneReading<'_> {
    fn pass(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.passed_bytes += bytes.len() as u64;
        self.tell(Piece::Bytes(bytes.to_vec()))
    }

    fn tell(&self, piece: Piece) -> io::Result<()> {
        self.pieces.send(piece).map_err(|_| io::Error::other("the hashing stopped early"))
    }

    /// Passes what the reader leaves out, up to `end` or the end of the file.
    fn pass_to(&mut self, end: u64) -> io::Result<()> {
        let mut buffer = vec![0; PIECE_BYTES];
        while self.passed_bytes < end {
            let most = usize::try_from(end - self.passed_bytes).unwrap_or(usize::MAX);
            let most = most.min(buffer.len());
            match self.file.read_at(&mut buffer[..most], self.passed_bytes)? {
                0 => break,
                count => self.pass(&buffer[..count])?,
            }
        }
        Ok(())
    }

    fn pass_rest(&mut self) -> io::Result<()> {
        self.pass_to(u64::MAX)
    }

    /// What was passed stays passed: who goes back reads the whole file once more.
    fn begin_again(&mut self) -> io::Result<()> {
        self.pass_rest()?;
        self.passed_bytes = 0;
        self.tell(Piece::Again)
    }
}

impl Read for OneReading<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position < self.passed_bytes {
            self.begin_again()?;
        }
        if self.passed_bytes < self.position {
            self.pass_to(self.position)?;
        }
        let count = self.file.read_at(buffer, self.position)?;
        self.pass(&buffer[..count])?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for OneReading<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
            SeekFrom::End(distance) => self.file.metadata()?.len().checked_add_signed(distance),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("it can be written");
        file
    }

    fn read(
        file: &File,
        read: impl FnOnce(&mut OneReading<'_>) -> io::Result<Vec<u8>>,
    ) -> (Vec<u8>, Option<Digest>) {
        read_once(file, read).expect("it can be read")
    }

    #[test]
    fn the_digest_is_of_the_whole_file_whatever_is_left_out() {
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|index| (index % 251) as u8).collect();
        let file = file(&bytes);
        let (piece, digest) = read(&file, |reading| {
            let mut piece = vec![0; 10];
            reading.seek(SeekFrom::End(0))?;
            reading.rewind()?;
            reading.read_exact(&mut piece)?;
            reading.seek(SeekFrom::Current(600_000))?;
            reading.read_exact(&mut piece)?;
            Ok(piece)
        });
        assert_eq!(
            (piece.as_slice(), digest),
            (&bytes[600_010..600_020], Some(Digest::of(&bytes)))
        );
    }

    #[test]
    fn two_readings_that_differ_have_no_digest() {
        let file = file(b"first");
        let twice = |other: &'static [u8]| {
            let written = &file;
            read(&file, move |reading| {
                let mut bytes = Vec::new();
                reading.read_to_end(&mut bytes)?;
                reading.rewind()?;
                written.write_all_at(other, 0)?;
                reading.read_to_end(&mut bytes)?;
                Ok(bytes)
            })
        };
        assert_eq!(twice(b"first"), (b"firstfirst".to_vec(), Some(Digest::of("first"))));
        assert_eq!(twice(b"other"), (b"firstother".to_vec(), None));
    }
}
