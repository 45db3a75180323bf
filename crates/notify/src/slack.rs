//! Posts to an incoming webhook.

use landfall_transport::{Address, Client, TransportError, printable};
use reqwest::Method;
use serde_json::Value;
use tokio::time::timeout;

/// What is read of an answer, which is a word.
const ANSWER_LIMIT_CHARACTERS: usize = 200;

/// The URL of a webhook. Whoever knows it may post, so it is a secret: it has no `Debug` and no text
/// form.
pub struct Webhook(Address);

/// A text that is no webhook. It is not shown: it may be one with a slip.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the webhook is no URL that may be posted to: {reason}")]
pub struct WebhookError {
    reason: &'static str,
}

/// A message that did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// No answer.
    #[error("Slack was not reached")]
    Transport(#[from] TransportError),
    /// Another answer than `ok`.
    #[error("Slack answered {status} {answer}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Slack's word, such as `no_service`.
        answer: String,
    },
}

impl Webhook {
    /// Reads the URL; HTTPS, or plain HTTP to this machine.
    pub fn parse(text: &str) -> Result<Self, WebhookError> {
        let address = Address::parse(text.trim())
            .map_err(|_| WebhookError { reason: "it cannot be read" })?;
        if address.is_secure() || address.is_loopback() {
            Ok(Self(address))
        } else {
            Err(WebhookError { reason: "it is not HTTPS" })
        }
    }
}

/// Posts a message once.
///
/// Nothing is tried again: a second post could say everything twice.
pub async fn post(client: &Client, webhook: &Webhook, payload: &Value) -> Result<(), NotifyError> {
    let request = client
        .request(Method::POST, &webhook.0)
        .header("content-type", "application/json")
        .body(payload.to_string());
    let mut answer = client.send(&webhook.0, request).await?;
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    // A word comes in one piece; whoever sends it slowly is not waited for.
    let word = timeout(client.limits().stall_timeout, answer.chunk()).await;
    let word = word.ok().and_then(Result::ok).flatten().unwrap_or_default();
    let answer = printable(&String::from_utf8_lossy(&word), ANSWER_LIMIT_CHARACTERS);
    Err(NotifyError::Refused { status: status.as_u16(), answer })
}

#[cfg(test)]
mod tests {
    use super::Webhook;

    #[test]
    fn a_webhook_is_secure_and_its_error_does_not_show_it() {
        assert!(Webhook::parse("https://hooks.example.com/services/secret").is_ok());
        assert!(Webhook::parse("http://127.0.0.1:1/secret").is_ok());
        for bad in ["http://hooks.example.com/secret", "secret", "https://u:secret@example.com/"] {
            let text = Webhook::parse(bad).err().map(|error| error.to_string()).unwrap();
            assert!(!text.contains("secret"), "{text}");
        }
    }
}
