//! Permission bits, as `chmod` takes them.

use std::str::FromStr;

use landfall_diagnostics::{Diagnostic, Span};

use crate::document::Integer;
use crate::problems::Reason;

/// The grammar of [`Mode`], for the schema.
pub(crate) const PATTERN: &str = "^[0-7]{3,4}$";

/// Permission bits with setuid, setgid and sticky: three or four octal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mode(pub(crate) u16);

impl FromStr for Mode {
    type Err = ModeError;

    fn from_str(text: &str) -> Result<Self, ModeError> {
        let is_octal = text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
        let has_length = (3..=4).contains(&text.len());
        let bits = u16::from_str_radix(text, 8).ok().filter(|_| is_octal && has_length);
        bits.map(Self).ok_or_else(|| ModeError { text: text.to_owned() })
    }
}

/// A text that is no mode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no mode", text.escape_debug())]
pub(crate) struct ModeError {
    text: String,
}

impl Reason for ModeError {
    const CODE: &'static str = "config::mode";
    const LABEL: &'static str = "not a mode";

    fn helps(&self) -> Vec<String> {
        vec!["write three or four octal digits in quotes, as in `\"0644\"`".to_owned()]
    }
}

/// What to say of a number in the place of a mode: `chmod` reads `644` as octal, TOML as decimal.
pub(crate) fn refuse_integer(integer: &Integer, span: &Span) -> Diagnostic {
    let message = format!("a mode is octal digits in quotes, and `{}` is a number", span.text());
    let diagnostic = Diagnostic::error(ModeError::CODE, message).at(span, "a number");
    let readings = readings(integer);
    if readings.is_empty() {
        return diagnostic.help("write three or four octal digits, as in `\"0644\"`");
    }
    readings.into_iter().fold(diagnostic, Diagnostic::help)
}

/// What the number may have meant: one sentence where both readings agree.
fn readings(integer: &Integer) -> Vec<String> {
    let octal = Some(&integer.digits).filter(|digits| digits.parse::<Mode>().is_ok());
    let octal = octal.map(|digits| format!("{digits:0>4}"));
    let value = integer.value().filter(|value| (0..=0o7777).contains(value));
    let by_value = value.map(|value| (value, format!("{value:04o}")));
    match (octal, by_value) {
        (Some(mode), Some((_, same))) if mode == same => vec![format!("write `\"{mode}\"`")],
        (octal, by_value) => octal
            .map(|mode| {
                format!("write `\"{mode}\"` if its digits are meant, as `chmod` reads them")
            })
            .into_iter()
            .chain(by_value.map(|(value, mode)| {
                format!("write `\"{mode}\"` if the number {value} is meant, as TOML reads it")
            }))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_three_or_four_octal_digits() {
        assert_eq!("755".parse(), Ok(Mode(0o755)));
        assert_eq!("7777".parse(), Ok(Mode(0o7777)));
        assert_eq!("0000".parse(), Ok(Mode(0)));
        for text in ["", "64", "0o644", "00644", "0689", "+644", "rwxr-xr-x", "u=rw"] {
            assert!(text.parse::<Mode>().is_err(), "{text}");
        }
    }
}
