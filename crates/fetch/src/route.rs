//! The way of one attempt from the URL over redirects to the file.

use landfall_transport::{Address, redacted};
use reqwest::StatusCode;
use reqwest::header::HeaderValue;

use crate::DownloadError;

/// Where we are, where we were, and where we may go.
///
/// A redirect may stay within the first origin, or go to a host that the user named. So a server
/// cannot send a build to an address that only this machine can reach, and a file that has moved
/// to another owner is seen.
pub(crate) struct Route<'a> {
    visited: Vec<Address>,
    current: Address,
    allowed_hosts: &'a [String],
    limit: usize,
}

impl<'a> Route<'a> {
    pub(crate) fn new(first: Address, allowed_hosts: &'a [String], limit: usize) -> Self {
        Self { visited: Vec::new(), current: first, allowed_hosts, limit }
    }

    /// What to ask next.
    pub(crate) fn current(&self) -> &Address {
        &self.current
    }

    /// Where we are, if that is not where we began.
    pub(crate) fn redirected_to(&self) -> Option<String> {
        (!self.visited.is_empty()).then(|| self.current.to_string())
    }

    /// Takes one redirect, or says why not (RFC 9110, section 15.4).
    pub(crate) fn follow(
        &mut self,
        status: StatusCode,
        location: Option<&HeaderValue>,
    ) -> Result<(), DownloadError> {
        let location = location.ok_or(DownloadError::RedirectWithoutLocation { status })?;
        let location = String::from_utf8_lossy(location.as_bytes());
        let next = self.current.join(&location);
        let next =
            next.map_err(|source| DownloadError::BadRedirect { to: redacted(&location), source })?;
        self.check(&next)?;
        self.visited.push(std::mem::replace(&mut self.current, next));
        Ok(())
    }

    fn check(&self, next: &Address) -> Result<(), DownloadError> {
        let to = next.to_string();
        if self.current.is_secure() && !next.is_secure() {
            return Err(DownloadError::Downgrade { to });
        }
        if !self.is_allowed(next) {
            return Err(DownloadError::ForeignRedirect { to, host: next.host().into() });
        }
        if *next == self.current || self.visited.contains(next) {
            return Err(DownloadError::RedirectLoop { to });
        }
        if self.visited.len() >= self.limit {
            return Err(DownloadError::TooManyRedirects { limit: self.limit });
        }
        Ok(())
    }

    fn is_allowed(&self, next: &Address) -> bool {
        let first = self.visited.first().unwrap_or(&self.current);
        next.same_origin(first) || self.allowed_hosts.iter().any(|host| names(host, next))
    }
}

/// A host alone allows all its ports, `host:port` that one only.
fn names(host: &str, next: &Address) -> bool {
    host.eq_ignore_ascii_case(next.host()) || host.eq_ignore_ascii_case(&next.authority())
}

/// The statuses that a GET follows; 300, 304 and 305 name no place to go.
pub(crate) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}
