//! A channel of Slack.

use std::str::FromStr;

use crate::problems::Reason;

/// The grammar of [`SlackChannel`], for the schema.
pub(crate) const PATTERN: &str = "^#[^A-Z\\s#@,.]{1,80}$";

/// `#releases`: at most 80 characters, lower case, without spaces and dots.
pub(crate) struct SlackChannel(pub(crate) String);

impl FromStr for SlackChannel {
    type Err = SlackChannelError;

    fn from_str(text: &str) -> Result<Self, SlackChannelError> {
        let fits = |one: char| {
            !one.is_whitespace()
                && !one.is_control()
                && !one.is_uppercase()
                && !"#@,.".contains(one)
        };
        let name = text.strip_prefix('#').unwrap_or_default();
        let is_channel = (1..=80).contains(&name.chars().count()) && name.chars().all(fits);
        is_channel
            .then(|| Self(text.to_owned()))
            .ok_or_else(|| SlackChannelError { text: text.into() })
    }
}

/// A text that is no channel.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is no channel of Slack", text.escape_debug())]
pub(crate) struct SlackChannelError {
    text: String,
}

impl Reason for SlackChannelError {
    const CODE: &'static str = "environment::slack-channel";
    const LABEL: &'static str = "not a channel";

    fn helps(&self) -> Vec<String> {
        let meant = format!("#{}", self.text.trim().to_lowercase());
        let meant = meant.parse::<SlackChannel>().ok();
        let rule = "write it with its `#`, in lower case, as in `\"#releases\"`".to_owned();
        let meant = meant.map(|meant| format!("`{}` would be one", meant.0));
        std::iter::once(rule).chain(meant).collect()
    }
}
