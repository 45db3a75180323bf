//! The oldest version that a workspace wants: `.landfall.toml` says it.

use std::path::Path;

use crate::document::Document;
use crate::failure::Failure;

/// The file's name, at the top of the workspace.
pub const FILE: &str = ".landfall.toml";

const KEY: &str = "minimum_version";
const HELP: &str = "write `minimum_version = \"0.1.0\"`, and nothing else";

/// Refuses to run where the workspace wants a newer version than this one, or says it wrongly.
pub fn check(workspace: &Path) -> Result<(), Failure> {
    let Some(document) = Document::read(workspace, FILE)? else { return Ok(()) };
    let table = document.table().map_err(|failure| failure.hint(HELP))?;
    let Some(value) = table.get(KEY) else {
        return Err(Failure::files(format!("`{FILE}` names no version")).hint(HELP));
    };
    let wanted = value.get_ref().as_str().unwrap_or_default();
    let wrong = || document.wrong_value(value, &format!("`{KEY}` is no version")).hint(HELP);
    let numbers = numbers(wanted).ok_or_else(wrong)?;
    refuse_older(wanted, numbers)?;
    // Asked last, because a newer version may know more keys than this one.
    match table.keys().find(|key| key.get_ref() != KEY) {
        Some(key) => Err(document
            .wrong(key.span().start, &format!("the key `{}` is unknown", key.get_ref()))
            .hint(HELP)),
        None => Ok(()),
    }
}

fn refuse_older(wanted: &str, version: [u64; 3]) -> Result<(), Failure> {
    let own = env!("CARGO_PKG_VERSION");
    if Some(version) <= numbers(own) {
        return Ok(());
    }
    let message = format!("this workspace wants Landfall {wanted} or newer, and this is {own}");
    Err(Failure::files(message).hint(&format!("upgrade; the version is named in `{FILE}`")))
}

fn numbers(version: &str) -> Option<[u64; 3]> {
    let digits =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?;
    let parts: Vec<_> = version.split('.').map(digits).collect::<Option<_>>()?;
    parts.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_or_the_line_that_is_wrong() {
        let rows = [
            ("minimum_version = \"0.1.0\" # the first\n", ""),
            ("minimum_version = '0.0.9'", ""),
            (
                "minimum_version = \"0.1.1\"",
                "this workspace wants Landfall 0.1.1 or newer, and this is 0.1.0",
            ),
            (
                "minimum_version = \"9.0.0\"\nother = 1",
                "this workspace wants Landfall 9.0.0 or newer, and this is 0.1.0",
            ),
            ("# minimum_version = \"0.1.0\"\n", "`.landfall.toml` names no version"),
            ("minimum_versions = \"0.1.0\"\n", "`.landfall.toml` names no version"),
            (
                "\nminimum_version = 1\n",
                "`.landfall.toml`, line 2: `minimum_version` is no version",
            ),
            (
                "minimum_version = \"0.+1.0\"\n",
                "`.landfall.toml`, line 1: `minimum_version` is no version",
            ),
            (
                "minimum_version = \"0.1.0\"\n\nx = 1\n",
                "`.landfall.toml`, line 3: the key `x` is unknown",
            ),
        ];
        for (text, wanted) in rows {
            assert_eq!(said(text), wanted, "{text}");
        }
        let broken = said("minimum_version = \"0.1.0\"\nno TOML\n");
        assert!(broken.starts_with("`.landfall.toml`, line 2: "), "{broken}");
    }

    fn said(text: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), text).unwrap();
        match check(folder.path()) {
            Err(Failure::Front { status: 1, message, .. }) => message,
            Err(_) => "another failure".into(),
            Ok(()) => String::new(),
        }
    }
}
