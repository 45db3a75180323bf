//! `environments/` on disk → the stage that was asked for, checked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use landfall_config::environment::{
    Environment, Files, Layered, Setting, StageFolder, StageSources, only_in_some, read_stage,
    unknown_places,
};
use landfall_config::{App, Name};
use landfall_diagnostics::{Diagnostic, Source, Span};

use crate::workspace::{app_names, has_errors, read_text, warn};
use crate::{Error, Session};

/// Files of a stage's folder that are no region's.
const NO_REGIONS: [&str; 2] = ["stage.toml", "releases.toml"];

/// A stage, and for one app every region of it that was asked for.
#[derive(Debug, Clone)]
pub struct Destinations {
    /// The stage.
    pub stage: StageFolder,
    /// One for each region, in the order of their names; never empty.
    pub environments: Vec<Environment>,
}

/// Reads a stage; fails with every problem of its files.
pub fn stage(session: &Session<'_>, name: &str) -> Result<StageFolder, Error> {
    let files = files(&session.workspace)?;
    let (stage, mut problems) = read_stage(&files, name);
    if let Some(stage) = &stage {
        let apps: Vec<Name> =
            app_names(&session.workspace)?.iter().filter_map(|name| name.parse().ok()).collect();
        problems.extend(stage.unknown_apps(apps.iter()));
    }
    warn(session, &problems);
    match stage {
        Some(stage) if !has_errors(&problems) => Ok(stage),
        _ => Err(Error::Problems(problems)),
    }
}

/// Where an app goes in a stage: one region, or every region that the app may go to.
///
/// Fails with the problems of all regions of the app in that stage, also of those that were not
/// asked for: a value that one region alone lacks is found before anything is done anywhere.
pub fn destinations(
    session: &Session<'_>,
    app: &App,
    stage: StageFolder,
    region: Option<&str>,
    settings: &[Setting],
) -> Result<Destinations, Error> {
    let mut problems = Vec::new();
    let mut resolve = |region: &str| {
        let (environment, found) = stage.environment(app, region, settings);
        problems.extend(found);
        environment
    };
    let asked: Option<Environment> = region.and_then(&mut resolve);
    let all: Vec<_> = stage.regions_of(app).filter_map(|region| resolve(region.as_ref())).collect();
    let values: Vec<(&Name, &Layered)> = all.iter().map(|one| (&one.region, &one.values)).collect();
    problems.extend(only_in_some(&values));
    problems.extend(unknown_places(&files(&session.workspace)?, app));
    if all.is_empty() && problems.is_empty() {
        problems.push(goes_nowhere(app, &stage));
    }
    problems.sort();
    problems.dedup();
    warn(session, &problems);
    if has_errors(&problems) {
        return Err(Error::Problems(problems));
    }
    let environments = if region.is_some() { asked.into_iter().collect() } else { all };
    Ok(Destinations { stage, environments })
}

fn goes_nowhere(app: &App, stage: &StageFolder) -> Diagnostic {
    let (name, stage) = (&app.name.value, &stage.stage.name);
    let message = format!("the app `{name}` may not go to any region of the stage `{stage}`");
    let span = app.environments.first().map_or(&app.name.span, |first| &first.span);
    Diagnostic::error("environment::not-meant", message).at(span, "its environments").help(format!(
        "add `\"{stage}\"`, which means all its regions, to `environments` in app.toml"
    ))
}

/// Every stage that there is, in the order of names.
pub fn stage_names(session: &Session<'_>) -> Result<Vec<String>, Error> {
    let files = files(&session.workspace)?;
    Ok(files.stages.keys().map(ToString::to_string).collect())
}

/// `releases.toml` of a stage.
pub fn ledger_path(stage: &Name) -> PathBuf {
    Path::new("environments").join(stage.as_ref()).join("releases.toml")
}

/// Every file below `environments/` that says something of a stage.
fn files(workspace: &Path) -> Result<Files, Error> {
    let relative = Path::new("environments");
    let regions = text(workspace, &relative.join("regions.toml"))?;
    let mut stages = BTreeMap::new();
    let mut problems = Vec::new();
    for name in names(&workspace.join(relative))? {
        let folder = relative.join(&name);
        if workspace.join(&folder).join("stage.toml").is_file() {
            let sources = stage_sources(workspace, &folder, &mut problems)?;
            stages.extend(named(&name, &sources.stage, &mut problems).map(|name| (name, sources)));
        }
    }
    let local = relative.join("local.toml");
    let local = workspace.join(&local).is_file().then(|| text(workspace, &local)).transpose()?;
    if problems.is_empty() {
        Ok(Files { regions, stages, local })
    } else {
        Err(Error::Problems(problems))
    }
}

fn stage_sources(
    workspace: &Path,
    folder: &Path,
    problems: &mut Vec<Diagnostic>,
) -> Result<StageSources, Error> {
    let stage = text(workspace, &folder.join("stage.toml"))?;
    let mut regions = BTreeMap::new();
    for file in names(&workspace.join(folder))? {
        let region = file.strip_suffix(".toml").filter(|_| !NO_REGIONS.contains(&file.as_str()));
        let Some(region) = region.filter(|region| !region.starts_with('.')) else { continue };
        let source = text(workspace, &folder.join(&file))?;
        regions.extend(named(region, &source, problems).map(|name| (name, source)));
    }
    Ok(StageSources { stage, regions })
}

/// A name that a file or folder gives.
fn named(name: &str, source: &Arc<Source>, problems: &mut Vec<Diagnostic>) -> Option<Name> {
    match name.parse::<Name>() {
        Ok(name) => Some(name),
        Err(error) => {
            problems.push(
                Diagnostic::error("environment::name", error.to_string())
                    .at(&Span::new(source, 0..0), "the name of this file or of its folder")
                    .help("stages and regions have names like apps: `prod`, `london`, `eu-west`"),
            );
            None
        }
    }
}

/// What is in a folder, sorted; nothing where there is no such folder.
fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::file("list", folder))?,
    };
    let entries = entries.collect::<Result<Vec<_>, _>>().map_err(Error::file("list", folder))?;
    let names = entries.into_iter().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<_> = names.collect();
    names.sort();
    Ok(names)
}

fn text(workspace: &Path, shown: &Path) -> Result<Arc<Source>, Error> {
    let path = workspace.join(shown);
    if !path.exists() {
        let message = format!("`{}` is missing", shown.display());
        let problem = Diagnostic::error("environment::missing-file", message);
        return Err(problem
            .help("`docs/reference/environments.md` shows every file of this folder")
            .into());
    }
    Ok(Source::new(shown, read_text(&path, shown)?))
}
