//! `rollback`: brings back what a cluster remembers, planned and applied as any other release.

use std::process::ExitCode;

use landfall::commands::operate::Place;
use landfall::commands::operate::rollback::Rollback as Arguments;
use landfall::failure::Failure;
use landfall::printer::Printer;
use landfall::progress::Progress;
use landfall::surroundings::Surroundings;
use landfall_config::environment::Environment;

use super::apply::{Applied, carry_out, finish, stopped};
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
        match block_on(back(arguments, around, printer, environment)) {
            Ok(one) => applied.push(one),
            Err(failure) => return stopped(printer, &applied, arguments.json, failure),
        }
    }
    let status = finish(printer, &applied, arguments.json)?;
    printer.say(&of_the_ledger(&arguments.place, found.stage.stage.builds));
    Ok(status)
}

/// The ledger still names what was left: the next apply would bring it again.
fn of_the_ledger(Place { stage, app, .. }: &Place, builds: bool) -> String {
    let way = match builds {
        true => format!("`landfall push {app} --to {stage} --image DIGEST`"),
        false => format!("`landfall promote {app} --to {stage} --digest DIGEST`"),
    };
    format!(
        "the ledger of {stage} was not changed, and the next apply brings what it names; {way} \
         writes down what runs"
    )
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
