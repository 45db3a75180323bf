//! `release`: the whole line in the order in which a release goes: build or promote, push, plan,
//! apply, wait, tell.

use std::process::ExitCode;
use std::time::Instant;

use landfall::commands::config::settings;
use landfall::commands::operate::release::Release as Arguments;
use landfall::commands::overrides;
use landfall::failure::Failure;
use landfall::printer::{Printer, clean_line};
use landfall::progress::Progress;
use landfall::surroundings::Surroundings;
use landfall_config::environment::Setting;
use landfall_deploy::Outcome;
use landfall_notify::Came;
use landfall_pipeline::build::BuildRequest;
use landfall_pipeline::environments::stage;
use landfall_pipeline::promote::{PromoteRequest, promote, promotions};
use landfall_pipeline::publish::Sent;
use landfall_pipeline::push::{PushRequest, outgoing, push};
use landfall_pipeline::workspace::load;
use landfall_pipeline::{Error, Session};

use super::apply::{Applied, carry_out, finish, stopped};
use super::block_on;
use super::plan::plan;
use crate::show::plan_lines;
use crate::slack;
use crate::wanted::{Wanted, one, places, wanted};

/// `--set` of the command line, each where it belongs.
struct Set {
    version: Vec<String>,
    values: Vec<Setting>,
}

pub fn run(
    arguments: &Arguments,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let started = Instant::now();
    let progress = Progress::new(around, printer);
    let session = around.session(&progress)?;
    let set = set(&arguments.set)?;
    // A region that is not there, or not for this app, is found before an image goes anywhere.
    let (_, found) = places(&session, &arguments.place, &set.values)?;
    let wanted = match found.stage.stage.builds {
        true => enter(arguments, around, &session, &set)?,
        false => come_from_before(arguments, around, printer, &session, &set)?,
    };
    if arguments.dry_run {
        return show(around, printer, &wanted);
    }
    let mut applied = Vec::new();
    for wanted in &wanted {
        let result = block_on(bring(arguments, around, printer, wanted));
        tell(around, printer, wanted, &result, started);
        match result {
            Ok(one) => applied.push(one),
            Err(failure) => return stopped(printer, &applied, arguments.json, failure),
        }
        if matches!(applied.last(), Some(Applied { outcome: Outcome::NotReady { .. }, .. })) {
            break;
        }
    }
    others(arguments, printer, &session)?;
    finish(printer, &applied, arguments.json)
}

fn set(texts: &[String]) -> Result<Set, Failure> {
    let (version, values) = texts.iter().cloned().partition::<Vec<_>, _>(|text| {
        text.split_once('=').is_some_and(|(name, _)| name == "version")
    });
    Ok(Set { version, values: settings(&values)? })
}

/// A fresh build enters the stage.
fn enter(
    arguments: &Arguments,
    around: &Surroundings,
    session: &Session<'_>,
    set: &Set,
) -> Result<Vec<Wanted>, Failure> {
    let request = PushRequest {
        build: BuildRequest { overrides: overrides(&set.version)?, platforms: Vec::new() },
        image: None,
        stage: arguments.place.stage.clone(),
        region: None,
        settings: set.values.clone(),
    };
    let outgoing = outgoing(session, std::slice::from_ref(&arguments.place.app), &request)?;
    let outgoing = outgoing.into_iter().next();
    let outgoing = outgoing.ok_or_else(|| Failure::files("nothing was built".into()))?;
    let mut ledger_revision = None;
    if !arguments.dry_run {
        let pushed = push(session, &around.registry_access()?, &outgoing)?;
        all_well(pushed.sent)?;
        ledger_revision = pushed.ledger_revision;
    }
    let running = outgoing.image().running(ledger_revision);
    let environments = outgoing.destinations.environments.iter();
    let asked = environments.filter(|environment| is_asked(arguments, environment.region.as_ref()));
    let wanted = asked.map(|environment| one(session, &outgoing.loaded, environment, &running));
    named(arguments, wanted.collect::<Result<Vec<_>, _>>()?)
}

/// What the stage before runs comes here, to every region.
fn come_from_before(
    arguments: &Arguments,
    around: &Surroundings,
    printer: &Printer,
    session: &Session<'_>,
    set: &Set,
) -> Result<Vec<Wanted>, Failure> {
    if !set.version.is_empty() {
        let message =
            "`--set version=…` is for a stage that builds, and this one takes what ran before";
        return Err(Failure::command_line(message.into()));
    }
    let request = PromoteRequest {
        apps: vec![arguments.place.app.clone()],
        from: None,
        to: arguments.place.stage.clone(),
        digest: None,
        commit: false,
        settings: set.values.clone(),
    };
    let access = around.registry_access()?;
    let promotions = promotions(session, &access, &request)?;
    if arguments.dry_run {
        for promotion in promotions.apps.iter().filter(|promotion| promotion.changes) {
            let (app, digest) = (&promotion.consignment.app, promotion.consignment.digest);
            printer.say(&format!("{app}: {digest} would be promoted from {}", promotions.from));
        }
        let promoted = promotions.wanted(arguments.place.region());
        if promoted.is_empty() {
            // Every region that was asked for is on hold, and keeps what it runs.
            return wanted(session, &arguments.place, &set.values);
        }
        let wanted = promoted
            .iter()
            .map(|(loaded, environment, running)| one(session, loaded, environment, running));
        return named(arguments, wanted.collect::<Result<Vec<_>, _>>()?);
    }
    let promoted = promote(session, &access, &promotions, &request)?;
    promoted.sent.into_iter().try_for_each(all_well)?;
    wanted(session, &arguments.place, &set.values)
}

fn all_well(sent: Vec<Sent>) -> Result<(), Failure> {
    let failures: Vec<Error> = sent.into_iter().filter_map(|sent| sent.result.err()).collect();
    if failures.is_empty() { Ok(()) } else { Err(failures.into()) }
}

fn is_asked(arguments: &Arguments, region: &str) -> bool {
    arguments.place.region().is_none_or(|asked| asked == region)
}

fn named(arguments: &Arguments, wanted: Vec<Wanted>) -> Result<Vec<Wanted>, Failure> {
    if !wanted.is_empty() {
        return Ok(wanted);
    }
    let landfall::commands::operate::Place { stage, region, app } = &arguments.place;
    Err(Failure::files(format!("the app `{app}` may not go to {stage} {region}"))
        .hint(&format!("`landfall config show {stage} {region} {app}` says what is known of it")))
}

async fn bring(
    arguments: &Arguments,
    around: &Surroundings,
    printer: &Printer,
    wanted: &Wanted,
) -> Result<Applied, Failure> {
    let plan = plan(around, wanted).await?;
    plan_lines(&plan).iter().for_each(|line| printer.say(&clean_line(line)));
    let timeout = arguments.patience.timeout;
    carry_out(around, printer, &wanted.environment, &plan, "Upgrade", timeout).await
}

/// What would be done; the clusters are asked, and nothing is changed.
fn show(around: &Surroundings, printer: &Printer, wanted: &[Wanted]) -> Result<ExitCode, Failure> {
    for wanted in wanted {
        for line in plan_lines(&block_on(plan(around, wanted))?) {
            printer.data(&clean_line(&line))?;
        }
    }
    printer.say("nothing was written: --dry-run");
    Ok(ExitCode::SUCCESS)
}

/// A message that does not arrive stops no release.
fn tell(
    around: &Surroundings,
    printer: &Printer,
    wanted: &Wanted,
    result: &Result<Applied, Failure>,
    started: Instant,
) {
    let came = match result {
        Ok(Applied { outcome: Outcome::Ready { .. }, .. }) => Came::Ready,
        Ok(Applied { outcome: Outcome::Unchanged { .. }, .. }) => Came::Unchanged,
        Ok(Applied { outcome: Outcome::NotReady { unready, .. }, .. }) => {
            Came::Failed(unready.iter().map(crate::show::progress).collect::<Vec<_>>().join("\n"))
        }
        Err(failure) => Came::Failed(failure.message()),
    };
    let seconds = started.elapsed().as_secs();
    if let Err(reason) = slack::tell(around, &wanted.release, came, seconds) {
        printer.complain(&clean_line(&format!("warning: Slack was not told: {reason}")));
    }
}

/// The other regions have the image, and this run has not looked at what they run.
fn others(arguments: &Arguments, printer: &Printer, session: &Session<'_>) -> Result<(), Failure> {
    let landfall::commands::operate::Place { stage: name, app, .. } = &arguments.place;
    let Some(asked) = arguments.place.region() else { return Ok(()) };
    let stage = stage(session, name)?;
    let loaded = load(session, app, &Default::default())?;
    let others = stage.regions_of(&loaded.app).map(AsRef::as_ref);
    let others: Vec<&str> = others.filter(|region| *region != asked).collect();
    if !others.is_empty() {
        let others = others.join(", ");
        printer.say(&format!("applied in {name} {asked} only; {others} have the image, too"));
    }
    Ok(())
}
