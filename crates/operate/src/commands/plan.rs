//! `plan`: asks every cluster what an apply would change.

use std::path::Path;
use std::process::ExitCode;

use landfall::commands::json;
use landfall::commands::operate::plan::{Answer, Plan as Arguments};
use landfall::failure::Failure;
use landfall::printer::{Printer, clean_line};
use landfall::progress::Progress;
use landfall::surroundings::Surroundings;
use landfall_rollout::Plan;

use super::{block_on, settings};
use crate::failure::in_region;
use crate::region::{connect, site};
use crate::show::{plan_answer, plan_lines};
use crate::wanted::{Wanted, wanted};

/// What `--detailed-exitcode` gives where something would change.
const WOULD_CHANGE: u8 = 4;

pub fn run(
    arguments: &Arguments,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let progress = Progress::new(around, printer);
    let session = around.session(&progress)?;
    let wanted = wanted(&session, &arguments.place, &settings(&arguments.set)?)?;
    check_out(arguments, wanted.len())?;
    let mut plans = Vec::new();
    for wanted in &wanted {
        plans.push(block_on(plan(around, wanted))?);
    }
    if let (Some(path), [only]) = (&arguments.out, plans.as_slice()) {
        write(&around.working_folder.join(path), only)?;
    }
    if arguments.json {
        printer.data(&json(&Answer { plans: plans.iter().map(plan_answer).collect() })?)?;
    } else {
        for line in plans.iter().flat_map(plan_lines) {
            printer.data(&clean_line(&line))?;
        }
    }
    let changes = plans.iter().any(Plan::changes);
    let status = if changes && arguments.detailed_exitcode { WOULD_CHANGE } else { 0 };
    Ok(ExitCode::from(status))
}

/// Asks one region's cluster. Nothing is changed.
pub async fn plan(around: &Surroundings, wanted: &Wanted) -> Result<Plan, Failure> {
    let Wanted { environment, release, objects } = wanted;
    let cluster = connect(around, environment).await?;
    let site = site(&cluster, environment, &release.app);
    let plan = landfall_deploy::plan(&site, release.clone(), objects).await;
    plan.map_err(|error| in_region(&format!("{} {}", release.stage, release.region), error))
}

fn check_out(arguments: &Arguments, count: usize) -> Result<(), Failure> {
    if arguments.out.is_some() && count != 1 {
        let message = "`--out` names one file, and a plan is for one region".into();
        return Err(Failure::command_line(message).hint("name one region in the place of `all`"));
    }
    Ok(())
}

fn write(path: &Path, plan: &Plan) -> Result<(), Failure> {
    let failed = |reason: String| {
        Failure::outside(format!("`{}` cannot be written: {reason}", path.display()))
    };
    let bytes = serde_json::to_vec_pretty(plan).map_err(|error| failed(error.to_string()))?;
    let (before, after) = ("output::before-rename", "output::after-rename");
    landfall_pipeline::whole::write(path, &bytes, before, after)
        .map_err(|error| failed(error.to_string()))
}
