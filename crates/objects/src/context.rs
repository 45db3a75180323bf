//! For which app, image and place objects are rendered.

use landfall_config::Name;
use landfall_config::environment::Environment;
use landfall_hashing::Digest;

/// What templates know of the world.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The app.
    pub app: &'a Name,
    /// Its version.
    pub version: &'a str,
    /// The tag that the image also has; never what is deployed.
    pub tag: &'a str,
    /// Of the image's index.
    pub digest: Digest,
    /// The stage, the region, and the app's values there.
    pub environment: &'a Environment,
}

impl Context<'_> {
    /// `registry/repository@sha256:…`.
    pub fn image(&self) -> String {
        format!("{}@{}", self.environment.registry.value.image(self.app), self.digest)
    }
}
