//! Who a process runs as, or a file belongs to: numbers only.

use std::fmt;
use std::str::FromStr;

use crate::Owner;
use crate::problems::Reason;

/// The grammar of [`Owner`], for the schema; the limit is apart.
pub(crate) const PATTERN: &str = "^(0|[1-9][0-9]{0,9})(:(0|[1-9][0-9]{0,9}))?$";

/// The highest id: past it runtimes wrapped to root (CVE-2024-40635).
const LIMIT: u32 = i32::MAX as u32;

impl FromStr for Owner {
    type Err = OwnerError;

    fn from_str(text: &str) -> Result<Self, OwnerError> {
        let (user, group) = text.split_once(':').unwrap_or((text, text));
        Ok(Self { user_id: read_id(text, user)?, group_id: read_id(text, group)? })
    }
}

/// Reads digits without a sign or a leading zero, so that an id has one written form.
fn read_id(text: &str, part: &str) -> Result<u32, OwnerError> {
    let text = || text.to_owned();
    let is_number = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(OwnerError::NoNumber { text: text() });
    }
    if part.len() > 1 && part.starts_with('0') {
        return Err(OwnerError::LeadingZero { text: text() });
    }
    let id = part.parse().ok().filter(|id| *id <= LIMIT);
    id.ok_or_else(|| OwnerError::TooHigh { text: text() })
}

impl fmt::Display for Owner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.user_id, self.group_id)
    }
}

/// Why a text names no user and group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what its fields hold")]
pub enum OwnerError {
    #[error("`{}` is not a user and a group by number", text.escape_debug())]
    NoNumber { text: String },
    #[error("`{text}` has a leading zero")]
    LeadingZero { text: String },
    #[error("`{text}` has an id above {LIMIT}")]
    TooHigh { text: String },
}

impl Reason for OwnerError {
    const CODE: &'static str = "config::owner";
    const LABEL: &'static str = "not a user and group by number";

    fn helps(&self) -> Vec<String> {
        let why = match self {
            Self::NoNumber { .. } => "numbers only: an image without `/etc/passwd` knows no names",
            Self::LeadingZero { .. } => "ids are decimal and have one written form",
            Self::TooHigh { .. } => "runtimes have taken higher ids for root (CVE-2024-40635)",
        };
        vec![
            why.to_owned(),
            "write `\"65532:65532\"`, or `\"65532\"` for the group of the same number".into(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_numbers_and_nothing_else() {
        let owner = |user_id, group_id| Ok(Owner { user_id, group_id });
        assert_eq!("65532".parse(), owner(65532, 65532));
        assert_eq!("0:2147483647".parse(), owner(0, LIMIT));
        for text in
            ["", "root", "1:", ":1", "1:2:3", "+1", "-1", "01", "1: 2", "2147483648", "99999999999"]
        {
            assert!(text.parse::<Owner>().is_err(), "{text}");
        }
    }
}
