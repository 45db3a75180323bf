//! An app's version: it stands in the image's tag.

use std::str::FromStr;

use crate::problems::Reason;

/// The grammar of [`Version`], for the schema: that of a tag (distribution-spec, "Pulling
/// manifests"), shorter, so that `VERSION-` and 12 characters of the digest are a tag again.
pub(crate) const PATTERN: &str = "^[A-Za-z0-9_][A-Za-z0-9._-]{0,80}$";

const LIMIT_BYTES: usize = 81;

/// A text that can stand in a tag before a dash and 12 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version(pub(crate) String);

impl FromStr for Version {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        let version = || text.to_owned();
        if text.is_empty() {
            return Err(VersionError::Empty);
        }
        if let Some(character) = text.chars().find(|character| !can_stand_in_a_tag(*character)) {
            return Err(VersionError::Character { version: version(), character });
        }
        if text.starts_with(['.', '-']) {
            return Err(VersionError::First { version: version() });
        }
        if text.len() > LIMIT_BYTES {
            return Err(VersionError::TooLong { length_bytes: text.len() });
        }
        Ok(Self(version()))
    }
}

fn can_stand_in_a_tag(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
}

/// Why a text is no version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum VersionError {
    #[error("the version is empty")]
    Empty,
    #[error("the version `{}` holds `{}`, which a tag cannot",
        version.escape_debug(), character.escape_debug())]
    Character { version: String, character: char },
    #[error("the version `{version}` begins with a dot or a dash, which a tag cannot")]
    First { version: String },
    #[error("the version has {length_bytes} characters, and a tag has room for {LIMIT_BYTES}")]
    TooLong { length_bytes: usize },
}

impl Reason for VersionError {
    const CODE: &'static str = "config::version";
    const LABEL: &'static str = "cannot stand in a tag";

    fn helps(&self) -> Vec<String> {
        let rule = "a version has letters, digits, `.`, `_` and `-`, as in `1.0.0` or `develop`";
        let plus = match self {
            Self::Character { version, character: '+' } => Some(version.replace('+', "-")),
            _ => None,
        };
        let instead = plus.filter(|version| version.parse::<Version>().is_ok());
        let instead = instead.map(|version| format!("`{version}` would be one"));
        std::iter::once(rule.to_owned()).chain(instead).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_room_for_the_digest_in_a_tag() {
        let longest = "v".repeat(LIMIT_BYTES);
        for text in ["1", "1.0.0", "_x", "2024-01-01", "v1.0.0-rc.1", &longest] {
            assert!(text.parse::<Version>().is_ok(), "{text}");
        }
        assert!(longest.len() + "-0123456789ab".len() <= 128);
        let too_long = "v".repeat(LIMIT_BYTES + 1);
        for text in ["", ".1", "-1", "1+2", "1/2", "1 2", "ü", &too_long] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
    }
}
