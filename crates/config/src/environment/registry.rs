//! Where the images of a region are kept.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::Name;
use crate::host::Host;
use crate::problems::Reason;

/// The grammar of [`RegistryPrefix`], for the schema; the reader is stricter.
pub(crate) const PATTERN: &str = "^[a-z0-9\\[][a-z0-9.:\\[\\]-]*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*$";

/// The same for a registry on this machine.
pub(crate) const LOOPBACK_PATTERN: &str = "^(127\\.|localhost(:|/|$)|\\[::1\\])";

/// The longest `PATH/APP` (distribution-spec, "Pulling manifests": 255 with the host); what is left
/// for the path beside the longest name of an app.
const PATH_LIMIT_BYTES: usize = 128;

/// `HOST`, `HOST:PORT` or `HOST/PATH`: the repository of an app is its name below.
///
/// The host is spoken to over https; one on this machine may speak plain http.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegistryPrefix {
    host: String,
    port: Option<u16>,
    path: String,
}

/// The parts of a host of Amazon ECR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcrRegistry {
    /// Twelve digits.
    pub account: String,
    /// As AWS calls it: `eu-west-2`.
    pub region: String,
}

impl RegistryPrefix {
    /// The host without its port; an address of version 6 in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, where it is written.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// `HOST` or `HOST:PORT`.
    pub fn authority(&self) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}{port}", self.host)
    }

    /// `PATH/APP`, as the registry's API calls it.
    pub fn repository(&self, app: &Name) -> String {
        let slash = if self.path.is_empty() { "" } else { "/" };
        format!("{}{slash}{app}", self.path)
    }

    /// `HOST/PATH/APP`, before `@sha256:…` or `:TAG`.
    pub fn image(&self, app: &Name) -> String {
        format!("{}/{}", self.authority(), self.repository(app))
    }

    /// Whether it is on this machine: 127.0.0.0/8, `[::1]` or `localhost`.
    pub fn is_loopback(&self) -> bool {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Account and region, where it is a registry of Amazon ECR: the only hosts that may be sent
    /// its credentials.
    pub fn ecr(&self) -> Option<EcrRegistry> {
        ecr(&self.host)
    }
}

/// `ACCOUNT.dkr.ecr[-fips].REGION.amazonaws.com[.cn]`, or `ACCOUNT.dkr-ecr[-fips].REGION.on.aws`.
fn ecr(host: &str) -> Option<EcrRegistry> {
    let (account, rest) = host.split_once('.')?;
    let region = rest
        .strip_prefix("dkr.ecr.")
        .or_else(|| rest.strip_prefix("dkr.ecr-fips."))
        .and_then(|rest| {
            rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn"))
        })
        .or_else(|| {
            let rest =
                rest.strip_prefix("dkr-ecr.").or_else(|| rest.strip_prefix("dkr-ecr-fips."))?;
            rest.strip_suffix(".on.aws")
                .or_else(|| rest.strip_suffix(".on.amazonwebservices.com.cn"))
        })?;
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_region = region.parse::<super::aws_region::AwsRegion>().is_ok();
    (is_account && is_region)
        .then(|| EcrRegistry { account: account.to_owned(), region: region.to_owned() })
}

impl FromStr for RegistryPrefix {
    type Err = RegistryPrefixError;

    fn from_str(text: &str) -> Result<Self, RegistryPrefixError> {
        let whole = || text.to_owned();
        if text.contains("://") {
            return Err(RegistryPrefixError::Scheme { text: whole() });
        }
        if text.contains('@') {
            return Err(RegistryPrefixError::Credentials);
        }
        let (authority, path) = text.split_once('/').unwrap_or((text, ""));
        let (host, port) = split_host(authority)
            .ok_or_else(|| RegistryPrefixError::Host { text: authority.to_owned() })?;
        let looks_like_ecr = host.contains(".dkr") || host.ends_with(".amazonaws.com");
        if looks_like_ecr && (ecr(host).is_none() || port.is_some()) {
            return Err(RegistryPrefixError::Ecr { host: authority.to_owned() });
        }
        let is_path = path.is_empty() && !text.contains('/') || is_path(path);
        if !is_path {
            return Err(RegistryPrefixError::Path { path: path.to_owned() });
        }
        Ok(Self { host: host.to_owned(), port, path: path.to_owned() })
    }
}

/// An address that only looks like one (`127.1`, `0x7f000001`) is refused: what is no address and no
/// name for one reader is loopback for another.
fn split_host(authority: &str) -> Option<(&str, Option<u16>)> {
    authority.parse::<Host>().ok()?;
    let name_end = authority.find(']').unwrap_or(0);
    let (host, port) = match authority[name_end..].find(':') {
        Some(colon) => {
            let (host, port) = authority.split_at(name_end + colon);
            (host, Some(port[1..].parse().ok()?))
        }
        None => (authority, None),
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_numeric = last.starts_with(|first: char| first.is_ascii_digit());
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let is_address = host.parse::<Ipv4Addr>().is_ok() || bare.parse::<Ipv6Addr>().is_ok();
    (!is_numeric || is_address).then_some((host, port))
}

/// Components of a repository's name (distribution-spec, "Pulling manifests").
fn is_path(path: &str) -> bool {
    path.len() <= PATH_LIMIT_BYTES && path.split('/').all(is_component)
}

fn is_component(component: &str) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let mut separators =
        component.split(|one: char| one.is_ascii_lowercase() || one.is_ascii_digit());
    let ends = component.as_bytes();
    ends.first().is_some_and(is_plain)
        && ends.last().is_some_and(is_plain)
        && separators.all(|separator| {
            matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-')
        })
}

impl fmt::Display for RegistryPrefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.authority())?;
        if self.path.is_empty() { Ok(()) } else { write!(formatter, "/{}", self.path) }
    }
}

/// Why a text names no registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what its fields hold")]
pub enum RegistryPrefixError {
    #[error("a registry is written without a scheme")]
    Scheme { text: String },
    #[error("a registry is written without user and password")]
    Credentials,
    #[error("`{}` is no registry's host", text.escape_debug())]
    Host { text: String },
    #[error("`{host}` is like a registry of Amazon ECR, and is none")]
    Ecr { host: String },
    #[error("`{}` is no path below which images can lie", path.escape_debug())]
    Path { path: String },
}

impl Reason for RegistryPrefixError {
    const CODE: &'static str = "environment::registry";
    const LABEL: &'static str = "not a registry";

    fn helps(&self) -> Vec<String> {
        let way_out = match self {
            Self::Scheme { text } => {
                let plain = text.split_once("://").map_or("", |(_, rest)| rest);
                return match plain.trim_end_matches('/').parse::<RegistryPrefix>() {
                    Ok(meant) => vec![format!("did you mean `{meant}`?")],
                    Err(_) => vec!["write the host alone, as in `registry.example.com`".to_owned()],
                };
            }
            Self::Credentials => {
                "take them away; `docker login` keeps credentials where Landfall finds them"
            }
            Self::Host { .. } => {
                "write a host in lower case, as in `registry.example.com` or `registry.example.com:5000`"
            }
            Self::Ecr { .. } => {
                "write twelve digits and the region, as in `123456789012.dkr.ecr.eu-west-2.amazonaws.com`"
            }
            Self::Path { .. } => {
                "write lower-case letters and digits, joined by `.`, `_`, `-` and `/`, as in \
                 `registry.example.com/team`"
            }
        };
        vec![way_out.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> RegistryPrefix {
        text.parse().unwrap()
    }

    #[test]
    fn takes_hosts_ports_and_paths() {
        for text in [
            "123456789012.dkr.ecr.eu-west-2.amazonaws.com",
            "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/team",
            "123456789012.dkr-ecr.eu-west-2.on.aws",
            "127.0.0.1:5001/prod",
            "[::1]:5001",
            "localhost",
            "registry.example.com:5000/a/b__c/d.e-f",
        ] {
            assert_eq!(prefix(text).to_string(), text);
        }
        let app = "myapp".parse().unwrap();
        assert_eq!(prefix("127.0.0.1:5001/prod").repository(&app), "prod/myapp");
        assert_eq!(prefix("127.0.0.1:5001/prod").image(&app), "127.0.0.1:5001/prod/myapp");
        assert_eq!(prefix("localhost:5000").image(&app), "localhost:5000/myapp");
    }

    #[test]
    fn refuses_what_leads_elsewhere_or_nowhere() {
        let texts = "https://a.b a@b.c A.b a.b/ a.b//c a.b/C a.b/c..d a.b/-c a.b/c- a.b:0 a.b:x 127.1 \
                     0x7f000001 1.2.3.400 12345678901.dkr.ecr.eu-west-2.amazonaws.com \
                     123456789012.dkr.ecr.amazonaws.com 123456789012.dkr.ecr.eu-west-2.amazonaws.com:443 \
                     123456789012.dkr.ecr.eu-west-2.amazonaws.com.evil.example a.b/..";
        for text in texts.split_whitespace().chain([""]) {
            assert!(text.parse::<RegistryPrefix>().is_err(), "{text}");
        }
    }

    #[test]
    fn knows_loopback_and_ecr() {
        for text in ["127.0.0.1", "127.200.3.4:5000/x", "[::1]:1", "localhost:5000"] {
            assert!(prefix(text).is_loopback(), "{text}");
        }
        for text in
            ["128.0.0.1", "localhost.example.com", "[::2]", "0.0.0.0", "127.0.0.1.example.com"]
        {
            assert!(!prefix(text).is_loopback(), "{text}");
        }
        let ecr = prefix("123456789012.dkr.ecr.eu-west-2.amazonaws.com").ecr().unwrap();
        assert_eq!((&*ecr.account, &*ecr.region), ("123456789012", "eu-west-2"));
        assert_eq!(prefix("registry.example.com").ecr(), None);
    }
}
