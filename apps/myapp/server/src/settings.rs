//! The configuration file: one `key = value` a line, `#` for comments, nothing else.
//!
//! In the image this file comes from a template, so it holds what is the same wherever the image
//! runs. What differs from place to place (the port) comes from the environment.

use std::fmt;
use std::time::Duration;

use hyper::header::HeaderValue;

const KEYS: &str = "banner, cache_seconds, index, stop_seconds";

/// What the server can be told by its file.
#[derive(Debug, PartialEq)]
pub(crate) struct Settings {
    /// Sent as the `Server` header.
    pub(crate) banner: HeaderValue,
    /// For how long a browser may keep a page without asking again.
    pub(crate) cache_seconds: u32,
    /// The file that stands for its folder.
    pub(crate) index: String,
    /// How long requests in flight may take to finish once the server is told to stop. The
    /// default is below the 30 seconds that Kubernetes waits before it kills.
    pub(crate) stop: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            banner: HeaderValue::from_static("myapp"),
            cache_seconds: 60,
            index: "index.html".to_owned(),
            stop: Duration::from_secs(25),
        }
    }
}

/// What is wrong with the file, and in which line.
#[derive(Debug, PartialEq)]
pub(crate) struct Problem {
    line: usize,
    what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.line, self.what)
    }
}

impl Settings {
    /// Turns the text of a configuration file into settings; a key that is not there keeps its
    /// default.
    ///
    /// # Errors
    /// The first line that is no `key = value`, has an unknown key, a key for the second time, or
    /// a value that cannot be.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let mut settings = Self::default();
        let mut seen = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let problem = |what| Problem { line: number, what };
            if let Some((key, value)) = split(line).map_err(problem)? {
                settings.set(key, value).map_err(problem)?;
                once(&mut seen, key, number).map_err(problem)?;
            }
        }
        Ok(settings)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "banner" => self.banner = banner(value)?,
            "cache_seconds" => self.cache_seconds = seconds(key, value)?,
            "index" => self.index = file_name(value)?,
            "stop_seconds" => self.stop = Duration::from_secs(seconds(key, value)?.into()),
            _ => return Err(format!("unknown key `{key}`; the keys are {KEYS}")),
        }
        Ok(())
    }
}

/// Key and value of a line, or nothing where the line is empty or a comment.
fn split(line: &str) -> Result<Option<(&str, &str)>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    match line.split_once('=') {
        Some((key, value)) => Ok(Some((key.trim(), value.trim()))),
        None => Err(format!("`{line}` is no `key = value`")),
    }
}

fn once<'a>(seen: &mut Vec<(&'a str, usize)>, key: &'a str, number: usize) -> Result<(), String> {
    if let Some((_, first)) = seen.iter().find(|(other, _)| *other == key) {
        return Err(format!("`{key}` is already set in line {first}"));
    }
    seen.push((key, number));
    Ok(())
}

fn banner(value: &str) -> Result<HeaderValue, String> {
    let plain =
        !value.is_empty() && value.chars().all(|character| (' '..='~').contains(&character));
    let header = plain.then(|| HeaderValue::from_str(value).ok()).flatten();
    header.ok_or_else(|| format!("`banner` is `{}`: wanted printable ASCII", value.escape_debug()))
}

fn seconds(key: &str, value: &str) -> Result<u32, String> {
    value.parse().map_err(|_| format!("`{key}` is `{value}`: wanted a whole number of seconds"))
}

fn file_name(value: &str) -> Result<String, String> {
    if matches!(value, "" | "." | "..") || value.contains(['/', '\0']) {
        return Err(format!(
            "`index` is `{}`: wanted the name of a file, without a folder",
            value.escape_debug()
        ));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_gives_the_defaults() {
        assert_eq!(Settings::parse("\n  # nothing\n"), Ok(Settings::default()));
    }

    #[test]
    fn every_key_is_read() {
        let text =
            "banner = myapp/1.0.0\ncache_seconds=300\r\n index = start.html \nstop_seconds = 5";
        let wanted = Settings {
            banner: HeaderValue::from_static("myapp/1.0.0"),
            cache_seconds: 300,
            index: "start.html".to_owned(),
            stop: Duration::from_secs(5),
        };
        assert_eq!(Settings::parse(text), Ok(wanted));
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_line() {
        for (text, wanted) in [
            ("banner", "1: `banner` is no `key = value`"),
            (
                "\nport = 80",
                "2: unknown key `port`; the keys are banner, cache_seconds, index, stop_seconds",
            ),
            ("index = a\nindex = b", "2: `index` is already set in line 1"),
            ("banner = a\tb", "1: `banner` is `a\\tb`: wanted printable ASCII"),
            ("banner =", "1: `banner` is ``: wanted printable ASCII"),
            ("cache_seconds = -1", "1: `cache_seconds` is `-1`: wanted a whole number of seconds"),
            (
                "stop_seconds = 4294967296",
                "1: `stop_seconds` is `4294967296`: wanted a whole number of seconds",
            ),
            ("index = a/b", "1: `index` is `a/b`: wanted the name of a file, without a folder"),
            ("index = ..", "1: `index` is `..`: wanted the name of a file, without a folder"),
        ] {
            assert_eq!(Settings::parse(text).unwrap_err().to_string(), wanted);
        }
    }

    /// The image's own template, with what the image build puts into its places.
    #[test]
    fn the_template_of_the_image_gives_settings() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../templates/server.conf");
        let template = std::fs::read_to_string(path).unwrap();
        let text = template
            .replace("{{ Name }}", "myapp")
            .replace("{{ Version }}", "1.0.0")
            .replace("{{ cache_seconds }}", "300");
        assert!(!text.contains("{{"), "a name that this test does not know: {text}");
        let wanted = Settings {
            banner: HeaderValue::from_static("myapp/1.0.0"),
            cache_seconds: 300,
            ..Settings::default()
        };
        assert_eq!(Settings::parse(&text), Ok(wanted));
    }
}
