//! Tells Slack of a release, where the surroundings name a webhook.

use landfall::surroundings::Surroundings;
use landfall_notify::{Announcement, Came, Webhook, post};
use landfall_rollout::Release;
use landfall_transport::{Client, Connections};

use crate::commands::runtime;

/// Posts one message. Nothing is said where no webhook is named.
///
/// Fails with words for a warning; they hold nothing of the webhook's URL.
pub fn tell(
    around: &Surroundings,
    release: &Release,
    result: Came,
    seconds: u64,
) -> Result<(), String> {
    let Some(url) = around.slack_webhook() else { return Ok(()) };
    let webhook = Webhook::parse(&url).map_err(|error| error.to_string())?;
    let announcement = Announcement {
        app: release.app.clone(),
        version: release.version.clone(),
        place: format!("{} {}", release.stage, release.region),
        digest: release.digest.to_string(),
        who: around.user(),
        seconds,
        result,
    };
    let settings = around.client_settings().map_err(|failure| failure.message())?;
    let client = Client::new(&settings, Connections::Fresh).map_err(|error| error.to_string())?;
    let runtime = runtime().map_err(|failure| failure.message())?;
    let posted = runtime.block_on(post(&client, &webhook, &announcement.payload()));
    runtime.shutdown_background();
    posted.map_err(|error| match std::error::Error::source(&error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    })
}
