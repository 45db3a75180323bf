//! A text that must not be seen.

use zeroize::Zeroizing;

/// A password or a token. It has no `Debug`, `Display` or `Serialize`, and is wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for a header or a form alone.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}
