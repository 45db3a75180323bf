//! The digest of an image as the ledger names it.

use std::str::FromStr;

use landfall_hashing::Digest;

use crate::problems::Reason;

/// `sha256:` and 64 lower-case hexadecimal characters.
pub(crate) struct ImageDigest(pub(crate) Digest);

impl FromStr for ImageDigest {
    type Err = ImageDigestError;

    fn from_str(text: &str) -> Result<Self, ImageDigestError> {
        text.parse().map(Self).map_err(|_| ImageDigestError { text: text.into() })
    }
}

/// A text that names no image.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is no digest", text.escape_debug())]
pub(crate) struct ImageDigestError {
    text: String,
}

impl Reason for ImageDigestError {
    const CODE: &'static str = "ledger::digest";
    const LABEL: &'static str = "not a digest";

    fn helps(&self) -> Vec<String> {
        let rule = "write `sha256:` and 64 lower-case hexadecimal characters, as `landfall build` \
                    prints them";
        let plain = self.text.trim().to_lowercase();
        let plain = plain.rsplit_once("sha256:").map_or(&*plain, |(_, hex)| hex);
        let meant = Digest::from_hex(plain).ok().map(|digest| format!("`{digest}` would be one"));
        std::iter::once(rule.to_owned()).chain(meant).collect()
    }
}
