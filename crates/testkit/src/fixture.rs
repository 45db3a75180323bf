//! Several files written as one string, so that a test shows its whole world in one place.
//!
//! A file begins with a header line and ends before the next one:
//!
//! ```text
//! //- apps/x/app.toml
//! [app]
//! name = "x"
//! //- apps/x/files/run.sh mode=755
//! #!/bin/sh
//! //- apps/x/files/latest link=run.sh
//! //- apps/x/files/empty/
//! ```
//!
//! `mode=` sets the permissions in octal, `link=` makes a symbolic link with that target, and a
//! path with a slash at its end is a folder. The indentation that all lines share is taken away.

use std::path::{Component, Path, PathBuf};

use thiserror::Error;

const HEADER: &str = "//-";

/// One file, folder or symbolic link of a fixture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixtureFile {
    /// Where it stands, relative to the workspace.
    pub path: PathBuf,
    /// Permissions, where the header names them.
    pub mode: Option<u32>,
    /// What stands there.
    pub contents: Contents,
}

/// What stands at a path of a fixture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contents {
    /// A file with this text.
    Text(String),
    /// A symbolic link with this target.
    Link(PathBuf),
    /// An empty folder.
    Folder,
}

/// The files of a fixture in the order in which they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixture {
    /// The files, in order.
    pub files: Vec<FixtureFile>,
}

/// A fixture that says something it cannot mean; lines are counted from 1.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FixtureError {
    /// Text before the first header.
    #[error("line {line} stands before the first `//- PATH` header")]
    Headless {
        /// The line.
        line: usize,
    },
    /// A header that names no path inside the workspace.
    #[error("line {line}: `{path}` is no path inside the workspace")]
    Path {
        /// The line.
        line: usize,
        /// What the header names.
        path: String,
    },
    /// A header with a word that is not understood.
    #[error("line {line}: `{word}` is neither `mode=OCTAL` nor `link=TARGET`")]
    Word {
        /// The line.
        line: usize,
        /// The word.
        word: String,
    },
    /// A link or a folder that is followed by text.
    #[error("line {line} is text below a link or a folder, which have none")]
    Text {
        /// The line.
        line: usize,
    },
}

impl Fixture {
    /// Reads a fixture from its text.
    ///
    /// # Errors
    /// The first header or line that cannot be meant.
    pub fn parse(text: &str) -> Result<Self, FixtureError> {
        let indentation = shared_indentation(text);
        let mut files = Vec::new();
        for (index, line) in text.split_inclusive('\n').enumerate() {
            let line = line.get(indentation..).unwrap_or_else(|| line.trim_start_matches(' '));
            match line.strip_prefix(HEADER) {
                Some(header) => files.push(file_of(header, index + 1)?),
                None => append(&mut files, line, index + 1)?,
            }
        }
        Ok(Self { files })
    }
}

fn shared_indentation(text: &str) -> usize {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0)
}

fn file_of(header: &str, line: usize) -> Result<FixtureFile, FixtureError> {
    let mut words = header.split_whitespace();
    let path = words.next().unwrap_or_default();
    let contents =
        if path.ends_with('/') { Contents::Folder } else { Contents::Text(String::new()) };
    let mut file = FixtureFile { path: inside(path, line)?, mode: None, contents };
    for word in words {
        apply(&mut file, word).ok_or_else(|| FixtureError::Word { line, word: word.into() })?;
    }
    Ok(file)
}

fn inside(path: &str, line: usize) -> Result<PathBuf, FixtureError> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if path.is_empty() || !plain {
        return Err(FixtureError::Path { line, path: path.into() });
    }
    Ok(path.into())
}

fn apply(file: &mut FixtureFile, word: &str) -> Option<()> {
    match word.split_once('=')? {
        ("mode", mode) => file.mode = Some(u32::from_str_radix(mode, 8).ok()?),
        ("link", target) => file.contents = Contents::Link(target.into()),
        _ => return None,
    }
    Some(())
}

fn append(files: &mut [FixtureFile], text: &str, line: usize) -> Result<(), FixtureError> {
    match files.last_mut() {
        Some(FixtureFile { contents: Contents::Text(contents), .. }) => contents.push_str(text),
        _ if text.trim().is_empty() => {}
        Some(_) => return Err(FixtureError::Text { line }),
        None => return Err(FixtureError::Headless { line }),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str, contents: &str) -> FixtureFile {
        FixtureFile { path: path.into(), mode: None, contents: Contents::Text(contents.into()) }
    }

    #[test]
    fn headers_divide_the_text() {
        let fixture = Fixture::parse(
            r#"
            //- apps/x/app.toml
            [app]
              name = "x"

            //- run.sh mode=755
            #!/bin/sh
            //- latest link=run.sh
            //- empty/ mode=700
            //- nothing
            "#,
        )
        .unwrap();
        let run = FixtureFile { mode: Some(0o755), ..text("run.sh", "#!/bin/sh\n") };
        let latest =
            FixtureFile { contents: Contents::Link("run.sh".into()), ..text("latest", "") };
        let empty =
            FixtureFile { mode: Some(0o700), contents: Contents::Folder, ..text("empty/", "") };
        let app = text("apps/x/app.toml", "[app]\n  name = \"x\"\n\n");
        assert_eq!(fixture.files, [app, run, latest, empty, text("nothing", "")]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_line() {
        let path = |path: &str| FixtureError::Path { line: 1, path: path.into() };
        let word = |word: &str| FixtureError::Word { line: 1, word: word.into() };
        for (fixture, expected) in [
            ("a", FixtureError::Headless { line: 1 }),
            ("//- d/\ntext", FixtureError::Text { line: 2 }),
            ("//- ../a", path("../a")),
            ("//- /etc/passwd", path("/etc/passwd")),
            ("//-", path("")),
            ("//- a mode=9", word("mode=9")),
            ("//- a executable", word("executable")),
        ] {
            assert_eq!(Fixture::parse(fixture), Err(expected), "{fixture}");
        }
    }
}
