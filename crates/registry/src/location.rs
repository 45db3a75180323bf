//! A repository with the registry that holds it.

use std::fmt;
use std::str::FromStr;

use crate::{NameError, RegistryHost, Repository};

/// `HOST[:PORT]/REPOSITORY`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The registry.
    pub host: RegistryHost,
    /// The repository in it.
    pub repository: Repository,
}

impl FromStr for Location {
    type Err = NameError;

    /// Reads both. The registry must be named: no default stands in for it, because a slip of the
    /// pen must not send an image to somebody else's registry.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let wanted = "write it as `registry.example.com/team/myapp`";
        let (host, repository) = text
            .split_once('/')
            .ok_or_else(|| NameError::new(text, "place of an image", wanted))?;
        Ok(Self { host: host.parse()?, repository: repository.parse()? })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.host, self.repository)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_divided_at_the_first_slash() {
        let place: Location = "127.0.0.1:5001/prod/myapp".parse().unwrap();
        assert_eq!(place.host.as_str(), "127.0.0.1:5001");
        assert_eq!(place.repository.as_str(), "prod/myapp");
        assert_eq!(place.to_string(), "127.0.0.1:5001/prod/myapp");
        for bad in ["myapp", "/myapp", "h/", "https://h/r", "h/R"] {
            assert!(bad.parse::<Location>().is_err(), "{bad}");
        }
    }
}
