//! A host that a server may send us to.

use std::fmt;
use std::str::FromStr;

use crate::problems::Reason;

/// A host name or address, with a port where it is not the scheme's own.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Host(pub(crate) String);

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let fits =
            |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || ".-:[]".contains(one);
        let is_host =
            text.starts_with(|first: char| first != '.' && first != '-') && text.chars().all(fits);
        is_host.then(|| Self(text.to_owned())).ok_or_else(|| HostError { text: text.to_owned() })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A text that is no host.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is no host", text.escape_debug())]
pub(crate) struct HostError {
    text: String,
}

impl Reason for HostError {
    const CODE: &'static str = "config::host";
    const LABEL: &'static str = "not a host";

    fn helps(&self) -> Vec<String> {
        let rule = "write the host alone, in lower case, as in `downloads.example.org`".to_owned();
        let without_scheme = self.text.split_once("://").map_or("", |(_, rest)| rest);
        let host = without_scheme.split('/').next().filter(|host| host.parse::<Host>().is_ok());
        std::iter::once(rule).chain(host.map(|host| format!("`{host}` would be one"))).collect()
    }
}
