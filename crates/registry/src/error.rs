//! What can go wrong, with what was tried and a way out. No text here holds a secret.

use std::io;
use std::time::Duration;

use landfall_hashing::Digest;
use landfall_transport::{AddressError, RootCause, SettingsError, TransportError};
use reqwest::StatusCode;

use crate::{CredentialsError, ManifestError, NameError, Refusal};

/// Why a registry did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} at {host}{}", after(*.attempts))]
pub struct RegistryError {
    /// What was tried: `read the manifest of myapp:1.0`.
    pub doing: String,
    /// The registry.
    pub host: String,
    /// How often it was tried.
    pub attempts: usize,
    /// What happened the last time.
    #[source]
    pub cause: Box<RequestError>,
}

fn after(attempts: usize) -> String {
    if attempts > 1 { format!(", after {attempts} attempts") } else { String::new() }
}

impl RegistryError {
    /// Whether the same call could succeed later.
    pub fn is_transient(&self) -> bool {
        self.cause.is_transient()
    }

    /// Whether the outside is to blame: not the user's files or settings, and not our own disk.
    pub fn is_outside(&self) -> bool {
        self.cause.is_outside()
    }

    /// What the registry answered, where it answered at all.
    pub fn refusal(&self) -> Option<&Refusal> {
        match &*self.cause {
            RequestError::Refused { refusal } => Some(refusal),
            _ => None,
        }
    }
}

/// What happened in one attempt.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The client cannot be made.
    #[error("the settings for the registry cannot be used")]
    Settings {
        /// Which, and why.
        #[from]
        source: SettingsError,
    },
    /// No answer came.
    #[error(transparent)]
    Transport {
        /// Why.
        #[from]
        source: TransportError,
    },
    /// The connection ended within an upload.
    #[error(
        "the registry ended the upload without a word; some do where the repository is missing \
         (ECR) or a proxy before them limits sizes: see that `{repository}` exists"
    )]
    UploadCut {
        /// Where to.
        repository: String,
        /// The client's words.
        source: Box<TransportError>,
    },
    /// The registry answered no.
    #[error("{refusal}")]
    Refused {
        /// What it answered, and what to do.
        refusal: Box<Refusal>,
    },
    /// There is no login to be had.
    #[error(transparent)]
    Login {
        /// Why.
        #[from]
        source: CredentialsError,
    },
    /// The token that an upload began with is no longer taken; there is a fresh one.
    #[error("the login ended within the upload")]
    LoginEnded,
    /// The registry names a token server that nobody knows.
    #[error(
        "the registry wants a token from {realm}, which is another origin, so no login is sent \
         there; where that is right, declare `{host}` as its token server in your own settings"
    )]
    ForeignRealm {
        /// The token server, values of its query left out.
        realm: String,
        /// Its host.
        host: String,
    },
    /// The registry names a token server that speaks no TLS.
    #[error("the registry wants a token over plain http from {realm}, which is never asked")]
    PlainRealm {
        /// The token server, values of its query left out.
        realm: String,
    },
    /// The registry names a token server that is none.
    #[error("the registry wants a token from `{realm}`, which cannot be used")]
    BadRealm {
        /// What stands there, values of its query left out.
        realm: String,
        /// Why.
        source: AddressError,
    },
    /// The token server answered no.
    #[error("the token server {realm}: {refusal}")]
    TokenRefused {
        /// The token server, values of its query left out.
        realm: String,
        /// What it answered, and what to do.
        refusal: Box<Refusal>,
    },
    /// The token server answered something else than a token.
    #[error("the token server {realm} answered without a usable token")]
    NoToken {
        /// The token server, values of its query left out.
        realm: String,
    },
    /// A redirect, or the place of an upload, that is plain http.
    #[error(
        "the registry sends us to plain http, {to}, where nothing is sent or read; \
         a registry behind a proxy must know that it is reached by https"
    )]
    Downgrade {
        /// The target, values of its query left out.
        to: String,
    },
    /// A redirect to an address that only this machine or its network can reach.
    #[error("the registry sends us to {to}, an address inside this machine or its link")]
    Inward {
        /// The target, values of its query left out.
        to: String,
    },
    /// A redirect that says not where to, or an upload without a place.
    #[error("the registry answered {status} without a Location")]
    NoLocation {
        /// The status.
        status: StatusCode,
    },
    /// A redirect to what cannot be asked.
    #[error("the registry sends us to `{to}`, which cannot be used")]
    BadLocation {
        /// The Location, values of its query left out.
        to: String,
        /// Why.
        source: AddressError,
    },
    /// More redirects than are followed.
    #[error("redirected more than {limit} times")]
    TooManyRedirects {
        /// The bound.
        limit: usize,
    },
    /// More than may ever come.
    #[error("what the registry sends is larger than the limit of {limit_bytes} bytes")]
    OverLimit {
        /// The bound.
        limit_bytes: u64,
    },
    /// The registry announces another size than is expected; nothing was read.
    #[error("the registry announces {announced_bytes} bytes where {expected_bytes} are expected")]
    WrongSize {
        /// What must come.
        expected_bytes: u64,
        /// `Content-Length`.
        announced_bytes: u64,
    },
    /// More than is expected; stopped at once.
    #[error("more came than the {expected_bytes} bytes that are expected")]
    TooLong {
        /// What must come.
        expected_bytes: u64,
    },
    /// The end, before all that is expected had come.
    #[error("only {received_bytes} of the expected {expected_bytes} bytes came")]
    TooShort {
        /// What must come.
        expected_bytes: u64,
        /// What came.
        received_bytes: u64,
    },
    /// The connection broke within the body.
    #[error("the answer was cut after {received_bytes} bytes")]
    Cut {
        /// What had come.
        received_bytes: u64,
        /// The client's words.
        source: RootCause,
    },
    /// Silence within the body.
    #[error("nothing came for {} s, after {received_bytes} bytes", .timeout.as_secs_f64())]
    Stalled {
        /// What had come.
        received_bytes: u64,
        /// The bound.
        timeout: Duration,
    },
    /// A trickle.
    #[error(
        "the registry sends less than {minimum_bytes_per_second} bytes per second, \
         after {received_bytes} bytes"
    )]
    TooSlow {
        /// What had come.
        received_bytes: u64,
        /// The bound.
        minimum_bytes_per_second: u64,
    },
    /// All came, and it is something else.
    #[error("what came has the digest {found}, and {expected} is expected; nothing of it is used")]
    WrongDigest {
        /// What must come.
        expected: Digest,
        /// What came.
        found: Digest,
    },
    /// `Docker-Content-Digest` and the bytes say two things.
    #[error("the registry says that it holds {said}, and {expected} is right")]
    OtherDigest {
        /// What the bytes hash to, or what was sent.
        expected: Digest,
        /// What the header says, escaped.
        said: String,
    },
    /// A manifest that is none.
    #[error("what came is no manifest that can be trusted")]
    Manifest {
        /// Why.
        #[from]
        source: ManifestError,
    },
    /// A list of tags that is none.
    #[error("the list of tags that came is none")]
    Tags {
        /// Why.
        source: serde_json::Error,
    },
    /// A tag that is none.
    #[error("the list of tags that came holds no tags only")]
    TagName {
        /// Why.
        #[from]
        source: NameError,
    },
    /// The registry took an upload, and does not have it.
    #[error("the registry took the upload ({status}) and does not hold it")]
    NotStored {
        /// What it answered.
        status: StatusCode,
    },
    /// Our own end.
    #[error("what is to be sent cannot be read")]
    Source {
        /// The source's words.
        source: io::Error,
    },
}

impl RequestError {
    /// Whether another attempt may go better.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport { source } => source.is_transient(),
            Self::Refused { refusal } | Self::TokenRefused { refusal, .. } => {
                refusal.is_transient()
            }
            Self::UploadCut { .. }
            | Self::LoginEnded
            | Self::TooShort { .. }
            | Self::Cut { .. }
            | Self::Stalled { .. }
            | Self::TooSlow { .. }
            | Self::NotStored { .. } => true,
            _ => false,
        }
    }

    /// Whether the outside is to blame: not the user's settings, and not our own machine.
    pub fn is_outside(&self) -> bool {
        match self {
            Self::Transport { source } => source.is_outside(),
            Self::Settings { .. } | Self::Login { .. } | Self::Source { .. } => false,
            _ => true,
        }
    }

    /// The wait that the registry asks for.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { refusal } | Self::TokenRefused { refusal, .. } => refusal.retry_after,
            _ => None,
        }
    }

    /// Whether it is the answer with this status.
    pub(crate) fn has_status(&self, wanted: &[u16]) -> bool {
        matches!(self, Self::Refused { refusal } if wanted.contains(&refusal.status.as_u16()))
    }

    /// In the form in which it travels through a stream of bytes.
    pub(crate) fn into_io(self) -> io::Error {
        io::Error::other(self)
    }

    /// The reverse: what did not come from here is our own end's fault.
    pub(crate) fn of_io(error: io::Error) -> Self {
        error.downcast::<Self>().unwrap_or_else(|source| Self::Source { source })
    }
}
