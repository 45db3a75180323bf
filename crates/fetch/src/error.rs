//! What can go wrong, with what was tried. No text here holds a query's value or a password.

use std::io;
use std::time::Duration;

use landfall_hashing::Digest;
use landfall_transport::{AddressError, RootCause, SettingsError, TransportError};
use reqwest::StatusCode;

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

    /// Whether the outside is to blame, this machine's disk and system among it: not the user's
    /// files or settings.
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

/// What happened in one attempt to download.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The URL in the user's file cannot be fetched.
    #[error("this URL cannot be used")]
    BadUrl {
        /// Why.
        source: AddressError,
    },
    /// No answer came.
    #[error(transparent)]
    Transport {
        /// Why.
        #[from]
        source: TransportError,
    },
    /// No runtime: the process has no file descriptors or threads left.
    #[error("the download cannot be started")]
    Start {
        /// The system's words.
        source: io::Error,
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
            Self::Transport { source } => source.is_transient(),
            Self::TooShort { .. }
            | Self::Cut { .. }
            | Self::Stalled { .. }
            | Self::TooSlow { .. } => true,
            _ => false,
        }
    }

    /// Whether the outside is to blame, this machine's disk and system among it: not the user's
    /// files.
    pub fn is_outside(&self) -> bool {
        match self {
            Self::Transport { source } => source.is_outside(),
            Self::BadUrl { .. } => false,
            _ => true,
        }
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
