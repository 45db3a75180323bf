//! Where a file is fetched from: a template over the app's version and platform.

use std::net::Ipv4Addr;

use crate::Platform;
use crate::problems::Reason;
use crate::suggestion::{enumerate, nearest};

/// What a URL can ask for. Neither a stage nor a region: an image knows none.
const VARIABLES: [&str; 4] = ["Version", "Name", "os", "arch"];

/// Words of an expression that are no variables.
const WORDS: [&str; 10] = ["if", "else", "and", "or", "not", "in", "is", "true", "false", "none"];

/// How a file is fetched.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Https,
    Http { is_loopback: bool },
    S3,
    GitHub,
}

/// Checks a URL before anything is rendered: scheme and host stand in it as they are.
pub(crate) fn check(url: &str) -> Result<Scheme, UrlError> {
    let parts = split(url)?;
    let unknown = parts.names.iter().find(|name| !VARIABLES.contains(name));
    if let Some(name) = unknown {
        return Err(UrlError::Variable { name: (*name).to_owned() });
    }
    if let Some(character) =
        parts.literal.chars().find(|one| one.is_whitespace() || one.is_control())
    {
        return Err(UrlError::Character { character });
    }
    match url.split_once(':') {
        Some(("s3", rest)) if rest.starts_with("//") => Ok(Scheme::S3),
        Some(("github", _)) => Ok(Scheme::GitHub),
        Some(("https", rest)) => host(rest).map(|_| Scheme::Https),
        Some(("http", rest)) => {
            host(rest).map(|host| Scheme::Http { is_loopback: is_loopback(host) })
        }
        _ => Err(UrlError::Scheme { url: url.to_owned() }),
    }
}

/// The variable by which the addresses of two platforms differ.
pub(crate) fn differing(url: &str, platforms: &[Platform]) -> Option<&'static str> {
    let names = split(url).map(|parts| parts.names).unwrap_or_default();
    let differs = |value: fn(Platform) -> &'static str| {
        platforms.windows(2).any(|pair| value(pair[0]) != value(pair[1]))
    };
    let variables = [("arch", Platform::architecture as fn(_) -> _), ("os", Platform::os)];
    let asked = variables.into_iter().find(|(name, value)| names.contains(name) && differs(*value));
    asked.map(|(name, _)| name)
}

/// What the URL's path certainly ends with, whatever is rendered: what follows the last expression
/// of it, without query and fragment.
pub(crate) fn literal_end(url: &str) -> &str {
    let mut rest = url;
    loop {
        let path_end = rest.find(['?', '#']).unwrap_or(rest.len());
        match rest.find("{{").filter(|begin| *begin < path_end) {
            None => return &rest[..path_end],
            Some(begin) => rest = rest[begin..].split_once("}}").map_or("", |(_, after)| after),
        }
    }
}

/// A URL without its expressions, and the names that stand in them.
struct Parts<'a> {
    literal: String,
    names: Vec<&'a str>,
}

fn split(url: &str) -> Result<Parts<'_>, UrlError> {
    let mut parts = Parts { literal: String::new(), names: Vec::new() };
    let mut rest = url;
    while let Some((before, opened)) = rest.split_once("{{") {
        let (expression, after) = opened.split_once("}}").ok_or(UrlError::Unclosed)?;
        parts.literal.push_str(before);
        let names = names(expression);
        if names.is_empty() {
            return Err(UrlError::NoVariable);
        }
        parts.names.extend(names);
        rest = after;
    }
    parts.literal.push_str(rest);
    if parts.literal.contains(['{', '}']) {
        return Err(UrlError::Brace);
    }
    Ok(parts)
}

/// The variables of an expression: not its texts, filters, tests or attributes.
fn names(expression: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut previous = "";
    for token in tokens(expression) {
        let is_name = token.starts_with(|first: char| first.is_alphabetic() || first == '_');
        if is_name && !WORDS.contains(&token) && !matches!(previous, "|" | "." | "is") {
            names.push(token);
        }
        previous = token;
    }
    names
}

/// Words, texts in quotes, and single other characters.
fn tokens(expression: &str) -> impl Iterator<Item = &str> {
    let mut rest = expression.trim_start();
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let length_bytes = match first {
            '"' | '\'' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            _ if is_word(first) => rest.find(|one| !is_word(one)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length_bytes);
        rest = after.trim_start();
        Some(token)
    })
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The host of what follows `http:`, with its port.
fn host(rest: &str) -> Result<&str, UrlError> {
    let authority = rest.strip_prefix("//").unwrap_or_default();
    let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
    match authority {
        _ if authority.contains('{') => Err(UrlError::TemplatedHost),
        _ if authority.contains('@') => Err(UrlError::Credentials),
        _ if authority.is_empty() || authority.starts_with(':') => Err(UrlError::Host),
        _ => Ok(authority),
    }
}

/// Whether the host is this machine, so that nobody stands in between.
fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost"
        || name == "[::1]"
        || host == "[::1]"
        || name.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback())
}

/// Why nothing could be fetched from there.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UrlError {
    #[error("the URL `{}` has no scheme that is known", url.escape_debug())]
    Scheme { url: String },
    #[error("the URL names no host")]
    Host,
    #[error("the URL's host is a template")]
    TemplatedHost,
    #[error("the URL holds a user or a password")]
    Credentials,
    #[error("the URL holds `{}`", character.escape_debug())]
    Character { character: char },
    #[error("`{{{{` begins an expression and nothing ends it")]
    Unclosed,
    #[error("the URL holds a brace outside of `{{{{ … }}}}`")]
    Brace,
    #[error("an expression of the URL asks for nothing")]
    NoVariable,
    #[error("a URL cannot ask for `{}`", name.escape_debug())]
    Variable { name: String },
}

impl Reason for UrlError {
    const CODE: &'static str = "config::url";
    const LABEL: &'static str = "cannot be fetched from";

    fn helps(&self) -> Vec<String> {
        let way_out = match self {
            Self::Scheme { .. } | Self::Host => {
                "write the whole address, as in `https://example.org/myapp.tar.gz`"
            }
            Self::TemplatedHost => "write the host as it is; the path after it may be a template",
            Self::Credentials => "take them out: the address stands in the lock and in messages",
            Self::Character { .. } => "write it percent-encoded, as in `%20` for a space",
            Self::Unclosed => "end it with `}}`, as in `{{ Version }}`",
            Self::Brace => "write `{{ Version }}` for the version, and `%7B` or `%7D` for a brace",
            Self::NoVariable => return variable_helps(""),
            Self::Variable { name } => return variable_helps(name),
        };
        vec![way_out.to_owned()]
    }
}

fn variable_helps(name: &str) -> Vec<String> {
    let meant =
        nearest(name, VARIABLES).map(|variable| format!("did you mean `{{{{ {variable} }}}}`?"));
    let known = format!("a URL can ask for {}", enumerate(VARIABLES, "and"));
    meant.into_iter().chain([known]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_schemes_and_this_machine() {
        let http = |is_loopback| Ok(Scheme::Http { is_loopback });
        assert_eq!(check("https://example.org/{{ Version }}/x-{{arch}}.tar"), Ok(Scheme::Https));
        assert_eq!(check("http://example.org/x"), http(false));
        assert_eq!(check("http://localhost.example.org/x"), http(false));
        for host in
            ["localhost", "localhost:80", "127.0.0.1:8080", "127.1.2.3", "[::1]", "[::1]:80"]
        {
            assert_eq!(check(&format!("http://{host}/x")), http(true), "{host}");
        }
        assert_eq!(check("s3://bucket/key"), Ok(Scheme::S3));
        assert_eq!(check("github:owner/repository@v1#asset"), Ok(Scheme::GitHub));
    }

    #[test]
    fn knows_what_is_the_same_for_all_platforms() {
        let [first, second] = Platform::ALL;
        assert_eq!(
            differing("https://h/{{ 'a' if arch == 'amd64' }}", &Platform::ALL),
            Some("arch")
        );
        assert_eq!(differing("https://h/{{ os }}-{{ Version }}", &Platform::ALL), None);
        assert_eq!(differing("https://h/{{ arch }}", &[first]), None);
        assert_eq!(differing("https://h/{{ arch }}", &[second]), None);
    }

    #[test]
    fn knows_what_a_path_ends_with() {
        for (url, end) in [
            ("https://h/x.zip", "https://h/x.zip"),
            ("https://h/x-{{ arch }}.tar.gz?a={{ Version }}.zip", ".tar.gz"),
            ("https://h/{{ '?' if '#' }}.tgz#x.zip", ".tgz"),
            ("https://h/x.tar.{{ arch }}", ""),
            ("https://h/x.{{ arch", ""),
        ] {
            assert_eq!(literal_end(url), end, "{url}");
        }
    }

    #[test]
    fn sees_the_variables_of_an_expression() {
        assert_eq!(names(" Version "), ["Version"]);
        assert_eq!(
            names("'x86_64' if arch == \"amd64\" else os | replace('a', 'b')"),
            ["arch", "os"]
        );
        assert_eq!(names("Version.major is defined"), ["Version"]);
        assert_eq!(names("'never ends"), [""; 0]);
    }
}
