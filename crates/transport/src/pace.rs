//! Whether a server is fast enough to be waited for.

use std::time::Duration;

use crate::Limits;

/// Takes the speed over one span after the other, so that a fast beginning buys no endless trickle.
/// Only time spent waiting for the server counts: a slow disk is not its fault.
#[derive(Debug, Default)]
pub struct Pace {
    waited: Duration,
    received_bytes: u64,
}

impl Pace {
    /// Takes note of bytes and of the wait for them; `false` where a whole span was too slow.
    pub fn keeps_up(&mut self, waited: Duration, bytes: u64, limits: &Limits) -> bool {
        self.waited += waited;
        self.received_bytes += bytes;
        if self.waited < limits.grace {
            return true;
        }
        let span = std::mem::take(self);
        span.received_bytes as f64
            >= limits.minimum_bytes_per_second as f64 * span.waited.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_each_span_by_itself() {
        let limits = Limits {
            grace: Duration::from_secs(10),
            minimum_bytes_per_second: 100,
            ..Limits::default()
        };
        let second = Duration::from_secs(1);
        let mut pace = Pace::default();
        assert!(pace.keeps_up(second, 1_000_000, &limits));
        assert!(
            (1..10).all(|_| pace.keeps_up(second, 1, &limits)),
            "the first span is fast as a whole"
        );
        assert!((0..9).all(|_| pace.keeps_up(second, 1, &limits)), "grace");
        assert!(!pace.keeps_up(second, 1, &limits), "the second span holds ten bytes");
    }
}
