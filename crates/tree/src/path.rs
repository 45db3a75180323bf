//! A path inside a tree or an image: checked once, harmless ever after.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The longest component that Linux file systems take (NAME_MAX).
const COMPONENT_LIMIT_BYTES: usize = 255;
/// The longest path that Linux takes (PATH_MAX, with its closing NUL).
const PATH_LIMIT_BYTES: usize = 4095;
/// What marks a deletion in a layer (image-spec, layer.md, "Whiteouts").
const WHITEOUT_PREFIX: &str = ".wh.";

/// A relative path of ordinary components joined by `/`; the empty path is the root.
///
/// It cannot hold `.`, `..`, an empty component, NUL, or a name that a layer would take for a
/// whiteout, so it can be joined below any folder without leaving it (CVE-2018-20990 and its kin).
/// Paths sort by their bytes, which puts a folder before what it holds.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EntryPath(String);

impl EntryPath {
    /// The tree itself.
    pub fn root() -> Self {
        Self::default()
    }

    /// Whether this is the tree itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path without a leading slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The names along the path.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|component| !component.is_empty())
    }

    /// The folder that holds this path; none for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self(self.0.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned()))
    }

    /// All folders above this path, the nearest first, the root last.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), Self::parent)
    }

    /// Appends a path; the result is checked for its length by [`EntryPath::check_length`].
    #[must_use]
    pub fn join(&self, below: &Self) -> Self {
        match (self.is_root(), below.is_root()) {
            (true, _) => below.clone(),
            (_, true) => self.clone(),
            _ => Self(format!("{}/{}", self.0, below.0)),
        }
    }

    /// The path relative to a folder above it; none where it is not below that folder.
    pub fn below(&self, folder: &Self) -> Option<Self> {
        if folder.is_root() {
            return Some(self.clone());
        }
        let rest = self.0.strip_prefix(&folder.0)?;
        if rest.is_empty() {
            return Some(Self::root());
        }
        rest.strip_prefix('/').map(|rest| Self(rest.to_owned()))
    }

    /// Drops the first `count` components; none where there are not more than that.
    pub fn strip(&self, count: usize) -> Option<Self> {
        let rest: Vec<_> = self.components().skip(count).collect();
        (count == 0 || !rest.is_empty()).then(|| Self(rest.join("/")))
    }

    /// Refuses a path that Linux could not open.
    pub fn check_length(&self) -> Result<(), PathError> {
        let limit = PATH_LIMIT_BYTES;
        if self.0.len() > limit {
            return Err(PathError::TooLong { path: shorten(&self.0), limit });
        }
        Ok(())
    }
}

/// Reads a relative path. A path that begins with `/` is refused: strip it knowingly, or not at all.
impl FromStr for EntryPath {
    type Err = PathError;

    fn from_str(path: &str) -> Result<Self, PathError> {
        if path.is_empty() {
            return Ok(Self::root());
        }
        if path.starts_with('/') {
            return Err(PathError::Absolute { path: shorten(path) });
        }
        path.split('/').try_for_each(|component| check_component(path, component))?;
        let checked = Self(path.to_owned());
        checked.check_length()?;
        Ok(checked)
    }
}

fn check_component(path: &str, component: &str) -> Result<(), PathError> {
    let path = || shorten(path);
    match component {
        "" => Err(PathError::EmptyComponent { path: path() }),
        "." => Err(PathError::Dot { path: path() }),
        ".." => Err(PathError::Escape { path: path() }),
        name if name.contains('\0') => Err(PathError::Nul { path: path() }),
        name if name.starts_with(WHITEOUT_PREFIX) => Err(PathError::Whiteout { path: path() }),
        name if name.len() > COMPONENT_LIMIT_BYTES => {
            Err(PathError::TooLong { path: path(), limit: COMPONENT_LIMIT_BYTES })
        }
        _ => Ok(()),
    }
}

/// An error message shows the beginning of a path, however long the path is.
fn shorten(path: &str) -> String {
    const SHOWN: usize = 120;
    if path.chars().count() <= SHOWN {
        return path.to_owned();
    }
    path.chars().take(SHOWN).chain("…".chars()).collect()
}

impl fmt::Display for EntryPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for EntryPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl Serialize for EntryPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Why a text is no path of a tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what its fields hold")]
pub enum PathError {
    #[error("the path `{path}` is absolute; write it without the leading `/`")]
    Absolute { path: String },
    #[error("the path `{path}` has a component `..`, which could leave its folder")]
    Escape { path: String },
    #[error("the path `{path}` has a component `.`")]
    Dot { path: String },
    #[error("the path `{path}` has an empty component")]
    EmptyComponent { path: String },
    #[error("the path `{}` holds a NUL byte", path.escape_debug())]
    Nul { path: String },
    #[error(
        "the path `{path}` has a name that begins with `.wh.`, which a layer reads as a deletion"
    )]
    Whiteout { path: String },
    #[error("the path `{path}` is longer than {limit} bytes, which Linux cannot open")]
    TooLong { path: String, limit: usize },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_could_leave_or_mislead() {
        let long = "x".repeat(256);
        for path in ["/a", "..", "a/../b", ".", "a/./b", "a//b", "a/", "a\0b", "d/.wh.x", &long] {
            assert!(path.parse::<EntryPath>().is_err(), "{path}");
        }
    }

    #[test]
    fn walks_up_and_strips() {
        let path: EntryPath = "usr/bin/x".parse().unwrap();
        let above: Vec<_> = path.ancestors().map(|path| path.to_string()).collect();
        assert_eq!(above, ["usr/bin", "usr", ""]);
        assert_eq!(path.strip(2), "x".parse().ok());
        assert_eq!(path.strip(3), None);
        assert_eq!(path.below(&"usr".parse().unwrap()), "bin/x".parse().ok());
        assert_eq!(path.below(&"us".parse().unwrap()), None);
    }
}
