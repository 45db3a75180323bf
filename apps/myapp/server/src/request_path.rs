//! The path of a request, decoded and checked: it can only go downwards.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// The names that lead from the served folder to what is asked for. None of them is empty, `.` or
/// `..`, and none holds a slash or a NUL, however it was written in the request.
#[derive(Debug, PartialEq)]
pub(crate) struct RequestPath {
    /// From the outermost folder inwards.
    pub(crate) names: Vec<OsString>,
    /// Whether the path ends in a slash, so that the folder's index is meant.
    pub(crate) folder: bool,
}

impl RequestPath {
    /// Reads the path of a request target (RFC 3986, section 3.3), without its query.
    ///
    /// Gives nothing for a path that does not begin with a slash, is wrongly percent-encoded, or
    /// holds a name that could mean another place. Empty names are among them: `//host/` sent back
    /// in a redirect would lead to another host.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let inner = path.strip_prefix('/')?;
        if inner.is_empty() {
            return Some(Self { names: Vec::new(), folder: true });
        }
        let names = inner.strip_suffix('/').unwrap_or(inner);
        let folder = names.len() < inner.len();
        let names = names.split('/').map(decode_name).collect::<Option<_>>()?;
        Some(Self { names, folder })
    }
}

fn decode_name(written: &str) -> Option<OsString> {
    let name = percent_decode(written.as_bytes())?;
    let harmless = !matches!(name.as_slice(), b"" | b"." | b"..")
        && !name.contains(&b'/')
        && !name.contains(&0);
    harmless.then(|| OsString::from_vec(name))
}

/// Decoded once and never again, or `%252e` would turn into a dot after the check.
fn percent_decode(written: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(written.len());
    let mut rest = written.iter();
    while let Some(&byte) = rest.next() {
        decoded.push(match byte {
            b'%' => hex_digit(rest.next())? << 4 | hex_digit(rest.next())?,
            _ => byte,
        });
    }
    Some(decoded)
}

fn hex_digit(byte: Option<&u8>) -> Option<u8> {
    char::from(*byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_downwards_are_read() {
        for (path, names, folder) in [
            ("/", [].as_slice(), true),
            ("/style.css", &["style.css"], false),
            ("/a/b/", &["a", "b"], true),
            ("/a%20b/%C3%A9", &["a b", "é"], false),
            ("/...", &["..."], false),
            ("/..data/x", &["..data", "x"], false),
            ("/%252e%252e", &["%2e%2e"], false),
            ("/a\\b", &["a\\b"], false),
        ] {
            let names = names.iter().map(OsString::from).collect();
            assert_eq!(RequestPath::parse(path), Some(RequestPath { names, folder }), "{path}");
        }
    }

    #[test]
    fn paths_that_could_mean_another_place_are_refused() {
        for path in [
            "",
            "*",
            "a",
            "//",
            "//host/",
            "/a//b",
            "/a//",
            "/.",
            "/..",
            "/../",
            "/a/../b",
            "/./a",
            "/%2e%2e/a",
            "/%2E./a",
            "/.%2e",
            "/a%2fb",
            "/..%2Fa",
            "/a%00",
            "/%",
            "/%2",
            "/%zz",
            "/%+1",
        ] {
            assert_eq!(RequestPath::parse(path), None, "{path}");
        }
    }
}
