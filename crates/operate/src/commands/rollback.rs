//! `rollback`: brings back what a cluster remembers, planned and applied as any other release.

use std::process::ExitCode;

use landfall::commands::operate::rollback::Rollback as Arguments;
use landfall::failure::Failure;
use landfall::printer::Printer;
use landfall::progress::Progress;
use landfall::surroundings::Surroundings;
use landfall_config::environment::Environment;

use super::apply::{Applied, carry_out, finish};
use super::block_on;
use crate::failure::in_region;
use crate::region::{connect, site};
use crate::wanted::places;

pub fn run(
    arguments: &Arguments,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let progress = Progress::new(around, printer);
    let session = around.session(&progress)?;
    let (_, found) = places(&session, &arguments.place, &[])?;
    let mut applied = Vec::new();
    for environment in &found.environments {
        applied.push(block_on(back(arguments, around, printer, environment))?);
    }
    let status = finish(printer, &applied, arguments.json)?;
    let (stage, app) = (&arguments.place.stage, &arguments.place.app);
    printer.say(&format!(
        "the ledger of {stage} was not changed: the next apply brings what it names; \
         `landfall promote {app} --to {stage} --digest DIGEST` writes down what runs"
    ));
    Ok(status)
}

async fn back(
    arguments: &Arguments,
    around: &Surroundings,
    printer: &Printer,
    environment: &Environment,
) -> Result<Applied, Failure> {
    let place = format!("{} {}", environment.stage, environment.region);
    let failed = |error| in_region(&place, error);
    let cluster = connect(around, environment).await?;
    let site = site(&cluster, environment, &arguments.place.app);
    let record = landfall_deploy::earlier(&site, arguments.to).await.map_err(failed)?;
    let plan = landfall_deploy::plan(&site, record.release.clone(), &record.objects).await;
    let plan = plan.map_err(failed)?;
    let description = format!("Rollback to {}", record.revision);
    let timeout = arguments.patience.timeout;
    carry_out(around, printer, environment, &plan, &description, timeout).await
}
