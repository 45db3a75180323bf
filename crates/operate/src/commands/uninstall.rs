//! `uninstall`: takes an app away from a region.

use std::process::ExitCode;

use landfall::commands::json;
use landfall::commands::operate::uninstall::{Answer, Removed, Uninstall as Arguments};
use landfall::failure::Failure;
use landfall::printer::{Printer, clean_line};
use landfall::progress::Progress;
use landfall::surroundings::Surroundings;
use landfall_config::environment::Environment;
use landfall_deploy::Error;

use super::block_on;
use crate::failure::in_region;
use crate::operator::Operator;
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
    let mut regions = Vec::new();
    for environment in &found.environments {
        match block_on(take_away(arguments, around, printer, environment))? {
            Ok(removed) => regions.push(removed),
            // A run over all regions that was cut short is gone on with by the same command.
            Err(nothing) if arguments.place.region().is_none() => {
                printer.say(&clean_line(&nothing.message()));
            }
            Err(nothing) => return Err(nothing),
        }
    }
    if arguments.json {
        printer.data(&json(&Answer { regions })?)?;
        return Ok(ExitCode::SUCCESS);
    }
    for Removed { region, objects } in &regions {
        let line = format!("{region}: {} is gone, {} objects", arguments.place.app, objects.len());
        printer.data(&clean_line(&line))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What was taken away; else the failure that there was nothing.
async fn take_away(
    arguments: &Arguments,
    around: &Surroundings,
    printer: &Printer,
    environment: &Environment,
) -> Result<Result<Removed, Failure>, Failure> {
    let place = format!("{} {}", environment.stage, environment.region);
    let cluster = connect(around, environment).await?;
    let site = site(&cluster, environment, &arguments.place.app);
    let operator = Operator::new(around, printer, &place, arguments.patience.timeout);
    let gone = landfall_deploy::uninstall(&site, &operator.session()).await;
    let gone = match gone {
        Err(error @ Error::NotInstalled { .. }) => return Ok(Err(in_region(&place, error))),
        gone => gone.map_err(|error| in_region(&place, error))?,
    };
    let objects = gone.iter().map(ToString::to_string).collect();
    Ok(Ok(Removed { region: environment.region.to_string(), objects }))
}
