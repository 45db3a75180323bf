//! Which paths are kept.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use landfall_tree::EntryPath;

use crate::{ArchiveError, Options};

/// The patterns of the options, made ready.
pub(crate) struct Filter {
    include: GlobSet,
    exclude: GlobSet,
    allow_special: GlobSet,
}

impl Filter {
    pub(crate) fn new(options: &Options) -> Result<Self, ArchiveError> {
        Ok(Self {
            include: set(&options.include, true)?,
            exclude: set(&options.exclude, true)?,
            allow_special: set(&options.allow_special, false)?,
        })
    }

    /// Whether what stands at a stripped path is kept.
    pub(crate) fn keeps(&self, path: &EntryPath) -> bool {
        let path = path.as_str();
        (self.include.is_empty() || self.include.is_match(path)) && !self.exclude.is_match(path)
    }

    /// Whether a special mode is meant at a stripped path.
    pub(crate) fn allows_special(&self, path: &EntryPath) -> bool {
        self.allow_special.is_match(path.as_str())
    }
}

/// The line that allows one path, to be copied into the file that the user wrote.
pub(crate) fn allowing_line(path: &EntryPath) -> String {
    let pattern: String = path.as_str().chars().map(literally).collect();
    let quoted: String = pattern.chars().map(toml_character).collect();
    format!("allow_special = [\"{quoted}\"]")
}

/// A character of a glob that matches itself (`globset::escape` forgets the backslash).
fn literally(character: char) -> String {
    match character {
        '\\' => "\\\\".to_owned(),
        '?' | '*' | '[' | ']' | '{' | '}' => format!("[{character}]"),
        plain => plain.to_string(),
    }
}

/// A character of a TOML basic string (TOML 1.0, "String").
fn toml_character(character: char) -> String {
    match character {
        '"' | '\\' => format!("\\{character}"),
        control if control.is_control() => format!("\\u{:04X}", u32::from(control)),
        plain => plain.to_string(),
    }
}

/// Patterns that match what they say and, where `below`, all that is below it.
fn set(patterns: &[String], below: bool) -> Result<GlobSet, ArchiveError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        if let Some(reason) = hopeless(pattern) {
            return Err(refused(pattern, reason, None));
        }
        let trimmed = pattern.trim_end_matches('/');
        set.add(glob(trimmed, pattern)?);
        if below {
            set.add(glob(&format!("{trimmed}/**"), pattern)?);
        }
    }
    set.build().map_err(|source| refused("", "is part of a set that is too large", Some(source)))
}

fn glob(glob: &str, pattern: &str) -> Result<Glob, ArchiveError> {
    let built = GlobBuilder::new(glob).literal_separator(true).build();
    built.map_err(|source| refused(pattern, "is no glob", Some(source)))
}

/// Why a pattern could match nothing, however the archive is.
fn hopeless(pattern: &str) -> Option<&'static str> {
    let unreal = |component| matches!(component, "" | "." | "..");
    match pattern.trim_end_matches('/') {
        "" => Some("is empty; leave it out"),
        _ if pattern.starts_with('/') => {
            Some("begins with `/`; paths of an archive do not, leave it out")
        }
        trimmed if trimmed.split('/').any(unreal) => Some(
            "has an empty component, `.` or `..`, which no path of an archive has; leave it out",
        ),
        _ => None,
    }
}

fn refused(pattern: &str, reason: &'static str, source: Option<globset::Error>) -> ArchiveError {
    ArchiveError::Pattern { pattern: pattern.to_owned(), reason, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(include: &[&str], exclude: &[&str]) -> Filter {
        let texts =
            |patterns: &[&str]| patterns.iter().map(|pattern| pattern.to_string()).collect();
        let options =
            Options { include: texts(include), exclude: texts(exclude), ..Options::default() };
        Filter::new(&options).unwrap()
    }

    #[test]
    fn a_pattern_covers_what_is_below_and_stays_within_a_component() {
        let cases = [
            (filter(&[], &[]), "a/b", true),
            (filter(&["usr/share"], &[]), "usr/share/doc/x", true),
            (filter(&["usr/share/"], &[]), "usr/share/doc/x", true),
            (filter(&["usr/share"], &[]), "usr", false),
            (filter(&["usr/share"], &[]), "usr/shared", false),
            (filter(&["*.md"], &[]), "README.md", true),
            (filter(&["*.md"], &[]), "doc/README.md", false),
            (filter(&["**/*.md"], &[]), "doc/a/README.md", true),
            (filter(&["**/*.md"], &[]), "README.md", true),
            (filter(&["a"], &["a/b"]), "a/b/c", false),
            (filter(&["a"], &["a/b"]), "a/c", true),
            (filter(&["{a,b}/[cd]"], &[]), "b/d", true),
            (filter(&["a/**"], &[]), "a/b/c", true),
            (filter(&["a/**"], &[]), "a", false),
            (filter(&["**"], &[]), "a/b", true),
            (filter(&["**/b"], &[]), "a/b/c/d", true),
            (filter(&["a*"], &[]), "a.d/b/c", true),
            (filter(&["A"], &[]), "a", false),
        ];
        for (filter, path, kept) in cases {
            assert_eq!(filter.keeps(&path.parse().unwrap()), kept, "{path}");
        }
    }

    #[test]
    fn refuses_patterns_that_match_nothing() {
        for pattern in ["", "/", "/usr", "./a", "a/../b", "a//b", "[a", "{a"] {
            let options = Options { exclude: vec![pattern.into()], ..Options::default() };
            let code = Filter::new(&options).err().map(|error| error.code());
            assert_eq!(code, Some("pattern"), "{pattern}");
        }
    }

    #[test]
    fn the_line_that_allows_a_path_matches_it_alone() {
        let path: EntryPath = "a\"[b]*\\c".parse().unwrap();
        let allow_special = vec![path.as_str().chars().map(literally).collect()];
        let filter = Filter::new(&Options { allow_special, ..Options::default() }).unwrap();
        assert!(filter.allows_special(&path));
        assert_eq!(allowing_line(&path), "allow_special = [\"a\\\"[[]b[]][*]\\\\\\\\c\"]");
    }
}
