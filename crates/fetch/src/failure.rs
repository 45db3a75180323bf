//! Turns what the HTTP client reports into what happened.

use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::CertificateError;

use crate::DownloadError;
use crate::address::Address;
use crate::printable::printable;

/// The innermost words of a chain of errors; the layers of libraries above it say nothing to a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RootCause(String);

impl RootCause {
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let innermost = chain(error).last().unwrap_or(error);
        Self(printable(&innermost.to_string(), 300))
    }
}

/// Why no answer came.
pub(crate) fn before_answer(
    error: &reqwest::Error,
    address: &Address,
    proxy: String,
    timeout: Duration,
) -> DownloadError {
    let authority = address.authority();
    let source = RootCause::of(error);
    if let Some(tls) = chain(error).find_map(|error| error.downcast_ref::<rustls::Error>()) {
        DownloadError::Tls { authority, advice: advice(tls), source: tls.clone() }
    } else if error.is_dns() {
        DownloadError::Unresolved { host: address.host().into(), proxy, source }
    } else if error.is_connect() && error.is_timeout() {
        DownloadError::ConnectTimeout { authority, proxy, timeout }
    } else if error.is_connect() {
        DownloadError::Connect { authority, proxy, source }
    } else {
        DownloadError::BrokenAnswer { authority, source }
    }
}

/// An error and all below it. `io::Error` hides the error that it wraps from `source()`.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
    })
}

fn advice(error: &rustls::Error) -> &'static str {
    use CertificateError as Certificate;
    match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            // A bad signature is what another authority of the same name makes.
            Certificate::UnknownIssuer | Certificate::BadSignature => {
                "nobody trusted here has signed its certificate; name a file with your own root in SSL_CERT_FILE"
            }
            Certificate::Expired | Certificate::ExpiredContext { .. } => {
                "its certificate has expired"
            }
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => {
                "its certificate is not valid yet; look at the clock of this machine"
            }
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => {
                "its certificate is for another host"
            }
            _ => "its certificate cannot be used",
        },
        rustls::Error::InvalidMessage(_) => "what it sends is no TLS; is this the port of https?",
        _ => "the handshake failed",
    }
}
