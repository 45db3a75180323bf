//! Whether a token server that a registry names may be asked.

use landfall_transport::{Address, redacted};

use crate::{Endpoint, RequestError};

/// Registries whose token server is known to be elsewhere: the registry's machine, and its.
const KNOWN: [(&str, &str); 2] =
    [("registry-1.docker.io", "auth.docker.io"), ("registry.gitlab.com", "gitlab.com")];

/// The token server's address, if it is the registry's own origin, a known one, or declared.
///
/// A registry that names another one would get our password by it (CVE-2020-15157, CVE-2019-10214).
pub(crate) fn judge(
    realm: &str,
    endpoint: &Endpoint,
    declared: &[String],
) -> Result<Address, RequestError> {
    let address = Address::parse(realm);
    let address =
        address.map_err(|source| RequestError::BadRealm { realm: redacted(realm), source })?;
    let base = endpoint.base();
    if address.same_origin(base) {
        return Ok(address);
    }
    let realm = address.to_string();
    let within = endpoint.is_loopback() && address.is_loopback();
    if !(address.is_secure() || within) {
        return Err(RequestError::PlainRealm { realm });
    }
    let known =
        address.authority().ends_with(":443") && KNOWN.contains(&(base.host(), address.host()));
    if known || declared.iter().any(|host| names(host, &address)) {
        return Ok(address);
    }
    Err(RequestError::ForeignRealm { realm, host: address.host().into() })
}

/// `host` is its port 443 alone, `host:port` that port.
fn names(declared: &str, address: &Address) -> bool {
    let authority = address.authority();
    declared.eq_ignore_ascii_case(&authority)
        || authority.strip_suffix(":443").is_some_and(|host| declared.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_only_whom_somebody_knows() {
        let declared = ["auth.example".to_owned(), "127.0.0.1:7".to_owned()];
        let rows = [
            ("r.example", "https://r.example/token?x=1", "asked"),
            ("r.example", "https://r.example:443/token", "asked"),
            ("r.example", "https://r.example:444/token", "another origin"),
            ("r.example", "http://r.example/token", "plain http"),
            ("r.example", "https://auth.example/t", "asked"),
            ("r.example", "https://auth.example:8443/t", "another origin"),
            ("r.example", "http://auth.example/t", "plain http"),
            ("r.example", "https://evil.example/t", "another origin"),
            ("r.example", "https://auth.docker.io/token", "another origin"),
            ("r.example", "http://169.254.169.254/latest", "plain http"),
            ("r.example", "http://127.0.0.1:7/t", "plain http"),
            ("r.example", "https://u:p@r.example/t", "cannot be used"),
            ("r.example", "token", "cannot be used"),
            ("docker.io", "https://auth.docker.io/token", "asked"),
            ("docker.io", "https://auth.docker.io:444/token", "another origin"),
            ("127.0.0.1:5", "http://127.0.0.1:5/t", "asked"),
            ("127.0.0.1:5", "http://127.0.0.1:6/t", "another origin"),
            ("127.0.0.1:5", "http://127.0.0.1:7/t", "asked"),
        ];
        for (registry, realm, wanted) in rows {
            let endpoint = Endpoint::parse(registry).ok().unwrap();
            let outcome = match judge(realm, &endpoint, &declared) {
                Ok(_) => "asked".to_owned(),
                Err(error) => error.to_string(),
            };
            assert!(outcome.contains(wanted), "{registry} {realm}: {outcome}");
        }
    }
}
