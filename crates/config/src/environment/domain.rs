//! The DNS domain below which apps have their names.

use std::str::FromStr;

use crate::problems::Reason;

/// The grammar of [`Domain`], for the schema; the length is apart.
pub(crate) const PATTERN: &str =
    "^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$";

/// A name has 253 characters at most (RFC 1035, section 2.3.4), and `APP.REGION.` takes up to 128.
const LIMIT_BYTES: usize = 125;

/// Labels of lower-case letters, digits and inner dashes, joined by dots.
pub(crate) struct Domain(pub(crate) String);

impl FromStr for Domain {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, DomainError> {
        let is_domain = text.len() <= LIMIT_BYTES && text.split('.').all(is_label);
        is_domain.then(|| Self(text.to_owned())).ok_or_else(|| DomainError { text: text.into() })
    }
}

fn is_label(label: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&label.len())
        && label.bytes().all(fits)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

/// A text that is no domain.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is no DNS domain", text.escape_debug())]
pub(crate) struct DomainError {
    text: String,
}

impl Reason for DomainError {
    const CODE: &'static str = "environment::domain";
    const LABEL: &'static str = "not a domain";

    fn helps(&self) -> Vec<String> {
        let rule = format!(
            "write a domain in lower case without a dot at its ends, as in `example.com`, at most \
             {LIMIT_BYTES} characters"
        );
        let plain = self.text.trim().to_lowercase();
        let plain = plain.split_once("://").map_or(&*plain, |(_, rest)| rest);
        let plain = plain.split(['/', ':']).next().unwrap_or_default().trim_matches('.');
        let meant =
            plain.parse::<Domain>().ok().map(|domain| format!("`{}` would be one", domain.0));
        std::iter::once(rule).chain(meant).collect()
    }
}
