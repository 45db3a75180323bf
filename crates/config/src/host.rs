//! A host that a server may send us to.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::problems::Reason;

/// A host name or address: alone with all its ports, or with one.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Host(pub(crate) String);

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let (name, port) = split_port(text);
        let is_host = (is_name(name) || is_bracketed_address(name)) && port.is_none_or(is_port);
        is_host.then(|| Self(text.to_owned())).ok_or_else(|| HostError { text: text.to_owned() })
    }
}

/// The colons inside of brackets belong to an address (RFC 3986, section 3.2.2).
fn split_port(text: &str) -> (&str, Option<&str>) {
    let name_end = text.find(']').unwrap_or(0);
    match text[name_end..].find(':') {
        Some(colon) => (&text[..name_end + colon], Some(&text[name_end + colon + 1..])),
        None => (text, None),
    }
}

/// Labels of letters, digits and inner dashes (RFC 1123, section 2.1), or an IPv4 address.
fn is_name(text: &str) -> bool {
    let fits = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-';
    let is_label = |label: &str| {
        !label.is_empty()
            && label.chars().all(fits)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

fn is_bracketed_address(text: &str) -> bool {
    let address = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    address.is_some_and(|address| {
        address.parse::<Ipv6Addr>().is_ok() && address == address.to_lowercase()
    })
}

fn is_port(text: &str) -> bool {
    text.starts_with(|first: char| ('1'..='9').contains(&first)) && text.parse::<u16>().is_ok()
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
        let rule = "write a host in lower case, as in `downloads.example.org`, or one with a port, \
                    as in `downloads.example.org:8443`";
        let folded = self.text.trim().to_lowercase();
        let without_scheme = folded.split_once("://").map_or(&*folded, |(_, rest)| rest);
        let host = without_scheme.split('/').next().filter(|host| host.parse::<Host>().is_ok());
        let meant = host.map(|host| format!("`{host}` would be one"));
        std::iter::once(rule.to_owned()).chain(meant).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_and_addresses_with_and_without_a_port() {
        for text in [
            "localhost",
            "downloads.example.org",
            "xn--bcher-kva.example:8443",
            "127.0.0.1:9000",
            "[::1]",
            "[2001:db8::1]:65535",
        ] {
            assert_eq!(text.parse::<Host>().map(|host| host.0).ok().as_deref(), Some(text));
        }
    }

    #[test]
    fn refuses_what_no_server_is_called() {
        let names = " . a..b a. -a a- a_b A.example.org h/x é https://h user@h ::1 [::1 [::1]x []";
        let ports = "h: h:0 h:080 h:65536 h:+80 h:80:81 [1.2.3.4] [::1]: :80";
        for text in names.split(' ').chain(ports.split(' ')) {
            assert!(text.parse::<Host>().is_err(), "{text}");
        }
    }
}
