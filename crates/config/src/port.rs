//! A port that the app listens on.

use std::fmt;
use std::str::FromStr;

use crate::problems::Reason;
use crate::{Port, Protocol};

/// The grammar of [`Port`], for the schema; the highest number is apart.
pub(crate) const PATTERN: &str = "^[1-9][0-9]{0,4}(/(tcp|udp|sctp))?$";

impl FromStr for Port {
    type Err = PortError;

    fn from_str(text: &str) -> Result<Self, PortError> {
        let (number, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let is_number =
            number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
        let port = number.parse().ok().filter(|_| is_number);
        let number = port.ok_or_else(|| PortError::Number { text: text.to_owned() })?;
        let unknown =
            || PortError::Protocol { text: text.to_owned(), protocol: protocol.to_owned() };
        Ok(Self { number, protocol: Protocol::by_name(protocol).ok_or_else(unknown)? })
    }
}

impl Protocol {
    /// How the protocol is written in a port.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }

    fn by_name(name: &str) -> Option<Self> {
        [Self::Tcp, Self::Udp, Self::Sctp].into_iter().find(|protocol| protocol.as_str() == name)
    }
}

impl fmt::Display for Port {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.protocol.as_str())
    }
}

/// Why a text is no port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what its fields hold")]
pub enum PortError {
    #[error("`{}` does not begin with a port from 1 to 65535", text.escape_debug())]
    Number { text: String },
    #[error("the port `{}` has the protocol `{}`", text.escape_debug(), protocol.escape_debug())]
    Protocol { text: String, protocol: String },
}

impl Reason for PortError {
    const CODE: &'static str = "config::port";
    const LABEL: &'static str = "not a port";

    fn helps(&self) -> Vec<String> {
        let rule =
            "write a number from 1 to 65535 and `tcp`, `udp` or `sctp`, as in `\"8080/tcp\"`";
        let one_by_one = match self {
            Self::Number { text } if text.contains(['-', ':', ',']) => {
                Some("list each port by itself")
            }
            _ => None,
        };
        std::iter::once(rule).chain(one_by_one).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one_port_with_its_protocol() {
        assert_eq!("1".parse(), Ok(Port { number: 1, protocol: Protocol::Tcp }));
        assert_eq!("65535/sctp".parse(), Ok(Port { number: 65535, protocol: Protocol::Sctp }));
        for text in
            ["", "0", "65536", "08080", "+80", "80/", "80/TCP", "80/tcp/udp", "8000-8010", "http"]
        {
            assert!(text.parse::<Port>().is_err(), "{text}");
        }
    }
}
