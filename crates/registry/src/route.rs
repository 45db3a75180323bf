//! Where a registry may send us: to read from, and to write to.

use std::net::IpAddr;

use landfall_transport::{Address, redacted};
use reqwest::Response;
use reqwest::header::LOCATION;

use crate::call::Call;
use crate::{Endpoint, Registry, RequestError};

impl Registry {
    /// Reads along redirects, as registries use them to hand out blobs. A login stays behind.
    pub(crate) async fn follow(&self, mut call: Call) -> Result<Response, RequestError> {
        let limit = self.client.limits().redirects;
        for _ in 0..=limit {
            let response = self.ask(&call).await?;
            if response.status().as_u16() == 200 {
                return Ok(response);
            }
            if !is_redirect(&response) {
                return Err(self.refused(response, &call).await);
            }
            call.address = next(&response, &call.address, self.endpoint())?;
        }
        Err(RequestError::TooManyRedirects { limit })
    }
}

/// The statuses that a GET follows; 300, 304 and 305 name no place to go.
pub(crate) fn is_redirect(response: &Response) -> bool {
    matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The place that an answer names, which may be relative (RFC 9110, section 10.2.2).
pub(crate) fn next(
    response: &Response,
    from: &Address,
    endpoint: &Endpoint,
) -> Result<Address, RequestError> {
    let status = response.status();
    let location = response.headers().get(LOCATION).ok_or(RequestError::NoLocation { status })?;
    let location = String::from_utf8_lossy(location.as_bytes());
    let address = join(from, &location)?;
    judge(&address, endpoint)?;
    Ok(address)
}

pub(crate) fn join(from: &Address, location: &str) -> Result<Address, RequestError> {
    let to = redacted(location);
    from.join(location).map_err(|source| RequestError::BadLocation { to, source })
}

/// Anywhere in the world by https; inside this machine only where the registry is here too.
fn judge(to: &Address, endpoint: &Endpoint) -> Result<(), RequestError> {
    if to.same_origin(endpoint.base()) {
        return Ok(());
    }
    let within = to.is_loopback() && endpoint.is_loopback();
    let is_no_worse = within && !endpoint.is_secure();
    if !(to.is_secure() || is_no_worse) {
        return Err(RequestError::Downgrade { to: to.to_string() });
    }
    if !within && (to.is_loopback() || to.ip().is_some_and(is_inward)) {
        return Err(RequestError::Inward { to: to.to_string() });
    }
    Ok(())
}

/// Loopback, no address at all, and the link, where clouds keep the machine's own credentials.
fn is_inward(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_loopback() || four.is_unspecified() || four.is_link_local(),
        IpAddr::V6(six) => match six.to_ipv4_mapped() {
            Some(four) => is_inward(IpAddr::V4(four)),
            None => six.is_loopback() || six.is_unspecified() || six.is_unicast_link_local(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_out_by_https_and_never_inside() {
        let rows = [
            ("r.example", "https://r.example/x", ""),
            ("r.example", "https://bucket.example/x?sig=a", ""),
            ("r.example", "https://10.0.0.1/x", ""),
            ("r.example", "http://r.example/x", "to plain http, http://r.example/x,"),
            ("r.example", "http://bucket.example/x?sig=a", "http://bucket.example/x?sig=***,"),
            ("r.example", "https://127.0.0.1/x", "an address inside"),
            ("r.example", "https://2130706433/x", "an address inside"),
            ("r.example", "https://localhost/x", "an address inside"),
            ("r.example", "https://169.254.169.254/x", "an address inside"),
            ("r.example", "https://[::ffff:169.254.169.254]/x", "an address inside"),
            ("r.example", "https://[::]/x", "an address inside"),
            ("127.0.0.1:5", "http://127.0.0.1:6/x", ""),
            ("127.0.0.1:5", "https://bucket.example/x", ""),
            ("127.0.0.1:5", "http://bucket.example/x", "plain http"),
            ("https://127.0.0.1:5", "http://127.0.0.1:5/x", "plain http"),
        ];
        for (registry, to, wanted) in rows {
            let endpoint = Endpoint::parse(registry).ok().unwrap();
            let outcome = judge(&Address::parse(to).ok().unwrap(), &endpoint);
            let shown = outcome.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(
                shown.contains(wanted) && shown.is_empty() == wanted.is_empty(),
                "{to}: {shown}"
            );
        }
    }
}
