//! What names a manifest inside a repository: a tag, which may move, or a digest, which cannot.

use std::fmt;
use std::str::FromStr;

use landfall_hashing::Digest;

use crate::NameError;

const WANTED: &str =
    "at most 128 letters, digits, `_`, `.` and `-`, of which the first is no `.` and no `-`";

/// A tag (distribution-spec 1.1, "Pulling manifests").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

impl Tag {
    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let first = text.bytes().next().is_some_and(word);
        let rest = text.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-'));
        if first && rest && text.len() <= 128 {
            return Ok(Self(text.into()));
        }
        Err(NameError::new(text, "tag", WANTED))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A tag or a digest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// What may be another image tomorrow.
    Tag(Tag),
    /// The image itself.
    Digest(Digest),
}

impl Reference {
    /// The digest, if it is one.
    pub fn digest(&self) -> Option<Digest> {
        match self {
            Self::Tag(_) => None,
            Self::Digest(digest) => Some(*digest),
        }
    }

    /// `:TAG` or `@DIGEST`, as it is added to a repository.
    pub(crate) fn suffix(&self) -> String {
        match self {
            Self::Tag(tag) => format!(":{tag}"),
            Self::Digest(digest) => format!("@{digest}"),
        }
    }
}

impl FromStr for Reference {
    type Err = NameError;

    /// Reads a digest where there is a colon, which no tag can hold.
    fn from_str(text: &str) -> Result<Self, NameError> {
        if !text.contains(':') {
            return text.parse().map(Self::Tag);
        }
        let wanted = "`sha256:` and 64 lower-case hexadecimal characters";
        text.parse().map(Self::Digest).map_err(|_| NameError::new(text, "digest", wanted))
    }
}

impl From<Digest> for Reference {
    fn from(digest: Digest) -> Self {
        Self::Digest(digest)
    }
}

impl From<Tag> for Reference {
    fn from(tag: Tag) -> Self {
        Self::Tag(tag)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => tag.fmt(formatter),
            Self::Digest(digest) => digest.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_the_grammar_of_the_specification() {
        let long = "t".repeat(129);
        for good in ["1.0.0-0f764241465e", "_", "A", &long[..128]] {
            assert_eq!(good.parse::<Tag>().unwrap().as_str(), good);
        }
        for bad in ["", ".a", "-a", "a/b", "a:b", "a b", "ä", &long] {
            assert!(bad.parse::<Tag>().is_err(), "{bad}");
        }
    }

    #[test]
    fn tells_a_tag_from_a_digest() {
        let digest = Digest::of("");
        assert_eq!(digest.to_string().parse(), Ok(Reference::Digest(digest)));
        assert_eq!("latest".parse::<Reference>().unwrap().suffix(), ":latest");
        assert!("sha512:00".parse::<Reference>().is_err());
    }
}
