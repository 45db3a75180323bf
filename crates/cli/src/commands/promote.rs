//! `landfall promote`.

use std::process::ExitCode;

use clap::Args;
use landfall_hashing::Digest;
use landfall_pipeline::promote::{PromoteRequest, Promoted, Promotion, promote, promotions};
use schemars::JsonSchema;
use serde::Serialize;

use super::json;
use super::push::{Region, table};
use crate::digest_text::DigestText;
use crate::failure::Failure;
use crate::printer::{Printer, clean_line};
use crate::progress::Progress;
use crate::surroundings::Surroundings;

/// Move what one stage runs to the next: the same digest, every region, nothing built
///
/// The digest comes from the ledger of the stage before, never from a tag. It goes to every region,
/// is read back there and compared, and then the ledger names it. Several apps are one change.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  landfall promote myapp --to preprod
  landfall promote myapp --from preprod --to prod --plan
  landfall promote myapp --to prod --commit")]
pub struct Promote {
    /// The apps, by the names of their folders in `apps/`
    #[arg(value_name = "APP", required = true)]
    apps: Vec<String>,
    /// The stage that it comes from; `from` of the stage's file unless given
    #[arg(long, value_name = "STAGE")]
    from: Option<String>,
    /// The stage that it goes to
    #[arg(long, value_name = "STAGE")]
    to: String,
    /// Say what would be done, and change nothing
    #[arg(long)]
    plan: bool,
    /// This digest, which the stage before or this one has held
    #[arg(long, value_name = "DIGEST")]
    digest: Option<Digest>,
    /// Commit the ledger, and nothing else, marked so that CI does not start for it
    #[arg(long, conflicts_with = "plan")]
    commit: bool,
    /// Print what was promoted as JSON
    #[arg(long)]
    json: bool,
}

/// What `landfall promote --json` prints
#[derive(Serialize, JsonSchema)]
pub struct Answer {
    /// `preprod`
    from: String,
    /// `prod`
    to: String,
    /// Whether it was only planned
    planned: bool,
    /// In the order in which the apps were named
    apps: Vec<App>,
    /// The commit of the ledger; absent where none was made
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
}

/// One app
#[derive(Serialize, JsonSchema)]
struct App {
    app: String,
    /// As which version it was built
    version: String,
    /// Of the image index
    #[schemars(with = "DigestText")]
    digest: Digest,
    /// What the ledger named before; absent where it named nothing
    #[schemars(with = "Option<DigestText>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Digest>,
    /// Whether the ledger has held this digest before
    is_back: bool,
    /// Whether the ledger changes
    changes: bool,
    /// The revision of the ledger after it
    revision: u64,
    /// Regions on hold, which keep what they run
    held: Vec<String>,
    /// One for each region; empty where it was only planned
    regions: Vec<Region>,
}

pub(crate) fn run(
    arguments: &Promote,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let progress = Progress::new(around, printer);
    let session = around.session(&progress)?;
    let access = around.registry_access()?;
    let request = PromoteRequest {
        apps: arguments.apps.clone(),
        from: arguments.from.clone(),
        to: arguments.to.clone(),
        digest: arguments.digest,
        commit: arguments.commit,
        settings: Vec::new(),
    };
    let promotions = promotions(&session, &access, &request)?;
    if let Some(skipped) = &promotions.skipped {
        let (from, to) = (&promotions.from, &promotions.to);
        printer.say(&format!(
            "{to} takes images from {skipped}, and {from} was named: {skipped} is skipped"
        ));
    }
    let done = if arguments.plan {
        None
    } else {
        Some(promote(&session, &access, &promotions, &request)?)
    };
    let (mut apps, mut failures) = (Vec::new(), Vec::new());
    let (sent, commit) = match done {
        Some(Promoted { sent, commit }) => (sent, commit),
        None => (promotions.apps.iter().map(|_| Vec::new()).collect(), None),
    };
    for (promotion, sent) in promotions.apps.iter().zip(sent) {
        apps.push(App::new(promotion, sent.iter().map(Region::new).collect()));
        failures.extend(sent.into_iter().filter_map(|sent| sent.result.err()));
    }
    let (from, to) = (promotions.from.to_string(), promotions.to.to_string());
    show(printer, Answer { from, to, planned: arguments.plan, apps, commit }, arguments.json)?;
    if failures.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(Failure::Several(failures)) }
}

impl App {
    fn new(promotion: &Promotion, regions: Vec<Region>) -> Self {
        Self {
            app: promotion.consignment.app.to_string(),
            version: promotion.version.clone(),
            digest: promotion.consignment.digest,
            before: promotion.before,
            is_back: promotion.is_back,
            changes: promotion.changes,
            revision: promotion.revision,
            held: promotion.held.iter().map(ToString::to_string).collect(),
            regions,
        }
    }

    /// What the promotion does, or would do.
    fn line(&self, from: &str, to: &str) -> String {
        let Self { app, version, digest, revision, .. } = self;
        let way = if self.is_back { "goes back to" } else { "gets" };
        let held = match self.held.as_slice() {
            [] => String::new(),
            held => format!("; on hold: {}", held.join(", ")),
        };
        match self.changes {
            true => format!(
                "{app}: {to} {way} {version} {digest} from {from}, revision {revision}{held}"
            ),
            false => format!("{app}: {to} has {version} {digest} already{held}"),
        }
    }

    /// What is said where a region has not got an image: no app's ledger changes then.
    fn stopped(&self, to: &str) -> String {
        let Self { app, version, digest, .. } = self;
        format!(
            "{app}: the ledger of {to} is as it was, and {version} {digest} is not in it, because \
             not every region has its image; the same command goes on from here"
        )
    }
}

fn show(printer: &Printer, answer: Answer, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return printer.data(&json(&answer)?);
    }
    let mut regions = answer.apps.iter().flat_map(|app| &app.regions);
    let stands = regions.all(Region::is_there);
    for app in &answer.apps {
        let line = match stands {
            true => app.line(&answer.from, &answer.to),
            false => app.stopped(&answer.to),
        };
        printer.data(&clean_line(&line))?;
    }
    if !answer.planned {
        let rows = answer.apps.iter().flat_map(|app| {
            app.regions.iter().map(|region| (app.app.as_str(), &app.digest, region))
        });
        table(rows).lines().iter().for_each(|line| printer.say(line));
    }
    if let Some(commit) = &answer.commit {
        printer.say(&format!("committed the ledger of {} as {commit}", answer.to));
    }
    Ok(())
}
