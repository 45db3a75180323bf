//! Names that are handed to cargo: a package, a binary, a feature.

use std::fmt;
use std::str::FromStr;

use crate::problems::Reason;

/// The longest name, well below what a path takes and above what anyone uses.
const LIMIT_BYTES: usize = 128;

/// The name of a package or a binary. It begins with no dash, so it is never read as an option.
pub(crate) struct CargoName(pub(crate) String);

/// A feature, or `package/feature`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Feature(pub(crate) String);

impl fmt::Display for Feature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for CargoName {
    type Err = CargoNameError;

    fn from_str(text: &str) -> Result<Self, CargoNameError> {
        let fits = |one: char| one.is_ascii_alphanumeric() || "_-".contains(one);
        check(text, "package or binary", fits).map(Self)
    }
}

impl FromStr for Feature {
    type Err = CargoNameError;

    fn from_str(text: &str) -> Result<Self, CargoNameError> {
        let fits = |one: char| one.is_ascii_alphanumeric() || "_-+./?".contains(one);
        check(text, "feature", fits).map(Self)
    }
}

fn check(
    text: &str,
    what: &'static str,
    fits: impl Fn(char) -> bool,
) -> Result<String, CargoNameError> {
    let has_length = (1..=LIMIT_BYTES).contains(&text.len());
    let is_name = has_length && !text.starts_with(['-', '.', '/']) && text.chars().all(fits);
    is_name.then(|| text.to_owned()).ok_or_else(|| CargoNameError { what, text: text.to_owned() })
}

/// A text that cargo would not take for a name.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is no name of a {what}", text.escape_debug())]
pub(crate) struct CargoNameError {
    what: &'static str,
    text: String,
}

impl Reason for CargoNameError {
    const CODE: &'static str = "config::cargo-name";
    const LABEL: &'static str = "no name that cargo takes";

    fn helps(&self) -> Vec<String> {
        let separator = self.text.trim().contains([' ', ',']) && self.what == "feature";
        let rule = format!(
            "write the {} as in Cargo.toml: letters, digits, `-` and `_`, at most {LIMIT_BYTES}",
            self.what
        );
        let list = separator.then(|| "each feature is an item of the list by itself".to_owned());
        std::iter::once(rule).chain(list).collect()
    }
}
