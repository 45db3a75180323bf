//! An answer that is a no: the registry's own words, and what to do.

use std::fmt;
use std::time::Duration;

use landfall_transport::{Limits, printable, retry_after};
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use tokio::time::timeout;

use crate::call::Call;

const BODY_LIMIT_BYTES: usize = 64 << 10;
const MESSAGES: usize = 3;
const SHOWN_CHARACTERS: usize = 200;

/// One of the registry's own errors (distribution-spec 1.1, "Error Codes").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryMessage {
    /// `DENIED`, `NAME_UNKNOWN` and so on; escaped.
    pub code: String,
    /// What it says; escaped and cut, may be empty.
    pub message: String,
}

/// An answer that is a no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// The wait that is asked for.
    pub retry_after: Option<Duration>,
    /// The registry's own errors, the first few.
    pub messages: Vec<RegistryMessage>,
    /// The beginning of a body that holds no such errors; escaped, may be empty.
    pub body: String,
    /// A way out; may be empty.
    pub advice: String,
}

impl Refusal {
    /// Reads what a registry answered to a call.
    pub(crate) async fn read(response: Response, call: &Call, limits: &Limits) -> Self {
        let mut refusal = Self::plain(response, limits).await;
        refusal.advice = advice(&refusal, call);
        refusal
    }

    /// The same without advice.
    pub(crate) async fn plain(mut response: Response, limits: &Limits) -> Self {
        let (status, retry_after) = (response.status(), retry_after(response.headers()));
        let mut body = Vec::new();
        // What it says is a courtesy: neither its length nor its end is waited for.
        let _ = timeout(limits.stall_timeout, read_beginning(&mut response, &mut body)).await;
        let messages = messages(&body);
        let body = if messages.is_empty() { String::from_utf8_lossy(&body) } else { "".into() };
        let body = printable(&body, SHOWN_CHARACTERS);
        Self { status, retry_after, messages, body, advice: String::new() }
    }

    /// Whether the registry gave this code.
    pub fn has_code(&self, code: &str) -> bool {
        self.messages.iter().any(|message| message.code == code)
    }

    /// Whether it may be otherwise later; a lost upload is begun anew.
    pub(crate) fn is_transient(&self) -> bool {
        self.status.is_server_error()
            || matches!(self.status.as_u16(), 408 | 416 | 429)
            || ["TOOMANYREQUESTS", "BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID"]
                .iter()
                .any(|code| self.has_code(code))
    }
}

async fn read_beginning(response: &mut Response, body: &mut Vec<u8>) {
    while body.len() < BODY_LIMIT_BYTES {
        let Ok(Some(chunk)) = response.chunk().await else { return };
        body.extend(chunk.iter().take(BODY_LIMIT_BYTES - body.len()));
    }
}

#[derive(Deserialize)]
struct Document {
    errors: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

fn messages(body: &[u8]) -> Vec<RegistryMessage> {
    let document = serde_json::from_slice(body).unwrap_or(Document { errors: Vec::new() });
    let shown = |error: Message| RegistryMessage {
        code: printable(&error.code, 60),
        message: printable(&error.message, SHOWN_CHARACTERS),
    };
    document.errors.into_iter().take(MESSAGES).map(shown).collect()
}

/// What to do. Codes say more than statuses, and not all registries send them.
fn advice(refusal: &Refusal, call: &Call) -> String {
    let Call { host, repository, pushes, .. } = call;
    let right = if *pushes { "push to" } else { "read" };
    let code = |code| refusal.has_code(code);
    let status = refusal.status.as_u16();
    if code("NAME_UNKNOWN") {
        format!("there is no repository `{repository}` at {host}; create it, or correct the name")
    } else if code("DENIED") || status == 403 {
        format!("this login may not {right} `{repository}`; ask who runs {host} for the right to")
    } else if status == 401 {
        format!("it takes no login that is here; run `docker login {host}`")
    } else if code("TAG_INVALID") {
        "a tag that may not change holds something else, or the tag is no good here".into()
    } else if code("MANIFEST_BLOB_UNKNOWN") || code("BLOB_UNKNOWN") {
        "a part of the image is missing there; run the same command again".into()
    } else if code("MANIFEST_UNKNOWN") || (status == 404 && !*pushes) {
        format!("nothing of that name is in `{repository}`")
    } else if status == 413 {
        format!("{host}, or a proxy before it, limits sizes")
    } else if status == 404 {
        format!("see that {host} is a registry and that `{repository}` exists")
    } else {
        String::new()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "it answered {}", self.status)?;
        for RegistryMessage { code, message } in &self.messages {
            let colon = if message.is_empty() { "" } else { ": " };
            write!(formatter, "; {code}{colon}{message}")?;
        }
        if !self.body.is_empty() {
            write!(formatter, "; it says: {}", self.body)?;
        }
        if let Some(wait) = self.retry_after {
            write!(formatter, "; it asks to come back after {} s", wait.as_secs())?;
        }
        if !self.advice.is_empty() {
            write!(formatter, "; {}", self.advice)?;
        }
        Ok(())
    }
}
