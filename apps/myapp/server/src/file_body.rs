//! A file as the body of a response, read piece by piece while the piece before it is sent.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::task::{JoinHandle, spawn_blocking};

const CHUNK_BYTES: u64 = 128 * 1024;

/// The first `length` bytes of a file: as many as were announced, or an error that ends the
/// connection where the file has become shorter meanwhile.
pub(crate) struct FileBody {
    file: Arc<File>,
    length: u64,
    /// How much is read or being read.
    offset: u64,
    sent: u64,
    /// The piece being read; none when all is.
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl FileBody {
    /// Begins to read at once. MUST be called from within the runtime.
    pub(crate) fn new(file: File, length: u64) -> Self {
        let mut body = Self { file: Arc::new(file), length, offset: 0, sent: 0, reading: None };
        body.read_on();
        body
    }

    fn read_on(&mut self) {
        let (start, end) = (self.offset, self.length.min(self.offset + CHUNK_BYTES));
        let file = Arc::clone(&self.file);
        self.offset = end;
        self.reading = (start < end).then(|| spawn_blocking(move || read_piece(&file, start, end)));
    }
}

fn read_piece(file: &File, start: u64, end: u64) -> io::Result<Bytes> {
    let mut piece = vec![0; usize::try_from(end - start).map_err(io::Error::other)?];
    file.read_exact_at(&mut piece, start)?;
    Ok(piece.into())
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Some(reading) = &mut self.reading else {
            return Poll::Ready(None);
        };
        let piece = ready!(Pin::new(reading).poll(context))
            .unwrap_or_else(|stopped| Err(io::Error::other(stopped)));
        self.reading = None;
        if let Ok(bytes) = &piece {
            self.sent += bytes.len() as u64;
            self.read_on();
        }
        Poll::Ready(Some(piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.reading.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length - self.sent)
    }
}
