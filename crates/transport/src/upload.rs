//! Watches a body on its way out, so that a server which takes nothing does not hold us forever.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::{Address, Limits, Pace, TransportError};

/// How often progress is told.
const TICK: Duration = Duration::from_millis(100);

/// How many bytes of a body have been given away. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// Adds what was given away.
    pub fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    /// What was given away so far.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Which bound was broken.
pub(crate) enum Stall {
    Silent,
    Slow,
}

impl Stall {
    pub(crate) fn at(
        self,
        address: &Address,
        counter: &Counter,
        limits: &Limits,
    ) -> TransportError {
        let (authority, sent_bytes) = (address.authority(), counter.bytes());
        match self {
            Self::Silent => TransportError::UploadStalled {
                authority,
                sent_bytes,
                timeout: limits.stall_timeout,
            },
            Self::Slow => TransportError::UploadTooSlow {
                authority,
                sent_bytes,
                minimum_bytes_per_second: limits.minimum_bytes_per_second,
            },
        }
    }
}

/// Looks at a counter from time to time.
pub(crate) struct Watch<'a> {
    counter: &'a Counter,
    limits: &'a Limits,
    pace: Pace,
    seen_bytes: u64,
    silent_since: Instant,
    waited: Duration,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(counter: &'a Counter, limits: &'a Limits) -> Self {
        let (pace, seen_bytes) = (Pace::default(), counter.bytes());
        let (silent_since, waited) = (Instant::now(), Duration::ZERO);
        Self { counter, limits, pace, seen_bytes, silent_since, waited }
    }

    /// Waits for `sending`, as long as bytes leave.
    pub(crate) async fn over<T>(
        &mut self,
        sending: impl Future<Output = T>,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<T, Stall> {
        let mut sending = pin!(sending);
        let tick = TICK.min(self.limits.stall_timeout);
        loop {
            let begin = Instant::now();
            if let Ok(done) = timeout(tick, &mut sending).await {
                return Ok(done);
            }
            self.look(begin.elapsed(), progress)?;
        }
    }

    fn look(
        &mut self,
        waited: Duration,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), Stall> {
        self.waited += waited;
        let bytes = self.counter.bytes();
        let fresh = bytes.saturating_sub(std::mem::replace(&mut self.seen_bytes, bytes));
        if fresh > 0 {
            progress(bytes);
            return self.judge(fresh);
        }
        // After the last byte the server may think for a while: silence is bounded, not speed.
        let bound = self.limits.connect_timeout + self.limits.stall_timeout;
        if self.silent_since.elapsed() < bound { Ok(()) } else { Err(Stall::Silent) }
    }

    fn judge(&mut self, fresh: u64) -> Result<(), Stall> {
        self.silent_since = Instant::now();
        let waited = std::mem::take(&mut self.waited);
        if self.pace.keeps_up(waited, fresh, self.limits) { Ok(()) } else { Err(Stall::Slow) }
    }
}
