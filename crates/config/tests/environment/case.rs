//! A case: the files of a workspace, what is asked of them, and what is expected.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use landfall_config::environment::{Files, Setting, StageSources};
use landfall_diagnostics::Source;

/// What a case's folder holds beside files of a workspace.
const APART: [&str; 2] = ["case.txt", "expected.txt"];

/// A folder below `ok` or `bad`.
#[derive(Debug, Clone)]
pub struct Case {
    pub folder: PathBuf,
    /// By their paths below `environments/`; the app's file stands among them as `app.toml`.
    pub files: BTreeMap<String, String>,
    /// The lines `KEY: TEXT` of `case.txt`.
    said: BTreeMap<String, String>,
}

/// What is asked of the files.
pub struct Question {
    pub stage: String,
    /// None means all regions of the app.
    pub region: Option<String>,
    pub settings: Vec<Setting>,
}

impl Case {
    /// All cases of a folder, by name.
    pub fn all(kind: &str) -> Vec<Self> {
        let entries = fs::read_dir(cases().join(kind)).unwrap().map(|entry| entry.unwrap().path());
        let mut folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
        folders.sort();
        folders.into_iter().map(Self::read).collect()
    }

    fn read(folder: PathBuf) -> Self {
        let text = fs::read_to_string(folder.join("case.txt")).unwrap_or_default();
        let said = text.lines().filter_map(|line| line.split_once(": "));
        let said: BTreeMap<_, _> =
            said.map(|(key, text)| (key.to_owned(), text.to_owned())).collect();
        let mut files = BTreeMap::new();
        [&cases().join("plain"), &folder].iter().for_each(|from| collect(from, "", &mut files));
        let without = said.get("without").map(String::as_str).unwrap_or_default();
        without.split_whitespace().for_each(|path| drop(files.remove(path)));
        Self { folder, files, said }
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

    /// `STAGE REGION SETTING…`, where REGION may be `all`; all of prod unless said.
    pub fn question(&self) -> Question {
        let text = self.said.get("ask").map_or("prod all", String::as_str);
        let mut words = text.split(' ');
        let stage = words.next().unwrap().to_owned();
        let region = words.next().filter(|region| *region != "all").map(str::to_owned);
        Question { stage, region, settings: words.map(|word| word.parse().unwrap()).collect() }
    }

    /// The same files with another text each.
    pub fn with_texts(&self, change: impl Fn(&str) -> String) -> Self {
        let files = self.files.iter().map(|(path, text)| (path.clone(), change(text)));
        Self { folder: self.folder.clone(), files: files.collect(), said: self.said.clone() }
    }

    /// A file as it is called in a workspace.
    pub fn source(&self, path: &str) -> Option<Arc<Source>> {
        let text = self.files.get(path)?;
        Some(match path {
            "app.toml" => Source::new("apps/myapp/app.toml", text),
            _ => Source::new(Path::new("environments").join(path), text),
        })
    }

    /// What is below `environments/`.
    pub fn environments(&self) -> Files {
        let mut stages = BTreeMap::new();
        for (stage, file) in self.files.keys().filter_map(|path| path.split_once('/')) {
            let Some(stage_file) = self.source(&format!("{stage}/stage.toml")) else { continue };
            let sources = stages
                .entry(stage.parse().unwrap())
                .or_insert(StageSources { stage: stage_file, regions: BTreeMap::new() });
            let region = file.strip_suffix(".toml").filter(|_| file != "stage.toml");
            let region = region.filter(|_| file != "releases.toml");
            let source = self.source(&format!("{stage}/{file}")).unwrap();
            sources.regions.extend(region.map(|region| (region.parse().unwrap(), source)));
        }
        Files {
            regions: self.source("regions.toml").unwrap(),
            stages,
            local: self.source("local.toml"),
        }
    }
}

fn cases() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/environment")
}

fn collect(folder: &Path, above: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() {
            collect(&path, &format!("{above}{name}/"), files);
        } else if !APART.contains(&&*name) {
            files.insert(format!("{above}{name}"), fs::read_to_string(&path).unwrap());
        }
    }
}

/// The same text as another system would have checked it out.
pub fn as_dos(text: &str) -> String {
    text.replace('\n', "\r\n")
}

/// The same text as some editors write it.
pub fn with_mark(text: &str) -> String {
    format!("\u{feff}{text}")
}

/// Compares with the file in the case, or writes it with `LANDFALL_BLESS=1`; says what differs.
pub fn compare(case: &Case, found: &str) -> Option<String> {
    let path = case.folder.join("expected.txt");
    if std::env::var("LANDFALL_BLESS").is_ok_and(|value| value == "1") {
        fs::write(&path, found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    (expected != found)
        .then(|| format!("== {}\n-- expected\n{expected}\n-- found\n{found}", path.display()))
}
