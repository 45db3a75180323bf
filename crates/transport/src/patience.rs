//! Whether to try again, and after what wait.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::Limits;

impl Limits {
    /// The wait after the given attempt (counted from 1) that failed in a way which may pass;
    /// `asked` is the server's [`retry_after`]. None where we give up.
    pub fn wait_after(&self, attempt: usize, asked: Option<Duration>) -> Option<Duration> {
        if attempt >= self.attempts {
            return None;
        }
        let exponent = u32::try_from(attempt - 1).unwrap_or(u32::MAX);
        let own = self.first_wait.saturating_mul(4_u32.saturating_pow(exponent));
        let asked = asked.unwrap_or_default();
        (asked <= self.longest_wait).then_some(own.min(self.longest_wait).max(asked))
    }
}

/// The wait that a server asks for. Seconds only (RFC 9110, section 10.2.3): a date would need the
/// clock, and is passed over.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_each_time_and_as_long_as_asked() {
        let limits = Limits::default();
        let seconds = |asked: Option<u64>| asked.map(Duration::from_secs);
        let waits = |asked| [1, 2, 3, 4].map(|attempt| limits.wait_after(attempt, seconds(asked)));
        let milliseconds = |list: [u64; 3]| {
            let [a, b, c] = list.map(|value| Some(Duration::from_millis(value)));
            [a, b, c, None]
        };
        assert_eq!(waits(None), milliseconds([200, 800, 3200]));
        assert_eq!(waits(Some(1)), milliseconds([1000, 1000, 3200]));
        assert_eq!(waits(Some(30)), milliseconds([30_000, 30_000, 30_000]));
        assert_eq!(waits(Some(31)), [None; 4]);
    }
}
