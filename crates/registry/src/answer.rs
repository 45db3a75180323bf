//! Takes the body of an answer: bounded and timed.

use bytes::Bytes;
use futures_util::stream::{StreamExt, TryStreamExt, try_unfold};
use landfall_transport::{Limits, Pace, RootCause};
use reqwest::Response;
use tokio::time::{Instant, timeout};

use crate::{BlobStream, RequestError};

/// All of a body that is small.
pub(crate) async fn read(
    response: Response,
    limit_bytes: u64,
    limits: &Limits,
) -> Result<Bytes, RequestError> {
    if response.content_length().is_some_and(|announced| announced > limit_bytes) {
        return Err(RequestError::OverLimit { limit_bytes });
    }
    let mut body = Vec::new();
    let mut stream = stream(response, limits.clone());
    while let Some(piece) = stream.try_next().await.map_err(RequestError::of_io)? {
        if (body.len() + piece.len()) as u64 > limit_bytes {
            return Err(RequestError::OverLimit { limit_bytes });
        }
        body.extend_from_slice(&piece);
    }
    Ok(body.into())
}

/// A body piece by piece, as it comes; nothing is proven yet.
pub(crate) fn stream(response: Response, limits: Limits) -> BlobStream {
    let body = Body { response, limits, pace: Pace::default(), received_bytes: 0 };
    let next = |mut body: Body| async {
        let piece = body.next().await.map_err(RequestError::into_io)?;
        Ok(piece.map(|piece| (piece, body)))
    };
    try_unfold(body, next).boxed()
}

struct Body {
    response: Response,
    limits: Limits,
    pace: Pace,
    received_bytes: u64,
}

impl Body {
    async fn next(&mut self) -> Result<Option<Bytes>, RequestError> {
        let begin = Instant::now();
        let received_bytes = self.received_bytes;
        let stall = self.limits.stall_timeout;
        let piece = timeout(stall, self.response.chunk()).await;
        let piece = piece.map_err(|_| RequestError::Stalled { received_bytes, timeout: stall })?;
        let piece = piece
            .map_err(|error| RequestError::Cut { received_bytes, source: RootCause::of(&error) })?;
        let Some(piece) = piece else { return Ok(None) };
        self.received_bytes += piece.len() as u64;
        if !self.pace.keeps_up(begin.elapsed(), piece.len() as u64, &self.limits) {
            let minimum_bytes_per_second = self.limits.minimum_bytes_per_second;
            return Err(RequestError::TooSlow { received_bytes, minimum_bytes_per_second });
        }
        Ok(Some(piece))
    }
}
