//! Proves a stream of bytes on its way.

use bytes::Bytes;
use futures_util::stream::{StreamExt, TryStreamExt, try_unfold};
use landfall_hashing::{Digest, Hasher};

use crate::{BlobStream, RequestError};

/// The same bytes, or an error in the place of the last of them: whoever sends them on never sends
/// a whole that is wrong.
pub(crate) fn verified(inner: BlobStream, digest: Digest, size_bytes: u64) -> BlobStream {
    let proof = Proof { inner, digest, size_bytes, hasher: Hasher::new(), seen_bytes: 0 };
    try_unfold(proof, |mut proof| async {
        let piece = proof.next().await?;
        Ok(piece.map(|piece| (piece, proof)))
    })
    .boxed()
}

struct Proof {
    inner: BlobStream,
    digest: Digest,
    size_bytes: u64,
    hasher: Hasher,
    seen_bytes: u64,
}

impl Proof {
    async fn next(&mut self) -> std::io::Result<Option<Bytes>> {
        let piece = self.inner.try_next().await?;
        let outcome = match &piece {
            Some(piece) => self.take(piece),
            None => self.end(),
        };
        outcome.map_err(RequestError::into_io)?;
        Ok(piece)
    }

    fn take(&mut self, piece: &Bytes) -> Result<(), RequestError> {
        self.seen_bytes += piece.len() as u64;
        if self.seen_bytes > self.size_bytes {
            return Err(RequestError::TooLong { expected_bytes: self.size_bytes });
        }
        self.hasher.update(piece);
        if self.seen_bytes == self.size_bytes { self.check() } else { Ok(()) }
    }

    fn end(&self) -> Result<(), RequestError> {
        let (expected_bytes, received_bytes) = (self.size_bytes, self.seen_bytes);
        if received_bytes < expected_bytes {
            return Err(RequestError::TooShort { expected_bytes, received_bytes });
        }
        self.check()
    }

    fn check(&self) -> Result<(), RequestError> {
        let (expected, found) = (self.digest, self.hasher.clone().finish());
        if found == expected { Ok(()) } else { Err(RequestError::WrongDigest { expected, found }) }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use futures_util::stream::iter;

    use super::*;

    fn read(pieces: &[&'static str], wanted: &str, size_bytes: u64) -> (String, String) {
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Bytes::from(*piece))).collect();
        let mut stream = verified(iter(pieces).boxed(), Digest::of(wanted), size_bytes);
        let mut passed = String::new();
        loop {
            match stream.try_next().now_or_never().expect("nothing waits") {
                Ok(Some(piece)) => passed += std::str::from_utf8(&piece).unwrap(),
                Ok(None) => return (passed, "whole".into()),
                Err(error) => return (passed, error.to_string()),
            }
        }
    }

    #[test]
    fn the_last_piece_passes_only_if_all_is_right() {
        let rows: [(&[&str], &str, u64, &str, &str); 7] = [
            (&["ab", "c"], "abc", 3, "abc", "whole"),
            (&[], "", 0, "", "whole"),
            (&["ab", "", "c", ""], "abc", 3, "abc", "whole"),
            (&["ab", "x"], "abc", 3, "ab", "what came has the digest"),
            (&["ab"], "abc", 3, "ab", "only 2 of the expected 3 bytes came"),
            (&["ab", "cd"], "abc", 3, "ab", "more came than the 3 bytes"),
            (&[], "a", 0, "", "what came has the digest"),
        ];
        for (pieces, wanted, size_bytes, passed, end) in rows {
            let (found, error) = read(pieces, wanted, size_bytes);
            assert_eq!(found, passed, "{pieces:?}");
            assert!(error.starts_with(end), "{pieces:?}: {error}");
        }
    }
}
