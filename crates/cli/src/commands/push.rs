//! `landfall push`.

use std::process::ExitCode;

use clap::Args;
use landfall_hashing::Digest;
use landfall_pipeline::build::BuildRequest;
use landfall_pipeline::publish::{Moved, Sent};
use landfall_pipeline::push::{Outgoing, PushRequest, Pushed, outgoing, push};
use landfall_pipeline::stored_image::ImageSource;
use schemars::JsonSchema;
use serde::Serialize;

use super::{json, overrides};
use crate::digest_text::DigestText;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::progress::{Progress, size};
use crate::surroundings::Surroundings;
use crate::table::Table;

/// Build images and push each to every region of a stage
///
/// The same digest goes to every registry, side by side; what is there is not sent again. In a stage
/// with `builds = true` the ledger then names it. Nothing is sent before every app is built and the
/// objects of every region can be rendered.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  landfall push myapp --to dev
  landfall push myapp --to dev.london --set version=1.2.3
  landfall push myapp --to dev --image oci-archive:myapp.tar")]
pub struct Push {
    /// The apps, by the names of their folders in `apps/`
    #[arg(value_name = "APP", required = true)]
    apps: Vec<String>,
    /// The stage, or one region of it
    #[arg(long, value_name = "STAGE[.REGION]")]
    to: String,
    /// `version=V`: build as another version than app.toml says
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "image")]
    set: Vec<String>,
    /// Build nothing: push `oci-archive:FILE`, or a digest that the store has
    #[arg(long, value_name = "IMAGE")]
    image: Option<ImageSource>,
    /// Print what was pushed as JSON
    #[arg(long)]
    json: bool,
}

/// What `landfall push --json` prints
#[derive(Serialize, JsonSchema)]
pub struct Answer {
    /// In the order in which the apps were named
    apps: Vec<App>,
}

/// One app's image
#[derive(Serialize, JsonSchema)]
struct App {
    app: String,
    /// As which version it was built
    version: String,
    /// Of the image index
    #[schemars(with = "DigestText")]
    digest: Digest,
    /// What names it in the registries
    tag: String,
    /// The revision at which the ledger names it; absent where no ledger is written
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger_revision: Option<u64>,
    /// One for each region
    pub(super) regions: Vec<Region>,
}

/// What came to one region's registry
#[derive(Serialize, JsonSchema)]
pub struct Region {
    /// `london`
    region: String,
    /// Host and path
    registry: String,
    /// Sent from here
    sent_bytes: u64,
    /// Taken over from another repository of the registry
    mounted_bytes: u64,
    /// Were there already
    present_bytes: u64,
    /// Why the image is not there; absent where it is
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Region {
    /// What came of one place.
    pub fn new(sent: &Sent) -> Self {
        let nothing = Moved { sent_bytes: 0, mounted_bytes: 0, present_bytes: 0 };
        let moved = sent.result.as_ref().unwrap_or(&nothing);
        Self {
            region: sent.place.region.to_string(),
            registry: sent.place.registry.to_string(),
            sent_bytes: moved.sent_bytes,
            mounted_bytes: moved.mounted_bytes,
            present_bytes: moved.present_bytes,
            error: sent.result.as_ref().err().map(ToString::to_string),
        }
    }

    /// Whether the image stands there.
    pub fn is_there(&self) -> bool {
        self.error.is_none()
    }

    /// A row of [`table`].
    fn cells(&self, app: &str, digest: &Digest) -> [String; 6] {
        let bytes = |bytes| if self.error.is_some() { "-".into() } else { size(bytes) };
        [
            app.into(),
            self.region.clone(),
            if self.error.is_some() { "not there".into() } else { digest.short() },
            bytes(self.sent_bytes),
            bytes(self.mounted_bytes),
            bytes(self.present_bytes),
        ]
    }
}

/// What moved, for people.
pub fn table<'a>(rows: impl Iterator<Item = (&'a str, &'a Digest, &'a Region)>) -> Table {
    let mut table = Table::new(&["APP", "REGION", "DIGEST", "SENT", "MOUNTED", "PRESENT"]);
    rows.for_each(|(app, digest, region)| table.row(region.cells(app, digest)));
    table
}

pub(crate) fn run(
    arguments: &Push,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let progress = Progress::new(around, printer);
    let session = around.session(&progress)?;
    let access = around.registry_access()?;
    let (stage, region) = place(&arguments.to);
    let request = PushRequest {
        build: BuildRequest { overrides: overrides(&arguments.set)?, platforms: Vec::new() },
        image: arguments.image.clone(),
        stage: stage.into(),
        region: region.map(str::to_owned),
        settings: Vec::new(),
    };
    let outgoing = outgoing(&session, &once(&arguments.apps), &request)?;
    let mut apps = Vec::new();
    let mut failures = Vec::new();
    for one in &outgoing {
        let Pushed { sent, ledger_revision } = push(&session, &access, one)?;
        apps.push(App::new(one, &sent, ledger_revision));
        failures.extend(sent.into_iter().filter_map(|sent| sent.result.err()));
    }
    show(arguments, printer, apps)?;
    if failures.is_empty() { Ok(ExitCode::SUCCESS) } else { Err(Failure::Several(failures)) }
}

/// Every name once, in the order in which they were typed.
fn once(names: &[String]) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    names.iter().filter(|name| seen.insert(*name)).cloned().collect()
}

/// `prod` or `prod.london`.
fn place(text: &str) -> (&str, Option<&str>) {
    text.split_once('.').map_or((text, None), |(stage, region)| (stage, Some(region)))
}

impl App {
    fn new(outgoing: &Outgoing, sent: &[Sent], ledger_revision: Option<u64>) -> Self {
        Self {
            app: outgoing.consignment.app.to_string(),
            version: outgoing.version.clone(),
            digest: outgoing.consignment.digest,
            tag: outgoing.consignment.tag.clone(),
            ledger_revision,
            regions: sent.iter().map(Region::new).collect(),
        }
    }
}

fn show(arguments: &Push, printer: &Printer, apps: Vec<App>) -> Result<(), Failure> {
    if arguments.json {
        return printer.data(&json(&Answer { apps })?);
    }
    let rows = apps
        .iter()
        .flat_map(|app| app.regions.iter().map(|region| (app.app.as_str(), &app.digest, region)));
    table(rows).lines().iter().try_for_each(|line| printer.data(line))?;
    for App { app, digest, ledger_revision, regions, .. } in &apps {
        if let Some(revision) = ledger_revision {
            printer.say(&format!("{app}: the ledger names {digest} at revision {revision}"));
        }
        if !regions.iter().all(Region::is_there) {
            printer.say(&format!(
                "{app}: the ledger is as it was, because not every region has {digest}; the same \
                 command goes on from here"
            ));
        }
    }
    Ok(())
}
