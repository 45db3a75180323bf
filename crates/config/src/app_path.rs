//! A path below a folder of the workspace: where bytes of the app come from.

use std::str::FromStr;

use landfall_tree::{EntryPath, PathError};

use crate::problems::Reason;

/// A relative path that names something. A slash at its end says that it is a folder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AppPath {
    pub path: EntryPath,
    pub is_folder: bool,
}

impl FromStr for AppPath {
    type Err = AppPathError;

    fn from_str(text: &str) -> Result<Self, AppPathError> {
        let (plain, is_folder) =
            text.strip_suffix('/').map_or((text, false), |plain| (plain, true));
        if matches!(plain, "" | "." | "./") {
            return Err(AppPathError::NoName { text: text.to_owned() });
        }
        let path = plain
            .parse()
            .map_err(|reason| AppPathError::Path { reason, nearest: nearest_path(plain) })?;
        Ok(Self { path, is_folder })
    }
}

/// The path without what says nothing: a leading slash, `.` and doubled slashes.
fn nearest_path(text: &str) -> Option<EntryPath> {
    let components = text.split('/').filter(|component| !matches!(*component, "" | "."));
    components.collect::<Vec<_>>().join("/").parse().ok().filter(|path: &EntryPath| !path.is_root())
}

/// Why a text is no path below a folder.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AppPathError {
    #[error("the path `{}` names nothing below its folder", text.escape_debug())]
    NoName { text: String },
    #[error("{reason}")]
    Path { reason: PathError, nearest: Option<EntryPath> },
}

impl Reason for AppPathError {
    const CODE: &'static str = "config::path";
    const LABEL: &'static str = "not a path below its folder";

    fn helps(&self) -> Vec<String> {
        let (reason, nearest) = match self {
            Self::NoName { .. } => {
                return vec!["name a file or a folder, as in `files/www`".into()];
            }
            Self::Path { reason, nearest } => (reason, nearest),
        };
        let rule = match reason {
            PathError::Escape { .. } => {
                "an image is made of what lies below its folder: put it there"
            }
            PathError::Whiteout { .. } => "give it another name: a layer cannot hold this one",
            PathError::TooLong { .. } => "give it a shorter name",
            _ => "write a relative path of names joined by `/`, as in `files/www`",
        };
        let nearest = nearest.iter().map(|path| format!("did you mean `{path}`?"));
        nearest.chain([rule.to_owned()]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_says_folder() {
        let folder = AppPath { path: "files/www".parse().unwrap(), is_folder: true };
        assert_eq!("files/www/".parse(), Ok(folder));
        for text in ["", ".", "./", "/", "/files", "../x", "a/../b", "./a", "a//b", "a//", ".wh.a"]
        {
            assert!(text.parse::<AppPath>().is_err(), "{text}");
        }
        assert_eq!(nearest_path("./a//b"), "a/b".parse().ok());
        assert_eq!(nearest_path("/"), None);
    }
}
