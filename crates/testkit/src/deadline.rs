//! Waits for a condition until a deadline, never for a time.

use std::thread;
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_millis(10);

/// Asks `condition` again and again until it gives a value; none where `timeout` passes first.
pub(crate) fn until<T, E>(
    timeout: Duration,
    mut condition: impl FnMut() -> Result<Option<T>, E>,
) -> Result<Option<T>, E> {
    let end = Instant::now() + timeout;
    loop {
        let answer = condition()?;
        if answer.is_some() || Instant::now() >= end {
            return Ok(answer);
        }
        thread::park_timeout(INTERVAL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_is_asked_until_it_holds_or_the_time_is_up() {
        let mut asked = 0;
        let third = until::<_, ()>(Duration::from_secs(60), || {
            asked += 1;
            Ok((asked == 3).then_some(asked))
        });
        assert_eq!(third, Ok(Some(3)));
        assert_eq!(until::<(), ()>(Duration::ZERO, || Ok(None)), Ok(None));
        assert_eq!(until::<(), _>(Duration::from_secs(60), || Err("no")), Err("no"));
    }
}
