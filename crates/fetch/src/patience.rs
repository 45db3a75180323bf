//! Whether to try again, and after what wait.

use std::time::Duration;

use crate::{DownloadError, Limits};

impl Limits {
    /// The wait after the given attempt (counted from 1); none where we give up.
    pub(crate) fn wait_after(&self, attempt: usize, cause: &DownloadError) -> Option<Duration> {
        if attempt >= self.attempts || !cause.is_transient() {
            return None;
        }
        let exponent = u32::try_from(attempt - 1).unwrap_or(u32::MAX);
        let own = self.first_wait.saturating_mul(4_u32.saturating_pow(exponent));
        let asked = asked_wait(cause).unwrap_or_default();
        (asked <= self.longest_wait).then_some(own.min(self.longest_wait).max(asked))
    }
}

fn asked_wait(cause: &DownloadError) -> Option<Duration> {
    match cause {
        DownloadError::Status { retry_after, .. } => *retry_after,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::*;

    fn busy(retry_after_seconds: Option<u64>) -> DownloadError {
        let retry_after = retry_after_seconds.map(Duration::from_secs);
        let status = StatusCode::SERVICE_UNAVAILABLE;
        DownloadError::Status { status, advice: "", retry_after, body: String::new() }
    }

    #[test]
    fn waits_longer_each_time_and_as_long_as_asked() {
        let limits = Limits::default();
        let waits = |asked| [1, 2, 3, 4].map(|attempt| limits.wait_after(attempt, &busy(asked)));
        let milliseconds = |list: [u64; 3]| {
            let [a, b, c] = list.map(|value| Some(Duration::from_millis(value)));
            [a, b, c, None]
        };
        assert_eq!(waits(None), milliseconds([200, 800, 3200]));
        assert_eq!(waits(Some(1)), milliseconds([1000, 1000, 3200]));
        assert_eq!(waits(Some(30)), milliseconds([30_000, 30_000, 30_000]));
        assert_eq!(waits(Some(31)), [None; 4]);
    }

    #[test]
    fn does_not_repeat_what_will_not_change() {
        assert_eq!(Limits::default().wait_after(1, &DownloadError::UnknownLength), None);
    }
}
