//! The oldest version that a workspace wants: `.landfall.toml` says it.

use crate::failure::Failure;
use crate::surroundings::Surroundings;

/// The file's name, at the top of the workspace.
pub const FILE: &str = ".landfall.toml";

/// Refuses to run where the workspace wants a newer version than this one.
pub fn check(around: &Surroundings) -> Result<(), Failure> {
    let place = around.workspace_place().join(FILE);
    let Ok(text) = std::fs::read_to_string(&place) else { return Ok(()) };
    let value = text.lines().find_map(|line| line.trim().strip_prefix("minimum_version")?.trim().strip_prefix('='));
    let wanted = value.map(|value| value.trim().trim_matches('"').to_owned());
    let parsed = wanted.as_deref().and_then(numbers);
    let own = numbers(env!("CARGO_PKG_VERSION"));
    match (parsed, wanted) {
        (Some(parsed), Some(wanted)) if Some(parsed) > own => {
            let message = format!("this workspace wants Landfall {wanted} or newer, and this is {}", env!("CARGO_PKG_VERSION"));
            Err(Failure::files(message).hint("upgrade; the version is named in `.landfall.toml`"))
        }
        (Some(_), _) => Ok(()),
        _ => Err(Failure::files("`.landfall.toml` names no version".into()).hint("write `minimum_version = \"0.1.0\"`")),
    }
}

fn numbers(version: &str) -> Option<[u64; 3]> {
    let parts: Vec<_> = version.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    parts.try_into().ok()
}
