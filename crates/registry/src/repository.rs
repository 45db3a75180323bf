//! The name of a repository inside a registry.

use std::fmt;
use std::str::FromStr;

use crate::NameError;
use crate::grammar::is_path_component;

const WANTED: &str = "lower-case letters, digits and single `.`, `_`, `-` between them, \
    with `/` between parts, at most 255 characters";

/// A repository's name (distribution-spec 1.1, "Pulling manifests"): `team/myapp`.
///
/// Nothing in it needs an escape in a URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Repository(String);

impl Repository {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Repository {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.len() <= 255 && text.split('/').all(is_path_component) {
            return Ok(Self(text.into()));
        }
        Err(NameError::new(text, "repository", WANTED))
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_the_grammar_of_the_specification() {
        let long = "a".repeat(256);
        for good in ["myapp", "prod/team_a/my-app.web", &long[..255]] {
            assert_eq!(good.parse::<Repository>().unwrap().as_str(), good);
        }
        for bad in ["", "/a", "a/", "a//b", "MyApp", "../a", "a/..", "a?b", "a%2f", &long] {
            assert!(bad.parse::<Repository>().is_err(), "{bad}");
        }
    }
}
