//! app.lock: what is fetched, by content, and the encoding that layers are written in.
//!
//! The file is written by `landfall lock` and read by everything else. A seal over its content
//! makes a hand edit visible; line ends and comments carry no meaning, so a checkout that rewrites
//! line ends does not break it. `docs/formats/lock.md` has the format.

use std::fmt::Write as _;

use landfall_hashing::{Digest, canonical};
use serde::{Deserialize, Serialize};

/// The newest format that this version reads, and the only one that it writes.
pub const VERSION: u32 = 1;

/// What an app's lock holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Number of the encoding.
    pub encoding: u32,
    /// Sorted by name and platform.
    pub inputs: Vec<LockedInput>,
}

/// One fetched input.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedInput {
    /// The input's name in app.toml.
    pub name: String,
    /// `linux/amd64` where the URL depends on the platform; else it is for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The rendered URL that was asked.
    pub url: String,
    /// Of the file's bytes.
    pub digest: Digest,
    /// The file's length.
    pub size_bytes: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    encoding: u32,
    seal: Digest,
    #[serde(default, rename = "input")]
    inputs: Vec<LockedInput>,
}

/// What the seal is taken of.
#[derive(Serialize)]
struct Sealed<'a> {
    landfall: &'static str,
    encoding: u32,
    inputs: &'a [LockedInput],
}

impl Lock {
    /// A lock over inputs in any order.
    pub fn new(encoding: u32, mut inputs: Vec<LockedInput>) -> Self {
        inputs.sort();
        Self { encoding, inputs }
    }

    /// The entry of an input for a platform whose URL renders to `url`.
    pub fn find(&self, name: &str, platform: &str, url: &str) -> Option<&LockedInput> {
        let fits = |entry: &&LockedInput| {
            entry.name == name
                && entry.url == url
                && entry.platform.as_deref().is_none_or(|locked| locked == platform)
        };
        self.inputs.iter().find(fits)
    }

    /// Digest over everything that the lock says.
    pub fn seal(&self) -> Digest {
        let sealed = Sealed { landfall: "lock-1", encoding: self.encoding, inputs: &self.inputs };
        canonical::digest_of(&sealed)
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "# Written by `landfall lock`. A change by hand breaks the seal.\nversion = {VERSION}\nencoding = {}\nseal = \"{}\"\n",
            self.encoding,
            self.seal()
        );
        for input in &self.inputs {
            write_input(&mut text, input);
        }
        text
    }

    /// Reads a lock's text.
    ///
    /// Fails on another format, a newer version, and a content that the seal does not cover.
    pub fn from_text(text: &str) -> Result<Self, LockError> {
        let table: toml::Table = toml::from_str(text).map_err(|error| syntax(text, &error))?;
        let version =
            table.get("version").and_then(toml::Value::as_integer).ok_or(LockError::NoVersion)?;
        if version > i64::from(VERSION) {
            return Err(LockError::Newer { version });
        }
        let written: Written = toml::from_str(text).map_err(|error| syntax(text, &error))?;
        if written.version != VERSION {
            return Err(LockError::NoVersion);
        }
        if let Some(input) = written.inputs.iter().find(|input| !can_be_written(input)) {
            return Err(LockError::Input { name: input.name.escape_debug().to_string() });
        }
        let lock = Self::new(written.encoding, written.inputs);
        let found = lock.seal();
        if found != written.seal {
            return Err(LockError::Seal { wanted: written.seal, found });
        }
        Ok(lock)
    }

    /// The encoding that a text names which is no lock, for who writes it anew.
    pub fn encoding_in(text: &str) -> Option<u32> {
        let table: toml::Table = toml::from_str(text).ok()?;
        u32::try_from(table.get("encoding")?.as_integer()?).ok()
    }
}

/// Whether an entry is one that we could have written: it reads back as it is.
fn can_be_written(input: &LockedInput) -> bool {
    let plain = |text: &str| {
        text.chars().all(|symbol| symbol.is_ascii_alphanumeric() || "-_/.".contains(symbol))
    };
    plain(&input.name)
        && input.platform.as_deref().is_none_or(plain)
        && !input.url.contains(char::is_control)
        && input.size_bytes <= canonical::LARGEST_INTEGER
}

/// Names, platforms and digests have no character that TOML escapes; a URL may.
fn write_input(text: &mut String, input: &LockedInput) {
    let LockedInput { name, platform, url, digest, size_bytes } = input;
    let url = serde_json::to_string(url).expect("a text has a JSON form, which TOML reads too");
    let platform =
        platform.iter().fold(String::new(), |_, platform| format!("platform = \"{platform}\"\n"));
    let written = write!(
        text,
        "\n[[input]]\nname = \"{name}\"\n{platform}url = {url}\ndigest = \"{digest}\"\nsize_bytes = {size_bytes}\n"
    );
    written.expect("writing into a text does not fail");
}

fn syntax(text: &str, error: &toml::de::Error) -> LockError {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
    LockError::Syntax { line, reason: error.message().into() }
}

/// Why a text is no lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what its fields hold")]
pub enum LockError {
    #[error("line {line} cannot be read: {reason}")]
    Syntax { line: usize, reason: String },
    #[error("it names no version of the format")]
    NoVersion,
    #[error("it is of version {version}, and this version of Landfall reads up to {VERSION}")]
    Newer { version: i64 },
    #[error("the entry `{name}` is not one that was ever written")]
    Input { name: String },
    #[error("it was changed by hand: its seal is {wanted}, its content has {found}")]
    Seal { wanted: Digest, found: Digest },
}

impl LockError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Newer { .. } => "use the version of Landfall that wrote it, or a newer one",
            _ => "run `landfall lock` to write it anew, and look at what changes with `git diff`",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let input = |platform: Option<&str>| LockedInput {
            name: "release".into(),
            platform: platform.map(Into::into),
            url: "https://example.com/a\"b".into(),
            digest: Digest::of("x"),
            size_bytes: 1,
        };
        Lock::new(1, vec![input(Some("linux/arm64")), input(Some("linux/amd64"))])
    }

    #[test]
    fn reads_back_whatever_the_line_ends() {
        let text = lock().to_text();
        assert_eq!(Lock::from_text(&text), Ok(lock()));
        assert_eq!(Lock::from_text(&text.replace('\n', "\r\n")), Ok(lock()));
    }

    #[test]
    fn tells_what_is_wrong() {
        let text = lock().to_text();
        let edited = text.replace("size_bytes = 1", "size_bytes = 2");
        assert!(matches!(Lock::from_text(&edited), Err(LockError::Seal { .. })));
        assert_eq!(Lock::encoding_in(&edited), Some(1));
        let newer = text.replace("version = 1", "version = 2\nnews = true");
        assert_eq!(Lock::from_text(&newer), Err(LockError::Newer { version: 2 }));
        let conflict = format!("{text}<<<<<<< ours\n");
        let last = conflict.lines().count();
        assert!(
            matches!(Lock::from_text(&conflict), Err(LockError::Syntax { line, .. }) if line == last)
        );
        assert_eq!(Lock::from_text(""), Err(LockError::NoVersion));
    }
}
