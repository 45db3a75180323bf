//! One file a command: its arguments, whose doc comments are the help, and one function.

pub mod build;
pub mod completions;
pub mod init;
pub mod lock;
pub mod schema;
pub mod store;
pub mod why;

use landfall_config::Overrides;

use crate::failure::Failure;

/// `--set version=1.2.3`, the only name that can be set for a build.
fn overrides(set: &[String]) -> Result<Overrides, Failure> {
    let mut overrides = Overrides::default();
    for text in set {
        match text.split_once('=') {
            Some(("version", version)) => overrides.version = Some(version.into()),
            _ => {
                let message = format!("`--set {text}`: an image has one value that can be set, its version");
                return Err(Failure::command_line(message).hint("write `--set version=1.2.3`; values of a stage belong into `environments/`"));
            }
        }
    }
    Ok(overrides)
}

/// A value as JSON for machines.
fn json<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map_err(|error| Failure::outside(format!("the answer has no JSON form: {error}")))
}
