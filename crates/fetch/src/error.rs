//! What can go wrong, with what was tried. No text here holds a query's value or a password.

use std::io;
use std::time::Duration;

use landfall_hashing::Digest;
use reqwest::StatusCode;

use crate::{AddressError, RootCause};

/// Why there is no [`Fetcher`](crate::Fetcher), or why it did not fetch.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Nothing was tried.
    #[error("the settings for downloads cannot be used")]
    Settings {
        /// Which, and why.
        #[from]
        source: SettingsError,
    },
    /// One download failed.
    #[error("cannot fetch {url}{}{}", by_way_of(.redirected_to), after(*.attempts))]
    Download {
        /// What was asked for, values of its query left out.
        url: String,
        /// Where the last attempt was redirected to.
        redirected_to: Option<String>,
        /// How often it was tried; none where the URL is wrong.
        attempts: usize,
        /// What happened in the last attempt.
        #[source]
        cause: Box<DownloadError>,
    },
}

impl FetchError {
    /// Whether the same call could succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Download { cause, .. } if cause.is_transient())
    }

    /// Whether the outside is to blame: not the user's files or settings, and not our own disk.
    pub fn is_outside(&self) -> bool {
        matches!(self, Self::Download { cause, .. } if cause.is_outside())
    }
}

fn by_way_of(redirected_to: &Option<String>) -> String {
    redirected_to.as_ref().map(|url| format!(", redirected to {url}")).unwrap_or_default()
}

fn after(attempts: usize) -> String {
    if attempts > 1 { format!(", after {attempts} attempts") } else { String::new() }
}

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

/// What happened in one attempt to download.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The URL in the user's file cannot be fetched.
    #[error("this URL cannot be used")]
    BadUrl {
        /// Why.
        source: AddressError,
    },
    /// `https`, and nobody to trust.
    #[error(
        "no root certificates for https: none of {} is there; \
         install the package `ca-certificates`, or name a file in SSL_CERT_FILE", .looked_at.join(", ")
    )]
    NoRoots {
        /// Where we looked.
        looked_at: &'static [&'static str],
    },
    /// No runtime: the process has no file descriptors or threads left.
    #[error("the download cannot be started")]
    Start {
        /// The system's words.
        source: io::Error,
    },
    /// DNS.
    #[error("no address is known for `{host}`{proxy}")]
    Unresolved {
        /// The host of the URL.
        host: String,
        /// ` (with the proxy …)`, or nothing.
        proxy: String,
        /// The resolver's words.
        source: RootCause,
    },
    /// Refused, unreachable, reset, or refused by the proxy.
    #[error("cannot connect to {authority}{proxy}")]
    Connect {
        /// `host:port` of the URL.
        authority: String,
        /// ` (with the proxy …)`, or nothing.
        proxy: String,
        /// The system's or the proxy's words.
        source: RootCause,
    },
    /// Connecting took too long.
    #[error("{authority}{proxy} took no connection within {} s", .timeout.as_secs_f64())]
    ConnectTimeout {
        /// `host:port` of the URL.
        authority: String,
        /// ` (with the proxy …)`, or nothing.
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
    /// What came is not HTTP, or ended within the header.
    #[error("the answer of {authority} is broken")]
    BrokenAnswer {
        /// `host:port` of the URL.
        authority: String,
        /// The client's words.
        source: RootCause,
    },
    /// Anything but 200 and a redirect.
    #[error("the server answered {status}{advice}{}{}", asking(.retry_after), saying(.body))]
    Status {
        /// The status.
        status: StatusCode,
        /// What it means here; begins with `; ` where there is any.
        advice: &'static str,
        /// The wait that the server asks for.
        retry_after: Option<Duration>,
        /// The beginning of the body, escaped; may be empty.
        body: String,
    },
    /// A redirect to another origin that the user did not allow.
    #[error(
        "redirected to another origin, {to}; \
         where that is right, add to this input: redirects = [\"{host}\"]"
    )]
    ForeignRedirect {
        /// The target, values of its query left out.
        to: String,
        /// Its host.
        host: String,
    },
    /// A redirect from https to http.
    #[error("redirected from https to plain http, {to}, which is never followed")]
    Downgrade {
        /// The target, values of its query left out.
        to: String,
    },
    /// A redirect that says not where to.
    #[error("the server answered {status} without a Location")]
    RedirectWithoutLocation {
        /// The status.
        status: StatusCode,
    },
    /// A redirect to what cannot be fetched.
    #[error("redirected to `{to}`, which cannot be used")]
    BadRedirect {
        /// The Location, values of its query left out.
        to: String,
        /// Why.
        source: AddressError,
    },
    /// A redirect to where we were already.
    #[error("redirected in a circle, back to {to}")]
    RedirectLoop {
        /// The target, values of its query left out.
        to: String,
    },
    /// More redirects than are followed.
    #[error("redirected more than {limit} times")]
    TooManyRedirects {
        /// The bound.
        limit: usize,
    },
    /// `Content-Encoding`: the bytes are a form made for the way, and not what was hashed.
    #[error(
        "the server sends the file in the encoding `{encoding}` although it was asked not to; \
         the file must be served as it is"
    )]
    Encoded {
        /// What the header says.
        encoding: String,
    },
    /// A body that ends where the connection ends, and no digest to prove it whole.
    #[error(
        "the server gives no length, so a cut could not be seen; \
         give the input its `sha256`, or serve the file with a length"
    )]
    UnknownLength,
    /// The server announces another size than is expected; nothing was read.
    #[error(
        "the server announces {announced_bytes} bytes where {expected_bytes} are expected; {CHANGED}"
    )]
    WrongSize {
        /// What must come.
        expected_bytes: u64,
        /// `Content-Length`.
        announced_bytes: u64,
    },
    /// More than may ever come.
    #[error("the file is larger than the limit of {limit_bytes} bytes")]
    OverLimit {
        /// The bound.
        limit_bytes: u64,
    },
    /// More than is expected; stopped at once.
    #[error("more came than the {expected_bytes} bytes that are expected; {CHANGED}")]
    TooLong {
        /// What must come.
        expected_bytes: u64,
    },
    /// The body ended well, before all that is expected had come.
    #[error("only {received_bytes} of the expected {expected_bytes} bytes came")]
    TooShort {
        /// What must come.
        expected_bytes: u64,
        /// What came.
        received_bytes: u64,
    },
    /// The connection broke within the body.
    #[error("the download was cut after {received_bytes} bytes{}", of_total(.total_bytes))]
    Cut {
        /// What had come.
        received_bytes: u64,
        /// What should have come, where it is known.
        total_bytes: Option<u64>,
        /// The client's words.
        source: RootCause,
    },
    /// Silence within the body.
    #[error("nothing came for {} s, after {received_bytes} bytes{}", .timeout.as_secs_f64(), of_total(.total_bytes))]
    Stalled {
        /// What had come.
        received_bytes: u64,
        /// What should have come, where it is known.
        total_bytes: Option<u64>,
        /// The bound.
        timeout: Duration,
    },
    /// A trickle.
    #[error(
        "the server sends less than {minimum_bytes_per_second} bytes per second, \
         after {received_bytes} bytes{}", of_total(.total_bytes)
    )]
    TooSlow {
        /// What had come.
        received_bytes: u64,
        /// What should have come, where it is known.
        total_bytes: Option<u64>,
        /// The bound.
        minimum_bytes_per_second: u64,
    },
    /// All came, and it is something else.
    #[error("what came has the digest {found}, and {expected} is expected{}; {CHANGED}", of_type(.content_type))]
    WrongDigest {
        /// What must come.
        expected: Digest,
        /// What came.
        found: Digest,
        /// What the server says it sent; `text/html` is often a page that says no.
        content_type: Option<String>,
    },
    /// Our own end.
    #[error("what was received cannot be written")]
    Write {
        /// The sink's words.
        source: io::Error,
    },
}

/// The end of each text that says the file is another one.
const CHANGED: &str = "the file there changed, or is not what the lock names; \
    run `landfall lock --update` (or correct `sha256`) only if you expected it";

impl DownloadError {
    /// Whether another attempt may go better.
    ///
    /// Other bytes than expected, an untrusted certificate and a refusal stay what they are.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Status { status, .. } => {
                status.is_server_error()
                    || matches!(
                        *status,
                        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
                    )
            }
            Self::Unresolved { .. }
            | Self::Connect { .. }
            | Self::ConnectTimeout { .. }
            | Self::NoAnswer { .. }
            | Self::BrokenAnswer { .. }
            | Self::TooShort { .. }
            | Self::Cut { .. }
            | Self::Stalled { .. }
            | Self::TooSlow { .. } => true,
            _ => false,
        }
    }

    /// Whether the outside is to blame: not the user's files, and not our own machine.
    pub fn is_outside(&self) -> bool {
        !matches!(
            self,
            Self::BadUrl { .. } | Self::NoRoots { .. } | Self::Start { .. } | Self::Write { .. }
        )
    }
}

fn asking(retry_after: &Option<Duration>) -> String {
    let asked =
        retry_after.map(|wait| format!("; it asks to come back after {} s", wait.as_secs()));
    asked.unwrap_or_default()
}

fn saying(body: &str) -> String {
    if body.is_empty() { String::new() } else { format!("; it says: {body}") }
}

fn of_total(total_bytes: &Option<u64>) -> String {
    total_bytes.map(|total| format!(" of {total}")).unwrap_or_default()
}

fn of_type(content_type: &Option<String>) -> String {
    let told = content_type.as_ref().map(|kind| format!(" (the server calls it `{kind}`)"));
    told.unwrap_or_default()
}
