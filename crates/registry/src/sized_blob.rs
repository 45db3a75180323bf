//! Bytes that are to be sent, handed in by whoever holds them.

use std::io::{self, Read};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{StreamExt, once, unfold};
use landfall_hashing::Digest;
use tokio::sync::mpsc;

use crate::BlobStream;

const PIECE_BYTES: usize = 256 << 10;
const WAITING_PIECES: usize = 2;

/// Opens blobs by digest; a store stands behind it. Opened anew for each attempt.
pub trait Blobs: Send + Sync {
    /// The bytes of one blob, from their beginning.
    ///
    /// # Errors
    /// It is not there, or cannot be read. What it holds is proven on the way out all the same.
    fn open(&self, digest: Digest) -> BoxFuture<'_, io::Result<SizedBlob>>;
}

/// Bytes whose number is known.
pub struct SizedBlob {
    /// How many will come.
    pub size_bytes: u64,
    /// They.
    pub bytes: BlobStream,
}

impl SizedBlob {
    /// Bytes that lie in memory.
    pub fn of_bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { size_bytes: bytes.len() as u64, bytes: once(async { Ok(bytes) }).boxed() }
    }

    /// Bytes that a reader gives, which may block: it is read on a thread of its own.
    ///
    /// Must be called inside a tokio runtime.
    pub fn of_reader(size_bytes: u64, reader: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_PIECES);
        tokio::task::spawn_blocking(move || pump(reader, &sender));
        let next = |mut receiver: mpsc::Receiver<_>| async {
            receiver.recv().await.map(|piece| (piece, receiver))
        };
        Self { size_bytes, bytes: unfold(receiver, next).boxed() }
    }
}

/// Reads until the end, an error, or until nobody listens.
fn pump(mut reader: impl Read, sender: &mpsc::Sender<io::Result<Bytes>>) {
    loop {
        let mut piece = Vec::with_capacity(PIECE_BYTES);
        let read = reader.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut piece);
        let (is_end, item) = match read {
            Ok(0) => return,
            Ok(_) => (false, Ok(piece.into())),
            Err(error) => (true, Err(error)),
        };
        if sender.blocking_send(item).is_err() || is_end {
            return;
        }
    }
}
