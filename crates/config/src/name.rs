//! A name that can stand in a folder, a tag and a DNS label alike.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::problems::Reason;

/// The longest label that DNS takes (RFC 1035, section 2.3.4).
const LIMIT_BYTES: usize = 63;

/// The grammar of [`Name`], for the schema; the length is apart.
pub(crate) const PATTERN: &str = "^[a-z](-?[a-z0-9])*$";

/// A DNS label (RFC 1123) that begins with a letter: a lower-case letter, then lower-case letters,
/// digits and single dashes, at most 63 bytes, no dash at the end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let name = || text.to_owned();
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if let Some(character) = text.chars().find(|character| !can_stand_in_a_name(*character)) {
            return Err(NameError::Character { name: name(), character });
        }
        if !text.starts_with(|first: char| first.is_ascii_lowercase()) {
            return Err(NameError::First { name: name() });
        }
        if text.ends_with('-') || text.contains("--") {
            return Err(NameError::Dash { name: name() });
        }
        if text.len() > LIMIT_BYTES {
            return Err(NameError::TooLong { name: name(), length_bytes: text.len() });
        }
        Ok(Self(name()))
    }
}

fn can_stand_in_a_name(character: char) -> bool {
    character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
}

/// The nearest name: what is wrong becomes a dash, what is too much goes.
fn nearest_name(text: &str) -> Option<Name> {
    let lower = text.to_lowercase();
    let parts = lower.split(|character: char| !character.is_ascii_alphanumeric());
    let joined = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    let from_letter = joined.trim_start_matches(|first: char| !first.is_ascii_lowercase());
    let cut = &from_letter[..from_letter.len().min(LIMIT_BYTES)];
    cut.trim_end_matches('-').parse().ok()
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what its fields hold")]
pub enum NameError {
    #[error("a name cannot be empty")]
    Empty,
    #[error("the name `{}` holds `{}`, which a name cannot",
        name.escape_debug(), character.escape_debug())]
    Character { name: String, character: char },
    #[error("the name `{name}` does not begin with a letter")]
    First { name: String },
    #[error("the name `{name}` has a dash at its end or two in a row")]
    Dash { name: String },
    #[error("the name `{name}` has {length_bytes} characters, and a DNS label takes {LIMIT_BYTES}")]
    TooLong { name: String, length_bytes: usize },
}

impl NameError {
    fn text(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Character { name, .. } | Self::First { name } => name,
            Self::Dash { name } | Self::TooLong { name, .. } => name,
        }
    }
}

impl Reason for NameError {
    const CODE: &'static str = "config::name";
    const LABEL: &'static str = "not a name";

    fn helps(&self) -> Vec<String> {
        let rule =
            "a name is a lower-case letter, then lower-case letters, digits and single dashes";
        let nearest = nearest_name(self.text()).map(|name| format!("`{name}` would be one"));
        std::iter::once(rule.to_owned()).chain(nearest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_dns_labels_that_begin_with_a_letter() {
        let longest = "x".repeat(63);
        for name in ["a", "myapp", "my-app-2", &longest] {
            assert_eq!(name.parse::<Name>().unwrap().to_string(), name);
        }
        let too_long = "x".repeat(64);
        for name in ["", "A", "1a", "-a", "a-", "a--b", "a_b", "a.b", "a/b", "ä", "a\n", &too_long]
        {
            assert!(name.parse::<Name>().is_err(), "{name}");
        }
    }

    #[test]
    fn proposes_the_nearest_name() {
        let nearest = |text| nearest_name(text).map(|name| name.to_string());
        assert_eq!(nearest("My_App").as_deref(), Some("my-app"));
        assert_eq!(nearest("--2nd..app-").as_deref(), Some("nd-app"));
        assert_eq!(nearest("ÄÖ"), None);
    }
}
