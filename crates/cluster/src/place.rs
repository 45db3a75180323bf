//! Where a thing is at the API server: a path whose parts cannot leave their place.

use std::fmt::Write;

/// `/api/v1` for the core group, `/apis/apps/v1` for any other.
pub(crate) fn group(api_version: &str) -> String {
    match api_version.split_once('/') {
        Some((group, version)) => format!("/apis/{}/{}", part(group), part(version)),
        None => format!("/api/{}", part(api_version)),
    }
}

/// One part of a path or a query's value: what is not plain is escaped (RFC 3986, section 2.1), so
/// that a name with `/` or `?` in it asks for nothing else.
pub(crate) fn part(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("writing into memory does not fail");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::{group, part};

    #[test]
    fn a_name_stays_one_part_of_its_path() {
        assert_eq!(part("web-1.example"), "web-1.example");
        assert_eq!(part("a/status?x=1"), "a%2Fstatus%3Fx%3D1");
        assert_eq!((group("v1"), group("apps/v1")), ("/api/v1".into(), "/apis/apps/v1".into()));
    }
}
