//! Takes the body of an answer: bounded, hashed, timed, handed on.

use landfall_hashing::{Digest, Hasher};
use landfall_transport::{Pace, printable};
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use tokio::time::{Instant, timeout};

use crate::{DownloadError, Expected, Limits, Progress, RootCause, Sink};

/// A body that is being received.
pub(crate) struct Body<'a> {
    response: Response,
    expected: Option<&'a Expected>,
    limits: &'a Limits,
    total_bytes: Option<u64>,
    received_bytes: u64,
    hasher: Hasher,
    pace: Pace,
}

impl<'a> Body<'a> {
    pub(crate) fn new(
        response: Response,
        total_bytes: Option<u64>,
        expected: Option<&'a Expected>,
        limits: &'a Limits,
    ) -> Self {
        let (hasher, pace) = (Hasher::new(), Pace::default());
        Self { response, expected, limits, total_bytes, received_bytes: 0, hasher, pace }
    }

    /// Hands the whole body to the sink; gives its digest and size once they are proven right.
    pub(crate) async fn receive(
        mut self,
        sink: &mut dyn Sink,
        progress: &dyn Fn(Progress),
    ) -> Result<(Digest, u64), DownloadError> {
        progress(self.progress());
        while let Some(size_bytes) = self.pass_on(sink).await? {
            self.received_bytes += size_bytes;
            progress(self.progress());
        }
        sink.flush().map_err(|source| DownloadError::Write { source })?;
        self.finish()
    }

    /// Passes the next piece on; gives its size, and none at the end.
    async fn pass_on(&mut self, sink: &mut dyn Sink) -> Result<Option<u64>, DownloadError> {
        let begin = Instant::now();
        let piece = timeout(self.limits.stall_timeout, self.response.chunk()).await;
        let piece = piece.map_err(|_| self.stalled())?.map_err(|error| self.cut(&error))?;
        let Some(piece) = piece else { return Ok(None) };
        let size_bytes = piece.len() as u64;
        self.check_room_for(size_bytes)?;
        if !self.pace.keeps_up(begin.elapsed(), size_bytes, self.limits) {
            return Err(self.too_slow());
        }
        self.hasher.update(&piece);
        sink.write_all(&piece).map_err(|source| DownloadError::Write { source })?;
        Ok(Some(size_bytes))
    }

    fn check_room_for(&self, size_bytes: u64) -> Result<(), DownloadError> {
        let after = self.received_bytes.saturating_add(size_bytes);
        let limit_bytes = self.limits.size_limit_bytes;
        match self.expected_size() {
            Some(expected_bytes) if after > expected_bytes => {
                Err(DownloadError::TooLong { expected_bytes })
            }
            _ if after > limit_bytes => Err(DownloadError::OverLimit { limit_bytes }),
            _ => Ok(()),
        }
    }

    fn finish(self) -> Result<(Digest, u64), DownloadError> {
        let received_bytes = self.received_bytes;
        if let Some(expected_bytes) =
            self.expected_size().filter(|expected| *expected > received_bytes)
        {
            return Err(DownloadError::TooShort { expected_bytes, received_bytes });
        }
        let found = self.hasher.finish();
        match self.expected.map(|expected| expected.digest).filter(|expected| *expected != found) {
            Some(expected) => {
                let content_type = content_type(self.response.headers());
                Err(DownloadError::WrongDigest { expected, found, content_type })
            }
            None => Ok((found, received_bytes)),
        }
    }

    fn expected_size(&self) -> Option<u64> {
        self.expected.and_then(|expected| expected.size_bytes)
    }

    fn progress(&self) -> Progress {
        Progress { received_bytes: self.received_bytes, total_bytes: self.total_bytes }
    }

    fn stalled(&self) -> DownloadError {
        let Progress { received_bytes, total_bytes } = self.progress();
        DownloadError::Stalled { received_bytes, total_bytes, timeout: self.limits.stall_timeout }
    }

    fn cut(&self, error: &reqwest::Error) -> DownloadError {
        let Progress { received_bytes, total_bytes } = self.progress();
        DownloadError::Cut { received_bytes, total_bytes, source: RootCause::of(error) }
    }

    fn too_slow(&self) -> DownloadError {
        let Progress { received_bytes, total_bytes } = self.progress();
        let minimum_bytes_per_second = self.limits.minimum_bytes_per_second;
        DownloadError::TooSlow { received_bytes, total_bytes, minimum_bytes_per_second }
    }
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?;
    Some(printable(&String::from_utf8_lossy(value.as_bytes()), 80))
}
