//! `--set NAME=VALUE`: the highest layer of an app's values.

use std::collections::BTreeMap;
use std::str::FromStr;

use landfall_diagnostics::{Diagnostic, Source};

use crate::Value;
use crate::document;
use crate::environment::layered::{Layered, LayeredContent, LayeredValue};
use crate::environment::origin::Origin;
use crate::problems::Problems;
use crate::suggestion::{enumerate, nearest};

/// A value of the command line. What its text means follows from the kind of the value below it:
/// a text is taken as it is, everything else is read as TOML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Names joined by dots: `Resources.Memory`.
    pub name: String,
    /// What stands behind the `=`.
    pub text: String,
}

impl FromStr for Setting {
    type Err = SettingError;

    fn from_str(text: &str) -> Result<Self, SettingError> {
        let parts = text.split_once('=').filter(|(name, _)| !name.is_empty());
        let (name, value) = parts.ok_or_else(|| SettingError { text: text.to_owned() })?;
        Ok(Self { name: name.to_owned(), text: value.to_owned() })
    }
}

/// A text that sets nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` sets nothing: write `NAME=VALUE`", text.escape_debug())]
pub struct SettingError {
    /// What was read.
    pub text: String,
}

/// Puts each setting in the place of the value below it; of two with one name the later holds.
pub(crate) fn apply(layered: &mut Layered, settings: &[Setting], problems: &mut Problems) {
    for setting in settings {
        match find(layered, &setting.name) {
            Some(value) => set(value, setting, problems),
            None => problems.push(unknown(layered, setting)),
        }
    }
}

fn find<'a>(layered: &'a mut Layered, name: &str) -> Option<&'a mut LayeredValue> {
    find_below(&mut layered.values, name)
}

/// Keys inside of tables may hold dots themselves, as labels of Kubernetes do.
fn find_below<'a>(
    table: &'a mut BTreeMap<String, LayeredValue>,
    name: &str,
) -> Option<&'a mut LayeredValue> {
    if table.contains_key(name) {
        return table.get_mut(name);
    }
    table.iter_mut().find_map(|(key, value)| {
        let rest = name.strip_prefix(key.as_str())?.strip_prefix('.')?;
        match &mut value.content {
            LayeredContent::Table(table) => find_below(table, rest),
            LayeredContent::Plain(_) => None,
        }
    })
}

fn set(value: &mut LayeredValue, setting: &Setting, problems: &mut Problems) {
    let read = match &value.content {
        LayeredContent::Plain(Value::Text(_)) => Some(Value::Text(setting.text.clone())),
        LayeredContent::Table(_) => None,
        LayeredContent::Plain(below) => {
            read(&setting.text).filter(|read| read.kind() == below.kind())
        }
    };
    match read {
        Some(read) => value.replace(read, Origin::set()),
        None => problems.push(other_kind(value, setting)),
    }
}

/// A text without line breaks as a value of TOML.
fn read(text: &str) -> Option<Value> {
    let is_line = !text.contains(['\n', '\r', '#']);
    let (document, errors) = document::parse(&Source::new("--set", format!("value = {text}")));
    let is_exact = |value: &Value| !matches!(value, Value::Integer(integer) if integer.unsigned_abs() >= 1 << 53);
    let value = document.get("value").filter(|_| is_line).and_then(Value::read);
    value.filter(|value| errors.join(Vec::new()).is_empty() && is_exact(value))
}

fn unknown(layered: &Layered, setting: &Setting) -> Diagnostic {
    let Setting { name, .. } = setting;
    let message = format!("`--set {}=…`: no layer has such a value", name.escape_debug());
    let leaves = layered.leaves();
    let names = || leaves.iter().map(|(path, _)| path.as_str());
    let meant = nearest(name, names()).map(|meant| format!("did you mean `{meant}`?"));
    let known = match leaves.is_empty() {
        true => "the app has no values".to_owned(),
        false => format!("the app's values are {}", enumerate(names(), "and")),
    };
    let way_out = "a value can be set that has a default in `[kubernetes.values]` of app.toml";
    let diagnostic = Diagnostic::error("environment::unknown-value", message);
    meant.into_iter().chain([known, way_out.to_owned()]).fold(diagnostic, Diagnostic::help)
}

fn other_kind(below: &LayeredValue, setting: &Setting) -> Diagnostic {
    let (name, text) = (setting.name.escape_debug(), setting.text.escape_debug());
    let message = format!("`--set {name}={text}`: the value is {}", below.kind());
    let diagnostic = Diagnostic::error("environment::kind", message);
    let spans = below.origin.span.iter();
    let diagnostic = spans.fold(diagnostic, |all, span| all.at(span, below.kind()));
    diagnostic.help(match &below.content {
        LayeredContent::Table(_) => format!("set one of its values, as in `--set {name}.NAME=…`"),
        LayeredContent::Plain(Value::Boolean(_)) => "write `true` or `false`".to_owned(),
        LayeredContent::Plain(Value::List(_)) => {
            format!("write a list of TOML, as in `--set '{name}=[\"a\", \"b\"]'`")
        }
        LayeredContent::Plain(_) => format!("write a whole number, as in `--set {name}=3`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_has_a_name_and_a_value() {
        let setting = |text: &str| text.parse::<Setting>().map(|set| (set.name, set.text));
        assert_eq!(setting("A.B=x=y"), Ok(("A.B".into(), "x=y".into())));
        assert_eq!(setting("A="), Ok(("A".into(), String::new())));
        assert!(setting("A").is_err() && setting("=x").is_err());
    }

    #[test]
    fn a_text_is_one_value_and_nothing_more() {
        assert_eq!(read("3"), Some(Value::Integer(3)));
        assert_eq!(read("[1, true]").map(|value| value.kind()), Some("a list"));
        for text in ["", "x", "3 # y", "3\nother = 4", "9007199254740992", "0.5", "[1"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
