//! Values of the template language as JSON.

use std::fmt;

use minijinja::Value;
use minijinja::value::ValueKind;
use serde_json::{Map, Number, Value as Json};

use crate::omit;

/// How many lists and maps may stand inside one another.
const DEPTH_LIMIT: usize = landfall_yaml::DEPTH_LIMIT;

/// The magnitude below which every reader of JSON has whole numbers exactly (RFC 8259, section 6).
const INTEGER_LIMIT: u64 = 1 << 53;

/// Why a value is none of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Something undefined, by itself or inside of a list or a map.
    Undefined,
    /// A number that is not finite, or a whole one that some readers would round.
    Number,
    /// A function, a macro, bytes.
    Kind(ValueKind),
    /// A map has a key that is no text.
    Key,
    /// `omit` was joined into a text.
    Omit,
    /// A text holds NUL, where it ends for the kernel.
    Nul,
    /// Deeper than [`DEPTH_LIMIT`].
    Depth,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undefined => formatter.write_str("it holds something that is undefined"),
            Self::Number => {
                formatter.write_str("a whole number is below 2^53, and every other is finite")
            }
            Self::Kind(kind) => write!(formatter, "it is a {kind}"),
            Self::Key => formatter.write_str("a key of a map is a text"),
            Self::Omit => formatter.write_str("`omit` is no text, and leaves nothing out of one"),
            Self::Nul => formatter.write_str("a text cannot hold a NUL character"),
            Self::Depth => write!(formatter, "it is more than {DEPTH_LIMIT} lists and maps deep"),
        }
    }
}

/// The same value as JSON; none for `omit`. What is `omit` inside of a list or a map is left out.
pub(crate) fn to_json(value: &Value) -> Result<Option<Json>, Refusal> {
    convert(value, DEPTH_LIMIT)
}

fn convert(value: &Value, depth: usize) -> Result<Option<Json>, Refusal> {
    let json = match value.kind() {
        _ if omit::is_omit(value) => return Ok(None),
        ValueKind::Undefined => return Err(Refusal::Undefined),
        ValueKind::None => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number => Json::Number(number(value)?),
        ValueKind::String => Json::String(text(value)?),
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map if depth == 0 => {
            return Err(Refusal::Depth);
        }
        ValueKind::Seq | ValueKind::Iterable => Json::Array(items(value, depth - 1)?),
        ValueKind::Map => Json::Object(map(value, depth - 1)?),
        kind => return Err(Refusal::Kind(kind)),
    };
    Ok(Some(json))
}

fn number(value: &Value) -> Result<Number, Refusal> {
    match value.as_i64().filter(|_| value.is_integer()) {
        Some(integer) if integer.unsigned_abs() < INTEGER_LIMIT => Ok(integer.into()),
        Some(_) => Err(Refusal::Number),
        None if value.is_integer() => Err(Refusal::Number),
        None => f64::try_from(value.clone()).ok().and_then(float).ok_or(Refusal::Number),
    }
}

/// A float as JSON has it: one without a fraction is a whole number, as `kubectl` sends it.
pub(crate) fn float(float: f64) -> Option<Number> {
    let is_whole = float.fract() == 0.0 && float.abs() < INTEGER_LIMIT as f64;
    if is_whole { Some((float as i64).into()) } else { Number::from_f64(float) }
}

fn text(value: &Value) -> Result<String, Refusal> {
    let text = value.as_str().unwrap_or_default();
    match text {
        _ if omit::is_in(text) => Err(Refusal::Omit),
        _ if text.contains('\0') => Err(Refusal::Nul),
        _ => Ok(text.to_owned()),
    }
}

fn items(value: &Value, depth: usize) -> Result<Vec<Json>, Refusal> {
    let items = value.try_iter().map_err(|_| Refusal::Kind(value.kind()))?;
    items.filter_map(|item| convert(&item, depth).transpose()).collect()
}

fn map(value: &Value, depth: usize) -> Result<Map<String, Json>, Refusal> {
    let keys = value.try_iter().map_err(|_| Refusal::Kind(value.kind()))?;
    let pairs = keys.filter_map(|key| pair(value, &key, depth).transpose());
    pairs.collect()
}

fn pair(value: &Value, key: &Value, depth: usize) -> Result<Option<(String, Json)>, Refusal> {
    let name = key.as_str().ok_or(Refusal::Key)?;
    let item = value.get_item(key).map_err(|_| Refusal::Key)?;
    Ok(convert(&item, depth)?.map(|json| (name.to_owned(), json)))
}

/// A value inside of a text: a text as it is, everything else as JSON writes it.
pub(crate) fn to_text(value: &Value) -> Result<String, Refusal> {
    match to_json(value)? {
        Some(Json::String(text)) => Ok(text),
        Some(json) => Ok(json.to_string()),
        None => Err(Refusal::Omit),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(expression: &str) -> Result<Option<Json>, Refusal> {
        let mut environment = minijinja::Environment::new();
        environment.add_global("omit", omit::value());
        to_json(&environment.compile_expression(expression).unwrap().eval(()).unwrap())
    }

    #[test]
    fn every_kind_has_its_json_or_none() {
        for (expression, wanted) in [
            ("1 + 1", Ok(Some(json!(2)))),
            ("4 / 2", Ok(Some(json!(2)))),
            ("1 / 2", Ok(Some(json!(0.5)))),
            ("'a'", Ok(Some(json!("a")))),
            ("none", Ok(Some(json!(null)))),
            ("1 == 1", Ok(Some(json!(true)))),
            ("range(3)", Ok(Some(json!([0, 1, 2])))),
            ("(1, 'b')", Ok(Some(json!([1, "b"])))),
            ("{'a': [1, omit], 'b': omit}", Ok(Some(json!({ "a": [1] })))),
            ("omit", Ok(None)),
            ("omit ~ 'x'", Err(Refusal::Omit)),
            ("(omit ~ 'x') | upper", Err(Refusal::Omit)),
            ("nobody", Err(Refusal::Undefined)),
            ("[nobody]", Err(Refusal::Undefined)),
            ("{1: 2}", Err(Refusal::Key)),
            ("9007199254740991", Ok(Some(json!(9_007_199_254_740_991_i64)))),
            ("9007199254740992", Err(Refusal::Number)),
            ("2 ** 100", Err(Refusal::Number)),
            ("range", Err(Refusal::Kind(ValueKind::Plain))),
            ("'a\\0'", Err(Refusal::Nul)),
        ] {
            assert_eq!(check(expression), wanted, "{expression}");
        }
    }
}
