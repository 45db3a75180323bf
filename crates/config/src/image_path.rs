//! A path in the image: where bytes of the app go.

use std::str::FromStr;

use landfall_tree::{EntryPath, PathError};

use crate::problems::Reason;

/// An absolute path, kept without its leading slash. A slash at its end says that it is a folder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ImagePath {
    pub path: EntryPath,
    pub is_folder: bool,
}

impl FromStr for ImagePath {
    type Err = ImagePathError;

    fn from_str(text: &str) -> Result<Self, ImagePathError> {
        let nearest = || nearest_path(text);
        let Some(inside) = text.strip_prefix('/') else {
            return Err(ImagePathError::Relative { text: text.to_owned(), nearest: nearest() });
        };
        let (plain, is_folder) =
            inside.strip_suffix('/').map_or((inside, inside.is_empty()), |plain| (plain, true));
        // After `//` the tree's own check would see an absolute path; it is an empty component.
        if inside.starts_with('/') {
            let reason = PathError::EmptyComponent { path: inside.to_owned() };
            return Err(ImagePathError::Path { reason, nearest: nearest() });
        }
        let path =
            plain.parse().map_err(|reason| ImagePathError::Path { reason, nearest: nearest() })?;
        Ok(Self { path, is_folder })
    }
}

/// The path from the root, without what says nothing.
fn nearest_path(text: &str) -> Option<EntryPath> {
    let components = text.split('/').filter(|component| !matches!(*component, "" | "." | "~"));
    components.collect::<Vec<_>>().join("/").parse().ok()
}

/// The tree's own words, with the path as it is written here.
fn from_root(reason: &PathError) -> String {
    reason.to_string().replacen("the path `", "the path `/", 1)
}

/// Why a text is no path in the image.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ImagePathError {
    #[error("the path `{}` in the image does not begin with `/`", text.escape_debug())]
    Relative { text: String, nearest: Option<EntryPath> },
    #[error("{}", from_root(reason))]
    Path { reason: PathError, nearest: Option<EntryPath> },
}

impl Reason for ImagePathError {
    const CODE: &'static str = "config::path";
    const LABEL: &'static str = "not a path in the image";

    fn helps(&self) -> Vec<String> {
        let (Self::Relative { nearest, .. } | Self::Path { nearest, .. }) = self;
        let nearest = nearest.iter().map(|path| format!("did you mean `/{path}`?"));
        let rule = match self {
            Self::Path { reason: PathError::Whiteout { .. }, .. } => {
                "a layer cannot hold this name: choose another"
            }
            Self::Path { reason: PathError::Escape { .. }, .. } => {
                "write it from the image's root and without `..`"
            }
            Self::Path { reason: PathError::TooLong { .. }, .. } => "choose a shorter name",
            _ => "write the path from the image's root, as in `/etc/nginx/nginx.conf`",
        };
        nearest.chain([rule.to_owned()]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_at_the_root_and_may_end_as_a_folder() {
        let read = |text: &str| {
            text.parse::<ImagePath>().map(|read| (read.path.to_string(), read.is_folder))
        };
        assert_eq!(read("/etc/x"), Ok(("etc/x".into(), false)));
        assert_eq!(read("/etc/"), Ok(("etc".into(), true)));
        assert_eq!(read("/"), Ok((String::new(), true)));
        for text in [
            "", "etc", "./etc", "~/x", "//", "//etc", "/etc//", "/a/../b", "/./a", "/x/.wh.a",
            "/a\0",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
