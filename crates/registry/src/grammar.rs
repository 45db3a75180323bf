//! What the names of the distribution specification may consist of.

use landfall_transport::printable;

/// A text that is no name of the kind that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {kind}: {wanted}")]
pub struct NameError {
    /// What was read, escaped.
    pub text: String,
    /// `tag`, `repository` and so on.
    pub kind: &'static str,
    /// What would be one.
    pub wanted: &'static str,
}

impl NameError {
    pub(crate) fn new(text: &str, kind: &'static str, wanted: &'static str) -> Self {
        Self { text: printable(text, 300), kind, wanted }
    }
}

pub(crate) fn is_lower_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` (distribution-spec 1.1, "Pulling manifests").
pub(crate) fn is_path_component(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends_well = |byte: Option<&u8>| byte.is_some_and(|byte| is_lower_alphanumeric(*byte));
    let separators = bytes.split(|byte| is_lower_alphanumeric(*byte));
    ends_well(bytes.first()) && ends_well(bytes.last()) && separators.into_iter().all(is_separator)
}

/// Nothing stands between two letters that follow each other.
fn is_separator(bytes: &[u8]) -> bool {
    matches!(bytes, b"" | b"." | b"_" | b"__") || bytes.iter().all(|byte| *byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_a_path_component() {
        for good in ["a", "0", "a.b", "a_b", "a__b", "a-b", "a---b", "a1.b2-c3_d4"] {
            assert!(is_path_component(good), "{good}");
        }
        for bad in ["", "A", ".a", "a.", "a..b", "a___b", "a._b", "-a", "a-", "a/b", "ä", "a b"] {
            assert!(!is_path_component(bad), "{bad}");
        }
    }
}
