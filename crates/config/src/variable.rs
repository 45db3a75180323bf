//! A name that a template can ask for.

use std::str::FromStr;

use crate::problems::Reason;

/// The grammar of [`Variable`], for the schema; words that mean something else are apart.
pub(crate) const PATTERN: &str = "^[A-Za-z_][A-Za-z0-9_]*$";

/// What the template language reads as something else.
const WORDS: [&str; 13] = [
    "True", "False", "None", "true", "false", "none", "and", "or", "not", "in", "is", "if", "else",
];

/// What every template has already.
const TAKEN: [&str; 2] = ["Name", "Version"];

/// The name of a value in `[image.values]`.
#[derive(Debug)]
pub(crate) struct Variable(pub(crate) String);

impl FromStr for Variable {
    type Err = VariableError;

    fn from_str(text: &str) -> Result<Self, VariableError> {
        let name = || text.to_owned();
        let is_letter = |character: char| character.is_ascii_alphabetic() || character == '_';
        let is_word = text.starts_with(is_letter)
            && text.chars().all(|one| is_letter(one) || one.is_ascii_digit());
        match text {
            _ if !is_word => Err(VariableError::NoWord { name: name() }),
            _ if WORDS.contains(&text) => Err(VariableError::Reserved { name: name() }),
            _ if TAKEN.contains(&text) => Err(VariableError::Taken { name: name() }),
            _ => Ok(Self(name())),
        }
    }
}

/// Why a text cannot be asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VariableError {
    #[error("a template cannot ask for a value named `{}`", name.escape_debug())]
    NoWord { name: String },
    #[error("`{name}` is a word of the template language")]
    Reserved { name: String },
    #[error("`{name}` is what every template calls the app's own")]
    Taken { name: String },
}

impl Reason for VariableError {
    const CODE: &'static str = "config::value-name";
    const LABEL: &'static str = "cannot name a value";

    fn helps(&self) -> Vec<String> {
        let way_out = match self {
            Self::NoWord { .. } => {
                "a name has letters, digits and `_`, and begins with no digit, as in `WorkerCount`"
            }
            Self::Reserved { .. } | Self::Taken { .. } => "choose another name",
        };
        vec![way_out.to_owned()]
    }
}
