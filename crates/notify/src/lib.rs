//! Tells people what happened: Slack's incoming webhooks.
//!
//! Whoever calls decides what a failure means; a release never fails because a message did not
//! arrive.

mod announcement;
mod slack;

pub use announcement::{Announcement, Result as Came};
pub use slack::{NotifyError, Webhook, WebhookError, post};
