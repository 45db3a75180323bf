//! A key of a ConfigMap.

use std::str::FromStr;

use crate::problems::Reason;

/// The grammar of [`ConfigKey`], for the schema; the length is apart.
pub(crate) const PATTERN: &str = r"^(\.?[_a-zA-Z0-9-][-._a-zA-Z0-9]*)$";

/// What the API server takes (`IsConfigMapKey` in `k8s.io/apimachinery/pkg/util/validation`).
const LIMIT_BYTES: usize = 253;

/// Letters, digits, `-`, `_` and `.`; it becomes the name of a file, so never `.` and never
/// beginning with `..`.
pub(crate) struct ConfigKey(pub(crate) String);

impl FromStr for ConfigKey {
    type Err = ConfigKeyError;

    fn from_str(text: &str) -> Result<Self, ConfigKeyError> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let is_key = (1..=LIMIT_BYTES).contains(&text.len())
            && text.bytes().all(fits)
            && text != "."
            && !text.starts_with("..");
        is_key.then(|| Self(text.to_owned())).ok_or_else(|| ConfigKeyError { text: text.into() })
    }
}

/// A text that is no key.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is no key of a ConfigMap", text.escape_debug())]
pub(crate) struct ConfigKeyError {
    text: String,
}

impl Reason for ConfigKeyError {
    const CODE: &'static str = "config::config-key";
    const LABEL: &'static str = "not a key";

    fn helps(&self) -> Vec<String> {
        let rule = "write letters, digits, `-`, `_` and `.`, as in `settings.conf`".to_owned();
        let last = self.text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let meant = Some(last).filter(|last| last.parse::<ConfigKey>().is_ok());
        let meant = meant.map(|meant| format!("a key is no path; `{meant}` would be one"));
        std::iter::once(rule).chain(meant).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_names_of_files_that_lead_nowhere() {
        for key in ["a", "settings.conf", ".env", "A_b-c.9", &"x".repeat(253)] {
            assert!(key.parse::<ConfigKey>().is_ok(), "{key}");
        }
        for key in ["", ".", "..", "..a", "a/b", "a b", "ä", &"x".repeat(254)] {
            assert!(key.parse::<ConfigKey>().is_err(), "{key}");
        }
    }
}
