//! The name of a registry, as it stands at the beginning of an image's name.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use landfall_transport::Address;

use crate::NameError;

const WANTED: &str = "write it as `registry.example.com` or `127.0.0.1:5000`, without a scheme";

/// `HOST` or `HOST:PORT`, in lower case; IPv6 in brackets.
///
/// Credentials are looked up by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistryHost(String);

impl RegistryHost {
    /// `HOST` or `HOST:PORT`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this machine by name: only there plain HTTP is spoken.
    pub fn is_loopback(&self) -> bool {
        is_loopback(self.without_port())
    }

    /// Whether it is Docker Hub, which has several names.
    pub fn is_docker_hub(&self) -> bool {
        matches!(self.as_str(), "docker.io" | "index.docker.io" | "registry-1.docker.io")
    }

    /// The host alone, IPv6 in brackets.
    fn without_port(&self) -> &str {
        divide(&self.0).map_or(&self.0, |(host, _)| host)
    }
}

/// Whether a host without a port is this machine: the literal addresses and `localhost`
/// (RFC 6761, section 6.3).
pub(crate) fn is_loopback(host: &str) -> bool {
    let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || literal.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The host, and the port where there is one.
fn divide(text: &str) -> Option<(&str, Option<&str>)> {
    let end = text.rfind(']').map_or(0, |bracket| bracket + 1);
    match text[end..].split_once(':') {
        Some((name, port)) => Some((&text[..end + name.len()], Some(port))),
        None => Some((text, None)),
    }
}

impl FromStr for RegistryHost {
    type Err = NameError;

    /// Reads a name of a host, an IPv4 address or an IPv6 address in brackets, with or without a
    /// port.
    fn from_str(text: &str) -> Result<Self, NameError> {
        let (host, port) = divide(text).ok_or_else(|| refused(text))?;
        let port_is_good = port.is_none_or(|port| {
            port.bytes().all(|byte| byte.is_ascii_digit())
                && port.parse::<u16>().is_ok_and(|port| port > 0)
        });
        if !port_is_good || !(is_domain(host) || is_bracketed_address(host)) || text.len() > 255 {
            return Err(refused(text));
        }
        // The URL standard has the last word: it writes `127.1` as `127.0.0.1`, and refuses 256.0.0.1.
        let address = Address::parse(&format!("https://{host}/")).map_err(|_| refused(text))?;
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self(address.host().to_owned() + &port))
    }
}

fn refused(text: &str) -> NameError {
    NameError::new(text, "registry", WANTED)
}

fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        inner && !label.is_empty() && !label.starts_with('-') && !label.ends_with('-')
    };
    text.split('.').all(label)
}

fn is_bracketed_address(text: &str) -> bool {
    let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    inner.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
}

impl fmt::Display for RegistryHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hosts_with_and_without_ports() {
        let rows = [
            ("Registry.Example.com", "registry.example.com", false),
            ("127.0.0.1:5000", "127.0.0.1:5000", true),
            ("127.8.9.1", "127.8.9.1", true),
            ("127.1:5000", "127.0.0.1:5000", true),
            ("localhost:1", "localhost:1", true),
            ("[::1]:5000", "[::1]:5000", true),
            ("[2001:db8::1]", "[2001:db8::1]", false),
            ("localhost.example.com", "localhost.example.com", false),
        ];
        for (text, shown, loopback) in rows {
            let host: RegistryHost = text.parse().unwrap();
            assert_eq!((host.as_str(), host.is_loopback()), (shown, loopback));
        }
    }

    #[test]
    fn refuses_what_is_no_host() {
        let rows = [
            "",
            "https://h",
            "h/p",
            "h:",
            "h:0",
            "h:65536",
            "h:+1",
            "-h",
            "h-.x",
            "a..b",
            "::1",
            "[::1",
            "[x]",
            "u@h",
            "h ",
            "hé",
            "h:1:2",
            "256.0.0.1",
            "xn--a",
        ];
        for text in rows {
            assert!(text.parse::<RegistryHost>().is_err(), "{text}");
        }
    }
}
