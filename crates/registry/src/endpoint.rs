//! Where a registry is reached.

use landfall_transport::Address;

use crate::{NameError, RegistryHost};

const WANTED: &str =
    "write it as `registry.example.com` or `https://registry.example.com`, without a path";
const PLAIN: &str = "plain http is spoken to this machine only; leave `http://` out";

/// A registry's name and the origin that answers for it.
///
/// TLS everywhere but on loopback: there plain HTTP, unless `https://` is asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    host: RegistryHost,
    base: Address,
}

impl Endpoint {
    /// Where a registry of this name is.
    pub fn of(host: &RegistryHost) -> Self {
        let scheme = if host.is_loopback() { "http" } else { "https" };
        Self::at(scheme, host)
    }

    /// Reads `HOST[:PORT]`, with or without a scheme.
    ///
    /// # Errors
    /// It is no registry's name, or asks for plain HTTP to another machine.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let (scheme, rest) = match text.split_once("://") {
            None => return text.parse().map(|host| Self::of(&host)),
            Some(parts) => parts,
        };
        let host: RegistryHost = rest.trim_end_matches('/').parse()?;
        match scheme {
            "https" => Ok(Self::at("https", &host)),
            "http" if host.is_loopback() => Ok(Self::at("http", &host)),
            "http" => Err(NameError::new(text, "registry", PLAIN)),
            _ => Err(NameError::new(text, "registry", WANTED)),
        }
    }

    fn at(scheme: &str, host: &RegistryHost) -> Self {
        // The name and the machine differ, by an old habit of everybody.
        let name = if host.is_docker_hub() { "registry-1.docker.io" } else { host.as_str() };
        let base = Address::parse(&format!("{scheme}://{name}/"));
        let base = base.expect("a registry's name can stand in a URL");
        Self { host: host.clone(), base }
    }

    /// The registry's name, by which credentials are looked up.
    pub fn host(&self) -> &RegistryHost {
        &self.host
    }

    /// Whether TLS is used.
    pub fn is_secure(&self) -> bool {
        self.base.is_secure()
    }

    /// Whether the registry is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        self.host.is_loopback()
    }

    pub(crate) fn base(&self) -> &Address {
        &self.base
    }

    /// The address of a path of the API. Every part of it has a grammar that needs no escape.
    pub(crate) fn address(&self, path: &str) -> Address {
        self.base.join(path).expect("names of the specification can stand in a URL")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speaks_plain_http_to_this_machine_only() {
        let rows = [
            ("registry.example.com", "https://registry.example.com/v2/"),
            ("127.0.0.1:5000", "http://127.0.0.1:5000/v2/"),
            ("http://localhost:5000/", "http://localhost:5000/v2/"),
            ("https://localhost:5000", "https://localhost:5000/v2/"),
            ("docker.io", "https://registry-1.docker.io/v2/"),
        ];
        for (text, wanted) in rows {
            let endpoint = Endpoint::parse(text).ok().unwrap();
            assert_eq!(endpoint.address("/v2/").to_string(), wanted);
        }
        for bad in ["http://registry.example.com", "ftp://h", "https://h/path", "https://u:p@h"] {
            assert!(Endpoint::parse(bad).is_err(), "{bad}");
        }
    }
}
