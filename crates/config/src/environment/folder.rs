//! All files of a stage together.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_diagnostics::{Diagnostic, Source, Span};

use crate::environment::local::{self, LocalRegion};
use crate::environment::region::{self, Region};
use crate::environment::regions::{self, Regions};
use crate::environment::stage::{self, Stage};
use crate::environment::strangers;
use crate::problems::has_error;
use crate::suggestion::{enumerate, nearest};
use crate::{Name, Spanned};

/// The texts below `environments/`, as they were read.
#[derive(Debug, Clone)]
pub struct Files {
    /// regions.toml.
    pub regions: Arc<Source>,
    /// The folders that hold a stage.toml.
    pub stages: BTreeMap<Name, StageSources>,
    /// local.toml, where there is one.
    pub local: Option<Arc<Source>>,
}

/// The texts of one stage.
#[derive(Debug, Clone)]
pub struct StageSources {
    /// stage.toml.
    pub stage: Arc<Source>,
    /// REGION.toml.
    pub regions: BTreeMap<Name, Arc<Source>>,
}

/// A stage with its regions, checked.
#[derive(Debug, Clone)]
pub struct StageFolder {
    /// stage.toml.
    pub stage: Stage,
    /// The regions of the stage.
    pub regions: BTreeMap<Name, Region>,
    /// What stands in the place of a region's servers on this machine.
    pub local: BTreeMap<Name, Spanned<LocalRegion>>,
    /// What AWS calls the regions.
    pub aws_regions: Regions,
}

/// Reads all files of a stage; none where one of them has an error.
///
/// A stage that is not there is a problem, too, with the stages that are.
pub fn read_stage(files: &Files, name: &str) -> (Option<StageFolder>, Vec<Diagnostic>) {
    let Some((name, sources)) = files.stages.iter().find(|(known, _)| known.as_str() == name)
    else {
        return (None, vec![unknown_stage(files, name)]);
    };
    let (aws_regions, mut problems) = regions::read(&files.regions);
    // Beside a line that cannot be read, a name that is not there may well be.
    let is_whole = !has_error(&problems);
    let (stage, found) = stage::read(name, &sources.stage);
    problems.extend(found);
    problems.extend(strangers::source(files, &stage));
    let mut regions = BTreeMap::new();
    for (name, source) in &sources.regions {
        let (region, found) = region::read(name, source);
        problems.extend(found);
        problems.extend(unlisted(name, source, &aws_regions, files).filter(|_| is_whole));
        regions.extend(region.map(|region| (name.clone(), region)));
    }
    let local = read_local(files, name, sources, &mut problems);
    let folder = StageFolder { stage, regions, local, aws_regions };
    ((!has_error(&problems)).then_some(folder), problems)
}

fn read_local(
    files: &Files,
    name: &Name,
    sources: &StageSources,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<Name, Spanned<LocalRegion>> {
    let Some(source) = &files.local else { return BTreeMap::new() };
    let (mut stages, found) = local::read(source);
    problems.extend(found);
    problems.extend(strangers::local("stage", &stages, &files.stages));
    let regions = stages.remove(name).map(|regions| regions.value).unwrap_or_default();
    problems.extend(strangers::local("region", &regions, &sources.regions));
    regions
}

fn unlisted(
    name: &Name,
    source: &Arc<Source>,
    aws_regions: &Regions,
    files: &Files,
) -> Option<Diagnostic> {
    let message = format!("regions.toml does not say what the region `{name}` is");
    (!aws_regions.contains_key(name)).then(|| {
        Diagnostic::error("environment::unknown-region", message)
            .at(&Span::new(source, 0..0), "a file of this region")
            .help(format!(
                "add a line to `{}`, as in `{name} = \"eu-west-2\"`",
                files.regions.path.display()
            ))
    })
}

fn unknown_stage(files: &Files, name: &str) -> Diagnostic {
    let message = format!("there is no stage `{}`", name.escape_debug());
    let problem = Diagnostic::error("environment::unknown-stage", message);
    known(problem, name, files.stages.keys(), "stage", "environments/STAGE/stage.toml")
}

/// Adds what is there to a problem with a name that is not.
pub(super) fn known<'a>(
    problem: Diagnostic,
    name: &str,
    names: impl Iterator<Item = &'a Name> + Clone,
    kind: &str,
    file: &str,
) -> Diagnostic {
    let texts = || names.clone().map(Name::as_str);
    let meant = nearest(name, texts()).map(|meant| format!("did you mean `{meant}`?"));
    let list = match texts().next() {
        None => format!("there is none yet: write `{file}`"),
        Some(only) if texts().count() == 1 => format!("the only {kind} here is `{only}`"),
        Some(_) => format!("the {kind}s here are {}", enumerate(texts(), "and")),
    };
    meant.into_iter().chain([list]).fold(problem, Diagnostic::help)
}
