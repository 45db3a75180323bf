//! A case: stages with their ledgers, apps, and a question.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use landfall_config::environment::{
    Files, Ledger, StageFolder, StageSources, read_ledger, read_stage,
};
use landfall_config::{App, Overrides, read_app};
use landfall_diagnostics::{Diagnostic, Source};

/// A folder below `cases`.
pub struct Case {
    folder: PathBuf,
    files: BTreeMap<String, String>,
    /// The words of `ask.txt`.
    pub question: Vec<String>,
}

impl Case {
    pub fn all() -> Vec<Self> {
        let entries = fs::read_dir(root().join("cases")).unwrap();
        let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        folders.into_iter().map(Self::read).collect()
    }

    fn read(folder: PathBuf) -> Self {
        let question = fs::read_to_string(folder.join("ask.txt")).unwrap();
        let question = question.split_whitespace().map(str::to_owned).collect();
        let mut files = BTreeMap::new();
        [&root().join("plain"), &folder].iter().for_each(|from| collect(from, "", &mut files));
        Self { folder, files, question }
    }

    pub fn source(&self, path: &str) -> Arc<Source> {
        Source::new(path, self.files.get(path).cloned().unwrap_or_default())
    }

    pub fn app(&self, name: &str) -> App {
        let (app, problems) =
            read_app(&self.source(&format!("{name}.toml")), &Overrides::default());
        app.unwrap_or_else(|| panic!("{}: {}", self.folder.display(), shown(&problems)))
    }

    pub fn stage(&self, name: &str) -> StageFolder {
        let mut stages = BTreeMap::new();
        for (stage, file) in self.files.keys().filter_map(|path| path.split_once('/')) {
            let sources = stages.entry(stage.parse().unwrap()).or_insert(StageSources {
                stage: self.source(&format!("{stage}/stage.toml")),
                regions: BTreeMap::new(),
            });
            let region = Path::new(file).file_stem().unwrap().to_string_lossy().into_owned();
            let region = Some(region).filter(|name| !["stage", "releases"].contains(&&**name));
            let source = self.source(&format!("{stage}/{file}"));
            sources.regions.extend(region.map(|region| (region.parse().unwrap(), source)));
        }
        let files = Files { regions: self.source("regions.toml"), stages, local: None };
        let (stage, problems) = read_stage(&files, name);
        stage.unwrap_or_else(|| panic!("{}: {}", self.folder.display(), shown(&problems)))
    }

    /// A stage's ledger, and its text.
    pub fn ledger(&self, stage: &StageFolder) -> (Ledger, Arc<Source>) {
        let source = self.source(&format!("{}/releases.toml", stage.stage.name));
        if source.text.is_empty() {
            return (Ledger::default(), source);
        }
        let (ledger, problems) = read_ledger(&source, Some(stage));
        let shown = || format!("{}: {}", self.folder.display(), shown(&problems));
        (ledger.unwrap_or_else(|| panic!("{}", shown())), source)
    }

    /// Compares with what is expected, or writes it with `LANDFALL_BLESS=1`; says what differs.
    pub fn compare(&self, found: &str) -> Option<String> {
        let path = self.folder.join("expected.txt");
        if std::env::var("LANDFALL_BLESS").is_ok_and(|value| value == "1") {
            fs::write(&path, found).unwrap();
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        (expected != found)
            .then(|| format!("== {}\n-- expected\n{expected}\n-- found\n{found}", path.display()))
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/promotions")
}

fn collect(folder: &Path, above: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() {
            collect(&path, &format!("{above}{name}/"), files);
        } else {
            files.insert(format!("{above}{name}"), fs::read_to_string(&path).unwrap());
        }
    }
}

pub fn shown(problems: &[Diagnostic]) -> String {
    problems.iter().map(|problem| format!("{problem}\n\n")).collect()
}
