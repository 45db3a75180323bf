//! A case: the files of a workspace, and what comes of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::world::World;

/// What a case's folder holds beside files of a workspace.
const APART: [&str; 3] = ["case.txt", "expected.json", "expected.txt"];

/// A folder below `ok` or `bad`.
#[derive(Debug, Clone)]
pub struct Case {
    pub folder: PathBuf,
    /// The lines `KEY: TEXT` of `case.txt`.
    said: BTreeMap<String, String>,
}

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

impl Case {
    /// All cases of a folder, by name.
    pub fn all(kind: &str) -> Vec<Self> {
        let entries = fs::read_dir(cases().join(kind)).unwrap().map(|entry| entry.unwrap().path());
        let mut folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
        folders.sort();
        let read = |folder: PathBuf| {
            let text = fs::read_to_string(folder.join("case.txt")).unwrap_or_default();
            let said = text.lines().filter_map(|line| line.split_once(": "));
            let said = said.map(|(key, text)| (key.to_owned(), text.to_owned())).collect();
            Self { folder, said }
        };
        folders.into_iter().map(read).collect()
    }

    pub fn name(&self) -> String {
        self.folder.file_name().unwrap().to_string_lossy().into_owned()
    }

    /// The codes that the case says it gives, sorted.
    pub fn expected_codes(&self) -> Vec<&str> {
        let text = self.said.get("expects").map(String::as_str).unwrap_or_default();
        let mut codes: Vec<_> = text.split_whitespace().collect();
        codes.sort_unstable();
        codes
    }

    /// The workspace, with what `set:` says as `--set`.
    pub fn world(&self) -> World {
        let mut files = BTreeMap::new();
        [&cases().join("plain"), &self.folder]
            .iter()
            .for_each(|from| collect(from, "", &mut files));
        let set = self.said.get("set").map(String::as_str).unwrap_or_default();
        let set = set.split_whitespace().map(str::to_owned).collect();
        World { files, set, is_backwards: false }
    }

    /// Compares with the file in the case's folder, or writes it with `LANDFALL_BLESS=1`; says
    /// what differs.
    pub fn compare(&self, name: &str, found: &str) -> Option<String> {
        let path = self.folder.join(name);
        if std::env::var("LANDFALL_BLESS").is_ok_and(|value| value == "1") {
            fs::write(&path, found).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        (expected != found)
            .then(|| format!("== {}\n-- expected\n{expected}\n-- found\n{found}", path.display()))
    }
}

fn collect(folder: &Path, below: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match path.is_dir() {
            true => collect(&path, &format!("{below}{name}/"), files),
            false if APART.contains(&name.as_str()) => {}
            false => {
                files.insert(format!("{below}{name}"), fs::read_to_string(&path).unwrap());
            }
        }
    }
}
