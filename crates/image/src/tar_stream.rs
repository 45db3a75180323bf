//! A layer's tar as a reader: nothing is held but the block that is being read.

use std::io::{self, Read};

use landfall_tree::{Contents, Entry, Node, Tree};

use crate::tar_header::{BLOCK_BYTES, header, padding};

/// Reads as the tar of a tree. The tree's root folder itself is not an entry of the tar.
pub struct TarStream<'a> {
    entries: std::slice::Iter<'a, Entry>,
    contents: &'a dyn Contents,
    /// Headers, padding and the end of the archive, from `pending_start` on.
    pending: Vec<u8>,
    pending_start: usize,
    content: Option<Content<'a>>,
    ended: bool,
}

/// A file of which bytes are still owed.
struct Content<'a> {
    reader: Box<dyn Read + Send + 'a>,
    entry: &'a Entry,
    left_bytes: u64,
    size_bytes: u64,
}

impl<'a> TarStream<'a> {
    /// A stream over a tree whose file contents are handed in.
    pub fn new(tree: &'a Tree, contents: &'a dyn Contents) -> Self {
        let entries = tree.entries().iter();
        Self {
            entries,
            contents,
            pending: Vec::new(),
            pending_start: 0,
            content: None,
            ended: false,
        }
    }

    fn queue(&mut self, bytes: Vec<u8>) {
        self.pending = bytes;
        self.pending_start = 0;
    }

    /// Queues the next header and opens its content, or queues the end of the archive.
    fn advance(&mut self) -> io::Result<()> {
        let Some(entry) = self.entries.find(|entry| !entry.path.is_root()) else {
            self.ended = true;
            self.queue(vec![0; 2 * BLOCK_BYTES]);
            return Ok(());
        };
        self.queue(header(entry));
        if let Node::File { size_bytes, digest } = entry.node
            && size_bytes > 0
        {
            let reader = self.contents.open(&digest).map_err(|error| in_entry(entry, error))?;
            self.content = Some(Content { reader, entry, left_bytes: size_bytes, size_bytes });
        }
        Ok(())
    }

    fn read_content(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(content) = &mut self.content else { return Ok(0) };
        let count = content.read(buffer)?;
        if content.left_bytes == 0 {
            let zeros = vec![0; padding(content.size_bytes)];
            self.content = None;
            self.queue(zeros);
        }
        Ok(count)
    }
}

impl Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left_bytes).unwrap_or(usize::MAX).min(buffer.len());
        let count =
            self.reader.read(&mut buffer[..most]).map_err(|error| in_entry(self.entry, error))?;
        if count == 0 {
            return Err(in_entry(self.entry, io::ErrorKind::UnexpectedEof.into()));
        }
        self.left_bytes -= count as u64;
        if self.left_bytes == 0 {
            self.expect_end()?;
        }
        Ok(count)
    }

    /// Reads once past the end: lets the source notice that it was longer, or has changed.
    fn expect_end(&mut self) -> io::Result<()> {
        let count = self.reader.read(&mut [0]).map_err(|error| in_entry(self.entry, error))?;
        if count == 0 {
            return Ok(());
        }
        let longer = io::Error::other("it is longer than when it was hashed");
        Err(in_entry(self.entry, longer))
    }
}

fn in_entry(entry: &Entry, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot read the content of `/{}`: {error}", entry.path))
}

impl Read for TarStream<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let waiting = &self.pending[self.pending_start..];
            if !waiting.is_empty() {
                let count = waiting.len().min(buffer.len());
                buffer[..count].copy_from_slice(&waiting[..count]);
                self.pending_start += count;
                return Ok(count);
            }
            if self.content.is_some() {
                return self.read_content(buffer);
            }
            if self.ended {
                return Ok(0);
            }
            self.advance()?;
        }
    }
}
