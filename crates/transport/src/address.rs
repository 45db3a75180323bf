//! A URL that may be fetched, which never shows the values of its query.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use crate::printable::printable;

/// What is shown of a URL at most; a hostile `Location` may be as long as a header can be.
const SHOWN_CHARACTERS: usize = 300;

/// An absolute `http` or `https` URL with a host, without user, password and fragment.
///
/// Its only text form is the redacted one, so that no signature is printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// Reads what stands in the user's file.
    ///
    /// # Errors
    /// It is no URL, not of HTTP, or holds blanks or credentials.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        // The URL standard drops and trims these in silence; in a file they are a slip of the pen.
        if text.contains(|character: char| character.is_control() || character.is_whitespace()) {
            return Err(AddressError::Blank);
        }
        Self::check(Url::parse(text).map_err(unreadable)?)
    }

    /// Reads a `Location`, which may be relative to this address (RFC 9110, section 10.2.2).
    ///
    /// # Errors
    /// As [`Address::parse`], but that blanks are left to the URL standard.
    pub fn join(&self, location: &str) -> Result<Self, AddressError> {
        Self::check(self.0.join(location).map_err(unreadable)?)
    }

    fn check(mut url: Url) -> Result<Self, AddressError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressError::Scheme { scheme: printable(url.scheme(), 40) });
        }
        // The client would send these as an `Authorization` header.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Userinfo);
        }
        url.set_fragment(None);
        Ok(Self(url))
    }

    /// The whole URL with its query, for a client alone: it is never shown.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The host as it stands in a URL, in lower case, IPv6 in brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether the host is this machine: a literal address of loopback, or `localhost`.
    pub fn is_loopback(&self) -> bool {
        self.host() == "localhost" || self.ip().is_some_and(|address| address.is_loopback())
    }

    /// The host, where it is a literal address. The URL standard has read its odd forms already.
    pub fn ip(&self) -> Option<IpAddr> {
        let host = self.host();
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        inner.unwrap_or(host).parse().ok()
    }

    /// The same with more in its query; what stands there stays as it is.
    pub fn with_query(&self, pairs: &[(&str, String)]) -> Self {
        let mut url = self.0.clone();
        if pairs.is_empty() {
            return Self(url);
        }
        url.query_pairs_mut().extend_pairs(pairs);
        Self(url)
    }

    /// Pairs as a form has them (the URL standard, "application/x-www-form-urlencoded").
    pub fn form(pairs: &[(&str, String)]) -> String {
        let mut url = Url::parse("http://form/").expect("it is a URL");
        url.query_pairs_mut().extend_pairs(pairs);
        url.query().unwrap_or_default().to_owned()
    }

    /// `host:port`.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host(), self.0.port_or_known_default().unwrap_or_default())
    }

    /// Whether TLS is used.
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether scheme, host and port are the same (RFC 6454, section 5).
    pub fn same_origin(&self, other: &Self) -> bool {
        self.0.origin() == other.0.origin()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&redacted(self.0.as_str()))
    }
}

fn unreadable<E: fmt::Display>(error: E) -> AddressError {
    AddressError::Unreadable { reason: error.to_string() }
}

/// A URL, or what was meant to be one, for people: the values of the query, user and password are
/// replaced by `***`, the fragment is left out.
pub fn redacted(text: &str) -> String {
    let text = text.split('#').next().unwrap_or_default();
    let (place, query) =
        text.split_once('?').map_or((text, None), |(place, query)| (place, Some(query)));
    let query = query.map(redacted_query).unwrap_or_default();
    printable(&(redacted_place(place) + &query), SHOWN_CHARACTERS)
}

fn redacted_place(place: &str) -> String {
    let (scheme, rest) =
        place.split_once("://").map_or(("", place), |(scheme, rest)| (scheme, rest));
    let separator = if scheme.is_empty() { "" } else { "://" };
    // The authority ends at the first slash; what is no URL may have its password anywhere.
    let authority_end = rest.find('/').unwrap_or(rest.len());
    match rest[..authority_end].rfind('@') {
        Some(at) => format!("{scheme}{separator}***{}", &rest[at..]),
        None => place.to_owned(),
    }
}

fn redacted_query(query: &str) -> String {
    let keys = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key, _)) => format!("{key}=***"),
        None => "***".to_owned(),
    });
    format!("?{}", keys.collect::<Vec<_>>().join("&"))
}

/// Why a text is no URL that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It does not parse.
    #[error("it is no URL: {reason}; write it as `https://host/path`")]
    Unreadable {
        /// The parser's words.
        reason: String,
    },
    /// White space or a control character stands in it.
    #[error("it holds white space or a control character; write a space as `%20`")]
    Blank,
    /// Neither `http` nor `https`.
    #[error("its scheme is `{scheme}`, and only `http` and `https` can be fetched")]
    Scheme {
        /// What stands there.
        scheme: String,
    },
    /// `https://user:password@host/`.
    #[error(
        "it holds a user or a password, and credentials are never sent; remove what stands before the `@`"
    )]
    Userinfo,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_secret() {
        let rows = [
            ("https://h/p?X-Amz-Signature=abc&b=&c", "https://h/p?X-Amz-Signature=***&b=***&***"),
            ("https://user:pa@ss@h/p@q", "https://***@h/p@q"),
            ("user:pass@proxy:3128", "***@proxy:3128"),
            ("https://h/p#token", "https://h/p"),
            ("https://h/\u{1b}[2J", "https://h/\\u{1b}[2J"),
        ];
        for (text, shown) in rows {
            assert_eq!(redacted(text), shown);
        }
    }

    #[test]
    fn cuts_what_is_endless() {
        let long = format!("https://h/{}", "a".repeat(1000));
        assert_eq!(redacted(&long).chars().count(), SHOWN_CHARACTERS + 1);
    }

    #[test]
    fn drops_the_fragment_before_anything_is_sent() {
        let address = Address::parse("HTTPS://H.example/p?q=1#f").ok().unwrap();
        assert_eq!(address.url().as_str(), "https://h.example/p?q=1");
        assert_eq!(address.authority(), "h.example:443");
    }
}
