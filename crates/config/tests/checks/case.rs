//! A case: an `app.toml`, and what its first lines say of it.

use std::fs;
use std::path::PathBuf;

use landfall_config::{App, Overrides, read_app};
use landfall_diagnostics::{Diagnostic, Source};

/// A file below `tests/cases`.
pub struct Case {
    pub path: PathBuf,
    pub text: String,
}

impl Case {
    /// All cases of a folder, by name.
    pub fn all(folder: &str) -> Vec<Self> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(folder);
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut paths: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
        paths.sort();
        paths
            .into_iter()
            .map(|path| Self { text: fs::read_to_string(&path).unwrap(), path })
            .collect()
    }

    pub fn name(&self) -> String {
        self.path.file_stem().unwrap().to_string_lossy().into_owned()
    }

    /// What stands after `# KEY: ` in one of the first lines.
    fn header(&self, key: &str) -> Option<&str> {
        let comments = self.text.lines().take_while(|line| line.starts_with('#'));
        comments
            .filter_map(|line| line.strip_prefix("# ")?.split_once(": "))
            .find_map(|(found, rest)| (found == key).then_some(rest))
    }

    /// The codes that the case says it gives, sorted.
    pub fn expected_codes(&self) -> Vec<&str> {
        let mut codes: Vec<_> =
            self.header("expects").unwrap_or_default().split_whitespace().collect();
        codes.sort_unstable();
        codes
    }

    pub fn read(&self) -> (Option<App>, Vec<Diagnostic>) {
        self.read_as(&self.text)
    }

    /// Reads another text as if it were the case's.
    pub fn read_as(&self, text: &str) -> (Option<App>, Vec<Diagnostic>) {
        let version = self.header("set version").map(str::to_owned);
        read_app(&Source::new("app.toml", text), &Overrides { version })
    }
}

/// The same text as another system would have checked it out.
pub fn as_dos(text: &str) -> String {
    format!("\u{feff}{}", text.replace('\n', "\r\n"))
}

/// All diagnostics as they are shown.
pub fn shown(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n\n")).collect()
}

/// Compares with the file beside the case, or writes it with `LANDFALL_BLESS=1`; says what differs.
pub fn compare(case: &Case, extension: &str, found: &str) -> Option<String> {
    let path = case.path.with_extension(extension);
    if std::env::var("LANDFALL_BLESS").is_ok_and(|value| value == "1") {
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    (expected != found)
        .then(|| format!("== {}\n-- expected\n{expected}\n-- found\n{found}", path.display()))
}
