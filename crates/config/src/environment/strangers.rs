//! Names of stages, regions and apps that nothing here is called.

use std::collections::BTreeMap;

use landfall_diagnostics::Diagnostic;

use crate::environment::folder::{Files, StageFolder, known};
use crate::environment::stage::Stage;
use crate::{App, EnvironmentName, Name, Spanned};

/// The places of an app's `environments` that are not there: a slip would keep the app from a place
/// without a word.
pub fn unknown_places(files: &Files, app: &App) -> Vec<Diagnostic> {
    app.environments.iter().filter_map(|place| unknown_place(files, place)).collect()
}

fn unknown_place(files: &Files, place: &Spanned<EnvironmentName>) -> Option<Diagnostic> {
    let EnvironmentName { stage, region } = &place.value;
    let Some(sources) = files.stages.get(stage) else {
        let message = format!("there is no stage `{stage}`");
        let problem = Diagnostic::error("environment::unknown-stage", message);
        let problem = problem.at(&place.span, "no such stage");
        let file = "environments/STAGE/stage.toml";
        return Some(known(problem, stage.as_str(), files.stages.keys(), "stage", file));
    };
    let region = region.as_ref().filter(|region| !sources.regions.contains_key(*region))?;
    let message = format!("the stage `{stage}` has no region `{region}`");
    let problem = Diagnostic::error("environment::unknown-region", message);
    let problem = problem.at(&place.span, "no such region");
    let file = format!("environments/{stage}/REGION.toml");
    Some(known(problem, region.as_str(), sources.regions.keys(), "region", &file))
}

/// A stage's `from` that leads nowhere.
pub(super) fn source(files: &Files, stage: &Stage) -> Option<Diagnostic> {
    let from = stage.from.as_ref()?;
    let name = &from.value;
    if *name == stage.name {
        let message = format!("the stage `{name}` takes its images from itself");
        let problem = Diagnostic::error("environment::stage-source", message);
        let problem = problem.at(&from.span, "the stage's own name");
        return Some(problem.help("name the stage before it, as in `from = \"preprod\"`"));
    }
    let message =
        format!("the stage `{}` takes its images from `{name}`, which is no stage", stage.name);
    let problem = Diagnostic::error("environment::unknown-stage", message);
    let problem = problem.at(&from.span, "no such stage");
    let file = "environments/STAGE/stage.toml";
    let others = files.stages.keys().filter(|other| **other != stage.name);
    let problem = known(problem, name.as_str(), others, "other stage", file);
    (!files.stages.contains_key(name)).then_some(problem)
}

/// Tables of local.toml for what is not there.
pub(super) fn local<T, U>(
    kind: &str,
    tables: &BTreeMap<Name, Spanned<T>>,
    there: &BTreeMap<Name, U>,
) -> Vec<Diagnostic> {
    let strangers = tables.iter().filter(|(name, _)| !there.contains_key(*name));
    let problems = strangers.map(|(name, place)| {
        let message = format!("there is no {kind} `{name}`");
        let problem = Diagnostic::error("environment::local", message);
        let problem = problem.at(&place.span, format!("no such {kind}"));
        let file = "environments/STAGE/REGION.toml";
        known(problem, name.as_str(), there.keys(), kind, file)
            .help("local.toml only puts servers of this machine in the place of others")
    });
    problems.collect()
}

impl StageFolder {
    /// Values of the stage and its regions for apps that are not there: a slip would leave the app
    /// with other values without a word.
    pub fn unknown_apps<'a>(
        &self,
        apps: impl Iterator<Item = &'a Name> + Clone,
    ) -> Vec<Diagnostic> {
        let of_regions = self.regions.values().flat_map(|region| &region.values);
        let groups = self.stage.values.iter().chain(of_regions);
        let strangers = groups.filter(|(app, _)| !apps.clone().any(|known| known == *app));
        let problems = strangers.map(|(app, values)| {
            let message = format!("there are values for `{app}`, which is no app");
            let problem = Diagnostic::error("environment::unknown-app", message);
            let problem = problem.at(&values.span, "no such app");
            known(problem, app.as_str(), apps.clone(), "app", "apps/NAME/app.toml")
        });
        problems.collect()
    }
}
