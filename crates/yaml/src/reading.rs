//! What a plain scalar means, and to whom.
//!
//! Three readers matter: YAML 1.2 (core schema, section 10.3.2), YAML 1.1 as PyYAML and with it
//! Ansible read it (the types of yaml.org/type), and `kubectl`, which is between the two. The
//! second and third are one here: where they differ from each other, one of them differs from the
//! first. Timestamps are left out: `kubectl` and YAML 1.2 both read `2024-01-02` as a text.

use crate::Value;

/// What a scalar means to a reader.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Reading {
    Null,
    Boolean(bool),
    Integer(i128),
    /// An integer of more digits than anybody counts with.
    Huge,
    /// Also infinite, or not a number.
    Float(f64),
    /// The characters themselves.
    Text,
    /// `<<`: the keys of another mapping.
    Merge,
    /// `=`: the value of a mapping that is used as a scalar.
    Default,
}

/// The largest magnitude that every reader of JSON has exactly.
const INTEGER_LIMIT: u128 = 1 << 53;

impl Reading {
    /// Whether both are the same, so that it does not matter who reads.
    pub fn agrees(self, other: Self) -> bool {
        match (self, other) {
            (Self::Float(one), Self::Float(other)) => {
                one == other || one.is_nan() && other.is_nan()
            }
            _ => self == other,
        }
    }

    /// What it is as a value; none where JSON has no such number.
    pub fn value(self) -> Option<Value> {
        match self {
            Self::Null => Some(Value::Null),
            Self::Boolean(boolean) => Some(Value::Boolean(boolean)),
            Self::Integer(integer) if integer.unsigned_abs() < INTEGER_LIMIT => {
                i64::try_from(integer).ok().map(Value::Integer)
            }
            Self::Float(float) if float.is_finite() => Some(Value::Float(float)),
            Self::Integer(_) | Self::Huge | Self::Float(_) => None,
            Self::Text | Self::Merge | Self::Default => Some(Value::Text),
        }
    }

    /// As messages call it: `the number 420`.
    pub fn called(self, text: &str) -> String {
        match (self, self.written()) {
            (Self::Text, _) => format!("the text `{text}`"),
            (Self::Merge, _) => "a merge with the keys of another mapping".into(),
            (Self::Default, _) => "a mapping's default value".into(),
            (Self::Null, _) => "nothing".into(),
            (Self::Boolean(boolean), _) => format!("the boolean `{boolean}`"),
            (_, Some(written)) => format!("the number {written}"),
            (Self::Float(float), None) if float.is_nan() => "not a number".into(),
            (_, None) => "a number that is too large".into(),
        }
    }

    /// How it is written so that every reader understands the same; none where that is in quotes,
    /// or not at all.
    pub fn written(self) -> Option<String> {
        match self {
            Self::Null => Some("null".into()),
            Self::Boolean(boolean) => Some(boolean.to_string()),
            Self::Integer(integer) => Some(integer.to_string()),
            Self::Float(float) if float.is_finite() => Some(written_float(float)),
            _ => None,
        }
    }
}

/// With a dot and a sign of the exponent, which YAML 1.1 asks for.
fn written_float(float: f64) -> String {
    let shortest = format!("{float:?}");
    let Some((mantissa, exponent)) = shortest.split_once('e') else { return shortest };
    let dot = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{mantissa}{dot}e{sign}{exponent}")
}

/// What YAML 1.2 reads.
pub(crate) fn core(text: &str) -> Reading {
    word(text)
        .or_else(|| core_integer(text))
        .or_else(|| core_float(text))
        .or_else(|| special_float(text))
        .unwrap_or(Reading::Text)
}

/// What YAML 1.1 or `kubectl` reads.
pub(crate) fn legacy(text: &str) -> Reading {
    word(text)
        .or_else(|| legacy_word(text))
        .or_else(|| legacy_integer(text))
        .or_else(|| legacy_float(text))
        .or_else(|| special_float(text))
        .unwrap_or(Reading::Text)
}

/// What everybody understands.
fn word(text: &str) -> Option<Reading> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Some(Reading::Null),
        "true" | "True" | "TRUE" => Some(Reading::Boolean(true)),
        "false" | "False" | "FALSE" => Some(Reading::Boolean(false)),
        _ => None,
    }
}

/// `y` and `n` are booleans of YAML 1.1 and of `kubectl`, though not of PyYAML.
fn legacy_word(text: &str) -> Option<Reading> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(Reading::Boolean(true)),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(Reading::Boolean(false)),
        "<<" => Some(Reading::Merge),
        "=" => Some(Reading::Default),
        _ => None,
    }
}

fn core_integer(text: &str) -> Option<Reading> {
    let (digits, radix) = match text.get(..2) {
        Some("0o") => (&text[2..], 8),
        Some("0x") => (&text[2..], 16),
        _ => (unsigned(text).1, 10),
    };
    integer(unsigned(text).0 && radix == 10, digits, radix)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn core_float(text: &str) -> Option<Reading> {
    let (mantissa, exponent) = split_exponent(unsigned(text).1);
    let is_exponent = exponent.is_none_or(|exponent| is_digits(unsigned(exponent).1));
    let is_mantissa = match mantissa.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(mantissa),
    };
    (is_mantissa && is_exponent).then(|| text.parse().ok().map(Reading::Float)).flatten()
}

fn special_float(text: &str) -> Option<Reading> {
    match (text, unsigned(text)) {
        (".nan" | ".NaN" | ".NAN", _) => Some(Reading::Float(f64::NAN)),
        (_, (is_negative, ".inf" | ".Inf" | ".INF")) => Some(Reading::Float(match is_negative {
            true => f64::NEG_INFINITY,
            false => f64::INFINITY,
        })),
        _ => None,
    }
}

/// Prefixes in upper case, and `0o` behind a sign, are `kubectl`'s (strconv.ParseInt with base 0).
fn legacy_integer(text: &str) -> Option<Reading> {
    let (is_negative, body) = unsigned(text);
    if !body.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let is_signed = body.len() < text.len();
    let digits = body.replace('_', "");
    match digits.get(..2) {
        Some("0b" | "0B") => integer(is_negative, &digits[2..], 2),
        Some("0x" | "0X") => integer(is_negative, &digits[2..], 16),
        Some("0O") => integer(is_negative, &digits[2..], 8),
        Some("0o") if is_signed => integer(is_negative, &digits[2..], 8),
        Some(_) if digits.starts_with('0') => integer(is_negative, &digits, 8),
        _ => integer(is_negative, &digits, 10).or_else(|| clock_integer(is_negative, &digits)),
    }
}

/// `[-+]?([0-9][0-9_]*)?\.[0-9_]*([eE][-+][0-9]+)?`, and base 60 with a dot.
fn legacy_float(text: &str) -> Option<Reading> {
    let (is_negative, body) = unsigned(text);
    if !body.starts_with(|first: char| first == '.' || first.is_ascii_digit()) {
        return None;
    }
    let plain = body.replace('_', "");
    let (mantissa, exponent) = split_exponent(&plain);
    let is_exponent = exponent
        .is_none_or(|exponent| exponent.starts_with(['-', '+']) && is_digits(&exponent[1..]));
    let (whole, fraction) = mantissa.split_once('.')?;
    let fits = |digits: &str| digits.is_empty() || is_digits(digits);
    if !is_exponent || !fits(fraction) || mantissa == "." {
        return None;
    }
    let magnitude: f64 = match fits(whole) {
        true => plain.parse().ok()?,
        false if exponent.is_none() => {
            clock(whole)? as f64 + format!("0.{fraction}0").parse::<f64>().ok()?
        }
        false => return None,
    };
    Some(Reading::Float(if is_negative { -magnitude } else { magnitude }))
}

/// `[1-9][0-9_]*(:[0-5]?[0-9])+` in base 60.
fn clock_integer(is_negative: bool, digits: &str) -> Option<Reading> {
    let magnitude = i128::from(clock(digits)?);
    Some(Reading::Integer(if is_negative { -magnitude } else { magnitude }))
}

fn clock(text: &str) -> Option<u64> {
    let (first, rest) = text.split_once(':')?;
    let first = is_digits(first).then(|| first.parse::<u64>().ok()).flatten()?;
    rest.split(':').try_fold(first, |sum, group| {
        let is_group = is_digits(group) && group.len() <= 2;
        let value =
            is_group.then(|| group.parse::<u64>().ok()).flatten().filter(|one| *one < 60)?;
        sum.checked_mul(60)?.checked_add(value)
    })
}

fn integer(is_negative: bool, digits: &str, radix: u32) -> Option<Reading> {
    let is_number = !digits.is_empty() && digits.chars().all(|one| one.is_digit(radix));
    is_number.then(|| match i128::from_str_radix(digits, radix) {
        Ok(magnitude) => Reading::Integer(if is_negative { -magnitude } else { magnitude }),
        Err(_) => Reading::Huge,
    })
}

/// Whether there is a minus, and what stands behind the sign.
fn unsigned(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn split_exponent(text: &str) -> (&str, Option<&str>) {
    text.split_once(['e', 'E'])
        .map_or((text, None), |(mantissa, exponent)| (mantissa, Some(exponent)))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What YAML 1.2 reads and what the others do; checked by hand against PyYAML 6.0.3 and
    /// sigs.k8s.io/yaml 1.6.0.
    #[test]
    fn readers_differ_where_they_are_known_to() {
        use Reading::{Boolean, Default, Float, Integer, Merge, Text};
        for (text, one, other) in [
            ("yes", Text, Boolean(true)),
            ("Y", Text, Boolean(true)),
            ("OFF", Text, Boolean(false)),
            ("0644", Integer(644), Integer(420)),
            ("-0644", Integer(-644), Integer(-420)),
            ("08", Integer(8), Text),
            ("0o644", Integer(420), Text),
            ("+0o7", Text, Integer(7)),
            ("0O17", Text, Integer(15)),
            ("0b101", Text, Integer(5)),
            ("-0x1F", Text, Integer(-31)),
            ("0X1f", Text, Integer(31)),
            ("1_000", Text, Integer(1000)),
            ("1_0.5", Text, Float(10.5)),
            ("12:30:45", Text, Integer(45045)),
            ("22:22", Text, Integer(1342)),
            ("1:30.5", Text, Float(90.5)),
            ("1e3", Float(1000.0), Text),
            ("1.5e3", Float(1500.0), Text),
            ("12e4567", Float(f64::INFINITY), Text),
            ("<<", Text, Merge),
            ("=", Text, Default),
        ] {
            assert_eq!((core(text), legacy(text)), (one, other), "{text}");
            assert!(!core(text).agrees(legacy(text)), "{text}");
        }
    }

    #[test]
    fn readers_agree_on_the_rest() {
        use Reading::{Float, Huge, Integer, Null, Text};
        for (text, wanted) in [
            ("", Null),
            ("~", Null),
            ("0", Integer(0)),
            ("-12", Integer(-12)),
            ("+12", Integer(12)),
            ("0x1F", Integer(31)),
            ("1.", Float(1.0)),
            ("-.5", Float(-0.5)),
            ("1.5e+3", Float(1500.0)),
            ("-.INF", Float(f64::NEG_INFINITY)),
            (".nan", Float(f64::NAN)),
            ("yEs", Text),
            ("2024-01-02", Text),
            ("2024-01-02T03:04:05Z", Text),
            ("1.2.3", Text),
            ("8080:80", Text),
            ("00:11:22", Text),
            ("_1", Text),
            ("0x", Text),
            ("0b", Text),
            (".", Text),
            ("-", Text),
            ("1e", Text),
            ("abc", Text),
            ("1234567890123456789012345678901234567890", Huge),
        ] {
            assert!(core(text).agrees(wanted), "{text}: {:?}", core(text));
            assert!(legacy(text).agrees(wanted), "{text}: {:?}", legacy(text));
        }
    }

    #[test]
    fn what_is_proposed_is_read_the_same_by_all() {
        for float in [0.5, 1.0, -2.5, 1e300, 1.5e-12, 90.5, 1e22] {
            let written = written_float(float);
            assert!(core(&written).agrees(Reading::Float(float)), "{written}");
            assert!(legacy(&written).agrees(Reading::Float(float)), "{written}");
        }
    }
}
