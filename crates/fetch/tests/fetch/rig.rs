//! One download, and its outcome as text.

use std::error::Error;
use std::time::Duration;

use landfall_fetch::{ClientSettings, Expected, FetchError, Fetched, Fetcher, Limits, Request};
use landfall_hashing::Digest;

pub const BODY: &str = "hello, landfall\n";

/// What the file is said to be.
#[derive(Clone, Copy, PartialEq)]
pub enum Known {
    Nothing,
    Digest,
    DigestAndSize,
}

impl Known {
    pub fn expected(self) -> Option<Expected> {
        let size_bytes = (self == Self::DigestAndSize).then_some(BODY.len() as u64);
        (self != Self::Nothing).then(|| Expected { digest: Digest::of(BODY), size_bytes })
    }
}

/// Patient, one attempt, and a mebibyte at most.
pub fn limits() -> Limits {
    Limits {
        attempts: 1,
        stall_timeout: Duration::from_secs(5),
        size_limit_bytes: 1 << 20,
        first_wait: Duration::from_millis(1),
        ..Limits::default()
    }
}

pub fn settings(limits: Limits) -> ClientSettings {
    ClientSettings { user_agent: "landfall-test/1".into(), limits, ..ClientSettings::default() }
}

pub fn fetch_with(
    settings: ClientSettings,
    request: &Request<'_>,
) -> Result<(Fetched, Vec<u8>), FetchError> {
    let mut sink = b"left from before".to_vec();
    let fetched = Fetcher::new(settings)?.fetch(request, &mut sink, &|_| ())?;
    Ok((fetched, sink))
}

/// The error of a download that cannot succeed.
pub fn failure(limits: Limits, url: &str, known: Known) -> FetchError {
    let request = Request { url, expected: known.expected(), redirect_hosts: &[] };
    fetch_with(settings(limits), &request).err().unwrap_or_else(|| panic!("{url} was fetched"))
}

/// An error and its causes, as a printer would show them, on one line.
pub fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |&error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(" | ")
}
