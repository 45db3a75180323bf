//! `history`: the releases that a cluster remembers.

use std::process::ExitCode;

use landfall::commands::json;
use landfall::commands::operate::history::{Answer, History as Arguments, Release};
use landfall::failure::Failure;
use landfall::printer::Printer;
use landfall::progress::Progress;
use landfall::surroundings::Surroundings;
use landfall::table::Table;
use landfall_config::environment::Environment;
use landfall_rollout::Summary;

use super::block_on;
use crate::failure::in_region;
use crate::region::connect;
use crate::wanted::places;

pub fn run(
    arguments: &Arguments,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let progress = Progress::new(around, printer);
    let session = around.session(&progress)?;
    let (_, found) = places(&session, &arguments.place, &[])?;
    let mut releases = Vec::new();
    for environment in &found.environments {
        releases.extend(block_on(of_region(around, environment, &arguments.place.app))?);
    }
    if arguments.json {
        printer.data(&json(&Answer { releases })?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for line in table(&releases).lines() {
        printer.data(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn of_region(
    around: &Surroundings,
    environment: &Environment,
    app: &str,
) -> Result<Vec<Release>, Failure> {
    let place = format!("{} {}", environment.stage, environment.region);
    let cluster = connect(around, environment).await?;
    let found = cluster.summaries(&environment.namespace, app).await;
    let found = found.map_err(|error| in_region(&place, error.into()))?;
    Ok(found.into_iter().rev().map(|one| release(environment, one)).collect())
}

fn release(environment: &Environment, summary: Summary) -> Release {
    let Summary { revision, status, digest, version, description, who, started, finished } =
        summary;
    let status = status.map(|status| status.word().to_owned());
    let region = environment.region.to_string();
    Release { region, revision, status, digest, version, description, who, started, finished }
}

fn table(releases: &[Release]) -> Table {
    let headings = ["REGION", "REVISION", "STATUS", "VERSION", "DIGEST", "WHAT", "STARTED", "WHO"];
    let mut table = Table::new(&headings);
    for one in releases {
        let unknown = || "?".to_owned();
        table.row([
            one.region.clone(),
            one.revision.to_string(),
            one.status.clone().unwrap_or_else(unknown),
            one.version.clone(),
            one.digest.map_or_else(unknown, |digest| digest.short()),
            one.description.clone(),
            one.started.clone(),
            one.who.clone(),
        ]);
    }
    table
}
