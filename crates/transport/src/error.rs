//! Why no answer came. No text here holds a query's value or a password.

use std::error::Error;
use std::io;
use std::time::Duration;

use rustls::CertificateError;

use crate::{Address, printable};

/// What is wrong with the [`ClientSettings`](crate::ClientSettings).
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A proxy's URL.
    #[error("the proxy for {scheme}, `{url}`, is no URL; write it as `http://host:port`")]
    Proxy {
        /// `http` or `https`.
        scheme: &'static str,
        /// What stands there, without user and password.
        url: String,
    },
    /// The roots handed in are not PEM.
    #[error("the file of SSL_CERT_FILE is not PEM: {reason}")]
    RootsUnreadable {
        /// The parser's words.
        reason: String,
    },
    /// The roots handed in hold nothing that can be trusted.
    #[error("the file of SSL_CERT_FILE holds no usable root ({found} certificates were read)")]
    NoRootsInFile {
        /// Certificates that were read, none of them usable.
        found: usize,
    },
    /// Anything else, such as a user agent that is no header value.
    #[error("the HTTP client cannot be made")]
    Client {
        /// The client's words.
        source: reqwest::Error,
    },
}

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// `https`, and nobody to trust.
    #[error(
        "no root certificates for https: none of {} is there; \
         install the package `ca-certificates`, or name a file in SSL_CERT_FILE", .looked_at.join(", ")
    )]
    NoRoots {
        /// Where we looked.
        looked_at: &'static [&'static str],
    },
    /// DNS.
    #[error("no address is known for `{host}`{proxy}")]
    Unresolved {
        /// The host of the URL.
        host: String,
        /// ` (a proxy is set: …)`, or nothing.
        proxy: String,
        /// The resolver's words.
        source: RootCause,
    },
    /// Refused, unreachable, reset, or refused by the proxy.
    #[error("cannot connect to {authority}{proxy}")]
    Connect {
        /// `host:port` of the URL.
        authority: String,
        /// ` (a proxy is set: …)`, or nothing.
        proxy: String,
        /// The system's or the proxy's words.
        source: RootCause,
    },
    /// Connecting took too long.
    #[error("{authority}{proxy} took no connection within {} s", .timeout.as_secs_f64())]
    ConnectTimeout {
        /// `host:port` of the URL.
        authority: String,
        /// ` (a proxy is set: …)`, or nothing.
        proxy: String,
        /// The bound.
        timeout: Duration,
    },
    /// The server is not who it should be, or speaks no TLS.
    #[error("no TLS with {authority}: {advice}")]
    Tls {
        /// `host:port` of the URL.
        authority: String,
        /// What it means, and what to do.
        advice: &'static str,
        /// The words of the TLS library.
        source: rustls::Error,
    },
    /// Connected, and then not a word.
    #[error("{authority} did not answer within {} s", .timeout.as_secs_f64())]
    NoAnswer {
        /// `host:port` of the URL.
        authority: String,
        /// The bound.
        timeout: Duration,
    },
    /// It stopped taking what we send.
    #[error("{authority} took nothing for {} s, after {sent_bytes} bytes", .timeout.as_secs_f64())]
    UploadStalled {
        /// `host:port` of the URL.
        authority: String,
        /// What had left us.
        sent_bytes: u64,
        /// The bound.
        timeout: Duration,
    },
    /// It takes what we send, but hardly any of it.
    #[error(
        "{authority} takes less than {minimum_bytes_per_second} bytes per second, \
         after {sent_bytes} bytes"
    )]
    UploadTooSlow {
        /// `host:port` of the URL.
        authority: String,
        /// What had left us.
        sent_bytes: u64,
        /// The bound.
        minimum_bytes_per_second: u64,
    },
    /// What came is not HTTP, or the connection ended before the whole header was there.
    #[error("the answer of {authority} is broken")]
    BrokenAnswer {
        /// `host:port` of the URL.
        authority: String,
        /// The client's words.
        source: RootCause,
    },
}

impl TransportError {
    /// Whether another attempt may go better: an untrusted certificate stays what it is.
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::NoRoots { .. } | Self::Tls { .. })
    }

    /// Whether the outside is to blame, and not our own machine.
    pub fn is_outside(&self) -> bool {
        !matches!(self, Self::NoRoots { .. })
    }
}

/// The innermost words of a chain of errors; the layers of libraries above it say nothing to a user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RootCause(String);

impl RootCause {
    /// The innermost words of an error, escaped and cut.
    pub fn of(error: &(dyn Error + 'static)) -> Self {
        let innermost = chain(error).last().unwrap_or(error);
        Self(printable(&innermost.to_string(), 300))
    }
}

/// Turns what the HTTP client reports into what happened.
pub(crate) fn before_answer(
    error: &reqwest::Error,
    address: &Address,
    proxy: String,
    timeout: Duration,
) -> TransportError {
    let authority = address.authority();
    let source = RootCause::of(error);
    if let Some(tls) = chain(error).find_map(|error| error.downcast_ref::<rustls::Error>()) {
        TransportError::Tls { authority, advice: advice(tls), source: tls.clone() }
    } else if error.is_dns() {
        TransportError::Unresolved { host: address.host().into(), proxy, source }
    } else if error.is_connect() && error.is_timeout() {
        TransportError::ConnectTimeout { authority, proxy, timeout }
    } else if error.is_connect() {
        TransportError::Connect { authority, proxy, source }
    } else {
        TransportError::BrokenAnswer { authority, source }
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
