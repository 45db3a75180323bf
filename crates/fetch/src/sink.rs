//! Where a download goes.

use std::fs::File;
use std::io::{self, Seek, Write};

/// Takes the bytes of a download, of which only the last attempt counts.
///
/// Bytes arrive before they are verified: whoever keeps them MUST wait for the
/// [`Fetched`](crate::Fetched).
pub trait Sink: Write {
    /// Drops what an earlier attempt wrote. Called once before every attempt, the first included.
    fn restart(&mut self) -> io::Result<()>;
}

impl Sink for File {
    fn restart(&mut self) -> io::Result<()> {
        self.set_len(0)?;
        self.rewind()
    }
}

impl Sink for Vec<u8> {
    fn restart(&mut self) -> io::Result<()> {
        self.clear();
        Ok(())
    }
}
