//! What comes of a case: the listing of each region that was asked for, the ledger, all problems.

use std::fmt::Write;

use landfall_config::environment::{
    Environment, Layered, Ledger, Place, StageFolder, only_in_some, read_ledger, read_stage,
    unknown_places,
};
use landfall_config::{App, Name, Overrides, read_app};
use landfall_diagnostics::{Diagnostic, Severity};

use crate::case::{Case, Question};

/// What the files say together.
pub struct Outcome {
    pub environments: Vec<Environment>,
    pub ledger: Option<Ledger>,
    pub problems: Vec<Diagnostic>,
}

impl Outcome {
    /// Reads everything that a case holds, as the commands do.
    pub fn of(case: &Case) -> Self {
        let question = case.question();
        let mut problems = Vec::new();
        let mut take = |found: Vec<Diagnostic>| {
            found.into_iter().for_each(|one| {
                if !problems.contains(&one) {
                    problems.push(one);
                }
            })
        };
        let (app, found) = read_app(&case.source("app.toml").unwrap(), &Overrides::default());
        take(found);
        let files = case.environments();
        let (stage, found) = read_stage(&files, &question.stage);
        take(found);
        app.iter().for_each(|app| take(unknown_places(&files, app)));
        let mut environments = Vec::new();
        if let (Some(app), Some(stage)) = (&app, &stage) {
            take(stage.unknown_apps(std::iter::once(&app.name.value)));
            let (found, more) = resolve(app, stage, &question);
            environments.extend(found);
            take(more);
        }
        let ledger = case.source(&format!("{}/releases.toml", question.stage));
        let ledger = ledger.map(|source| read_ledger(&source, stage.as_ref()));
        let ledger = ledger.and_then(|(ledger, found)| {
            take(found);
            ledger
        });
        Self { environments, ledger, problems }
    }

    pub fn has_error(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// Everything as people read it.
    pub fn shown(&self) -> String {
        let mut text = String::new();
        self.environments.iter().for_each(|one| show_environment(one, &mut text));
        self.ledger.iter().for_each(|ledger| show_ledger(ledger, &mut text));
        text + &self.shown_problems()
    }

    /// All problems as they are shown.
    pub fn shown_problems(&self) -> String {
        self.problems.iter().map(|problem| format!("{problem}\n\n")).collect()
    }
}

fn resolve(
    app: &App,
    stage: &StageFolder,
    question: &Question,
) -> (Vec<Environment>, Vec<Diagnostic>) {
    let asked: Vec<&str> = match &question.region {
        Some(region) => vec![region],
        None => stage.regions_of(app).map(Name::as_str).collect(),
    };
    let mut problems = Vec::new();
    let mut environments = Vec::new();
    for region in asked {
        let (environment, found) = stage.environment(app, region, &question.settings);
        environments.extend(environment);
        problems.extend(found);
    }
    let of_all = stage
        .regions_of(app)
        .filter_map(|region| stage.environment(app, region.as_str(), &question.settings).0);
    let of_all: Vec<_> = of_all.collect();
    let values: Vec<(&Name, &Layered)> =
        of_all.iter().map(|one| (&one.region, &one.values)).collect();
    problems.extend(only_in_some(&values));
    (environments, problems)
}

fn show_environment(environment: &Environment, text: &mut String) {
    let Environment { stage, region, .. } = environment;
    writeln!(text, "{stage}.{region}").unwrap();
    writeln!(text, "  create namespace: {}", environment.create_namespace).unwrap();
    let kubeconfig = environment.cluster.kubeconfig.iter();
    kubeconfig.for_each(|path| writeln!(text, "  kubeconfig: {path}").unwrap());
    for shown in environment.listing() {
        writeln!(text, "  {} = {}  {}", shown.name, shown.value, place(&shown.place)).unwrap();
        for below in &shown.overridden {
            writeln!(text, "    before {}  {}", below.value, place(&below.place)).unwrap();
        }
    }
    text.push('\n');
}

fn place(place: &Place) -> String {
    match (&place.file, place.line) {
        (Some(file), Some(line)) => format!("{} {file}:{line}", place.layer),
        _ => place.layer.to_string(),
    }
}

fn show_ledger(ledger: &Ledger, text: &mut String) {
    for (app, entry) in &ledger.entries {
        let (digest, version) = (entry.digest.value.short(), &entry.version.value);
        let revision = entry.revision.value;
        writeln!(text, "{app} at revision {revision}: {version} {digest}").unwrap();
        for (region, one) in &entry.regions {
            let hold = if one.hold { ", on hold" } else { "" };
            let (digest, version) = (one.digest.value.short(), &one.version.value);
            writeln!(text, "  in {region}: {version} {digest}{hold}").unwrap();
        }
        for before in &entry.previous {
            let (digest, version) = (before.digest.value.short(), &before.version.value);
            let region = before.region.as_ref().map(|region| format!(" in {}", region.value));
            let (revision, region) = (before.revision.value, region.unwrap_or_default());
            writeln!(text, "  until {revision}: {version} {digest}{region}").unwrap();
        }
        text.push('\n');
    }
}
