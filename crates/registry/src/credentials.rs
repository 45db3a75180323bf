//! Who we say we are, to which registry.

use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, ready};

use crate::{RegistryHost, Secret};

/// Knows the login for a registry. The seam for login files, helpers, and clouds with an interface
/// of their own.
pub trait Credentials: Send + Sync {
    /// The login for one registry. It is asked for when the registry wants one, and again when the
    /// one that was given is no longer taken.
    fn login<'a>(
        &'a self,
        host: &'a RegistryHost,
    ) -> BoxFuture<'a, Result<Login, CredentialsError>>;
}

/// What is shown to a registry, or to its token server.
///
/// It has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum Login {
    /// Nothing.
    Anonymous,
    /// User and password (RFC 7617).
    Basic {
        /// The user, which is no secret.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A refresh token, which the token server turns into one for the registry.
    IdentityToken(Secret),
    /// A token for the registry itself.
    RegistryToken(Secret),
}

/// Nobody anywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Anonymous;

impl Credentials for Anonymous {
    fn login<'a>(
        &'a self,
        _host: &'a RegistryHost,
    ) -> BoxFuture<'a, Result<Login, CredentialsError>> {
        ready(Ok(Login::Anonymous)).boxed()
    }
}

/// Why there is no login to be had. No text here holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The login file is no JSON of the expected shape.
    #[error("the login file of docker cannot be read at line {line}, column {column}: {reason}")]
    File {
        /// Where.
        line: usize,
        /// Where.
        column: usize,
        /// What is wrong; never what stands there.
        reason: &'static str,
    },
    /// An entry of the login file.
    #[error(
        "the entry of `{host}` in the login file of docker cannot be read: `auth` is no base64 of \
         `user:password`; run `docker login {host}`"
    )]
    Entry {
        /// Whose entry.
        host: String,
    },
    /// A helper is wanted, and none may be run.
    #[error(
        "the login for `{host}` is kept by the credential helper `{helper}`, and none is run here"
    )]
    NoHelpers {
        /// Whose login.
        host: String,
        /// The helper.
        helper: String,
    },
    /// A helper's name could be a path.
    #[error("`{helper}` is no name of a credential helper: letters, digits, `.`, `_` and `-`")]
    HelperName {
        /// What stands in the login file, escaped.
        helper: String,
    },
    /// A helper does not start.
    #[error(
        "the credential helper `{program}` cannot be run; install it, or run `docker login` anew"
    )]
    HelperStart {
        /// The program.
        program: String,
        /// The system's words.
        source: std::io::Error,
    },
    /// A helper did not end in time.
    #[error("the credential helper `{program}` did not end within {} s", .timeout.as_secs_f64())]
    HelperTimeout {
        /// The program.
        program: String,
        /// The bound.
        timeout: Duration,
    },
    /// A helper failed.
    #[error("the credential helper `{program}` failed ({status}){}", saying(.message))]
    HelperFailed {
        /// The program.
        program: String,
        /// How it ended.
        status: String,
        /// What it says, escaped; may be empty.
        message: String,
    },
    /// A helper's answer is not what the protocol says.
    #[error("the credential helper `{program}` answered something else than a login")]
    HelperAnswer {
        /// The program.
        program: String,
    },
    /// Any other source of logins.
    #[error("the login for `{host}` cannot be had")]
    Other {
        /// Whose login.
        host: String,
        /// Why; it MUST hold no secret.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

fn saying(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}
