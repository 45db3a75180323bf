//! Whether to try again, and after what wait.

use std::time::Duration;

use landfall_transport::Limits;

use crate::DownloadError;

/// The wait after the given attempt (counted from 1); none where we give up.
pub(crate) fn wait_after(
    limits: &Limits,
    attempt: usize,
    cause: &DownloadError,
) -> Option<Duration> {
    if !cause.is_transient() {
        return None;
    }
    limits.wait_after(attempt, asked_wait(cause))
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
    fn waits_as_long_as_asked() {
        let limits = Limits::default();
        let waits = [None, Some(7), Some(31)].map(|asked| wait_after(&limits, 1, &busy(asked)));
        let [first, asked] = [Duration::from_millis(200), Duration::from_secs(7)];
        assert_eq!(waits, [Some(first), Some(asked), None]);
    }

    #[test]
    fn does_not_repeat_what_will_not_change() {
        assert_eq!(wait_after(&Limits::default(), 1, &DownloadError::UnknownLength), None);
    }
}
