//! One file a command: its arguments, whose doc comments are the help, and one function.

pub mod build;
pub mod completions;
pub mod config;
pub mod init;
pub mod lock;
pub mod operate;
pub mod promote;
pub mod push;
pub mod render;
pub mod schema;
pub mod store;
pub mod why;

use landfall_config::Overrides;

use crate::failure::Failure;
use crate::printer::steers;

/// `--set version=1.2.3`, the only name that can be set for a build.
pub fn overrides(set: &[String]) -> Result<Overrides, Failure> {
    let mut overrides = Overrides::default();
    for text in set {
        match text.split_once('=') {
            Some(("version", version)) => overrides.version = Some(version.into()),
            _ => {
                let message =
                    format!("`--set {text}`: an image has one value that can be set, its version");
                return Err(Failure::command_line(message).hint(
                    "write `--set version=1.2.3`; values of a stage belong into `environments/`",
                ));
            }
        }
    }
    Ok(overrides)
}

/// A value as JSON for machines, which a terminal can show, too. `landfall schema` says its form.
pub fn json<T: serde::Serialize + schemars::JsonSchema>(value: &T) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| escaped(&text))
        .map_err(|error| Failure::outside(format!("the answer has no JSON form: {error}")))
}

/// JSON itself escapes U+0000 to U+001F only (RFC 8259, section 7). All others that steer a terminal
/// stand in texts alone, where an escape means the same.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for symbol in json.chars() {
        if steers(symbol) && symbol != '\n' {
            escaped.push_str(&format!("\\u{:04x}", u32::from(symbol)));
        } else {
            escaped.push(symbol);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::json;

    #[test]
    fn json_steers_no_terminal_and_means_the_same() {
        let value = ["a\u{1b}[0m\n\u{7f}\u{9b}2J\u{202e}\u{2066}é"];
        let text = json(&value).ok().unwrap();
        assert_eq!(text, "[\n  \"a\\u001b[0m\\n\\u007f\\u009b2J\\u202e\\u2066é\"\n]");
        assert_eq!(serde_json::from_str::<[String; 1]>(&text).unwrap(), value);
    }
}
