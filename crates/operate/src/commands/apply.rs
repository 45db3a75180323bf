//! `apply`: plans and carries out, one region after the other.

use std::path::Path;
use std::process::ExitCode;

use landfall::commands::json;
use landfall::commands::operate::apply::{Answer, Apply as Arguments};
use landfall::failure::Failure;
use landfall::printer::{Printer, clean_line};
use landfall::progress::Progress;
use landfall::surroundings::Surroundings;
use landfall_config::environment::Environment;
use landfall_deploy::Outcome;
use landfall_rollout::{Plan, Release};

use super::{block_on, settings};
use crate::failure::in_region;
use crate::operator::Operator;
use crate::region::{connect, site};
use crate::show::{outcome_answer, outcome_line, progress as unready_line};
use crate::wanted::{places, wanted};

/// The longest plan that is read.
const PLAN_LIMIT_BYTES: u64 = 64 << 20;

/// What became of one region.
pub struct Applied {
    pub release: Release,
    pub outcome: Outcome,
}

pub fn run(
    arguments: &Arguments,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let progress = Progress::new(around, printer);
    let session = around.session(&progress)?;
    let timeout = arguments.patience.timeout;
    let mut applied = Vec::new();
    if let Some(path) = &arguments.plan {
        let plan = read_plan(&around.working_folder.join(path))?;
        let (_, found) = places(&session, &arguments.place, &[])?;
        let environment = of_plan(&plan, &found.environments, &arguments.place.app)?;
        applied.push(block_on(carry_out(around, printer, environment, &plan, "Upgrade", timeout))?);
    } else {
        for wanted in wanted(&session, &arguments.place, &settings(&arguments.set)?)? {
            let environment = &wanted.environment;
            let region = async {
                let plan = super::plan::plan(around, &wanted).await?;
                carry_out(around, printer, environment, &plan, "Upgrade", timeout).await
            };
            match block_on(region) {
                Ok(one) => applied.push(one),
                Err(failure) => return stopped(printer, &applied, arguments.json, failure),
            }
            // A region that is not well stops the way to the next one.
            if !is_well(&applied) {
                break;
            }
        }
    }
    finish(printer, &applied, arguments.json)
}

/// Carries out a plan in one region, and tells what happens.
pub async fn carry_out(
    around: &Surroundings,
    printer: &Printer,
    environment: &Environment,
    plan: &Plan,
    description: &str,
    timeout_seconds: u64,
) -> Result<Applied, Failure> {
    let place = format!("{} {}", environment.stage, environment.region);
    let cluster = connect(around, environment).await?;
    let site = site(&cluster, environment, &plan.release.app);
    let operator = Operator::new(around, printer, &place, timeout_seconds);
    let description = if plan.from_revision == 0 { "Install" } else { description };
    let outcome = landfall_deploy::apply(&site, &operator.session(), plan, description).await;
    let outcome = outcome.map_err(|error| in_region(&place, error))?;
    Ok(Applied { release: plan.release.clone(), outcome })
}

/// Says what came of the regions before one that could not be served, and gives the failure.
pub fn stopped(
    printer: &Printer,
    applied: &[Applied],
    as_json: bool,
    failure: Failure,
) -> Result<ExitCode, Failure> {
    if !applied.is_empty() {
        finish(printer, applied, as_json)?;
    }
    Err(failure)
}

fn is_well(applied: &[Applied]) -> bool {
    !applied.iter().any(|one| matches!(one.outcome, Outcome::NotReady { .. }))
}

/// Says what came of every region, and gives the exit status: 4 where one is not ready.
pub fn finish(printer: &Printer, applied: &[Applied], as_json: bool) -> Result<ExitCode, Failure> {
    if as_json {
        let regions = applied.iter().map(|one| outcome_answer(&one.release, &one.outcome));
        printer.data(&json(&Answer { regions: regions.collect() })?)?;
    } else {
        for Applied { release, outcome } in applied {
            printer.data(&clean_line(&outcome_line(release, outcome)))?;
        }
    }
    let unwell = applied.iter().filter_map(|one| match &one.outcome {
        Outcome::NotReady { unready, deployed, .. } => Some((&one.release, unready, deployed)),
        _ => None,
    });
    let mut status = 0;
    for (release, unready, deployed) in unwell {
        status = 4;
        for one in unready {
            printer.complain(&clean_line(&format!("  {}", unready_line(one))));
        }
        printer.complain(&way_out(release, *deployed));
    }
    Ok(ExitCode::from(status))
}

fn way_out(release: &Release, deployed: u64) -> String {
    let Release { stage, region, app, .. } = release;
    if deployed == 0 {
        return format!(
            "help: mend it and apply again, or `landfall uninstall {stage} {region} {app}`"
        );
    }
    format!(
        "help: `landfall rollback {stage} {region} {app}` brings revision {deployed} back; or mend \
         it and apply again"
    )
}

fn read_plan(path: &Path) -> Result<Plan, Failure> {
    let failed = |reason: String| {
        Failure::files(format!("`{}` is no plan: {reason}", path.display()))
            .hint("make one with `landfall plan STAGE REGION APP --out FILE`")
    };
    let size = path.metadata().map_err(|error| failed(error.to_string()))?.len();
    if size > PLAN_LIMIT_BYTES {
        return Err(failed("it is longer than any plan".into()));
    }
    let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
    let plan: Plan = serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))?;
    if plan.format != 1 {
        return Err(failed(format!("its format is {}, and this Landfall reads 1", plan.format)));
    }
    Ok(plan)
}

/// The region that a plan was made for, which must be the one that is named.
fn of_plan<'a>(
    plan: &Plan,
    environments: &'a [Environment],
    app: &str,
) -> Result<&'a Environment, Failure> {
    let Release { app: planned, stage, region, .. } = &plan.release;
    let is_of = |environment: &&Environment| {
        environment.stage.as_ref() == stage && environment.region.as_ref() == region
    };
    match environments {
        [only] if is_of(&only) && planned == app => Ok(only),
        _ => Err(Failure::files(format!("the plan is for {stage} {region} {planned}"))
            .hint(&format!("write `landfall apply {stage} {region} {planned} --plan FILE`"))),
    }
}
