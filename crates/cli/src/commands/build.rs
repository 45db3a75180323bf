//! `landfall build`.

use std::process::ExitCode;

use clap::Args;
use landfall_config::Platform;
use landfall_derivation::record::{BlobFact, ImageFact, LayerFact};
use landfall_hashing::Digest;
use landfall_pipeline::build::{BuildRequest, Built, Prepared, build_prepared, prepare};
use landfall_pipeline::output::{self, Output};
use landfall_pipeline::tag::tag;
use landfall_pipeline::{Session, check, load, why, workspace};
use landfall_store::Store;
use schemars::JsonSchema;
use serde::Serialize;

use super::overrides;
use crate::digest_text::DigestText;
use crate::failure::Failure;
use crate::printer::{Printer, clean_line};
use crate::progress::Progress;
use crate::report::report;
use crate::surroundings::Surroundings;

/// Build images and print their digests
///
/// Standard output is the digest and nothing else; one line `APP sha256:…` each where several apps
/// are named. What the store has is not made again.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  landfall build myapp
  landfall build myapp --output oci-archive:myapp.tar
  landfall build --all --changed-since origin/main --json")]
pub struct Build {
    /// The apps, by the names of their folders in `apps/`
    #[arg(value_name = "APP", required_unless_present = "all", conflicts_with = "all")]
    apps: Vec<String>,
    /// Every app of the workspace
    #[arg(long)]
    all: bool,
    /// `version=V`: build as another version than app.toml says
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Only this platform; such a digest cannot be promoted
    #[arg(long, value_name = "OS/ARCH")]
    platform: Vec<Platform>,
    /// Write the image to `oci:DIR`, `oci-archive:FILE` or `docker-archive:FILE`
    #[arg(long, value_name = "KIND:PATH")]
    output: Vec<Output>,
    /// Load the image into containerd on this machine
    #[arg(long)]
    load: bool,
    /// Build again from nothing, and compare
    #[arg(long)]
    check: bool,
    /// Only apps of which something that enters the image differs from a git revision
    #[arg(long, value_name = "REV")]
    changed_since: Option<String>,
    /// Print what was built as JSON
    #[arg(long)]
    json: bool,
}

/// What `landfall build --json` prints
#[derive(Serialize, JsonSchema)]
pub struct Answer {
    /// What was built, in the order in which the apps were named
    apps: Vec<App>,
}

/// One app's image
#[derive(Serialize, JsonSchema)]
struct App {
    app: String,
    version: String,
    /// Of the image index: the one digest
    #[schemars(with = "DigestText")]
    digest: Digest,
    /// The version, a dash, and the beginning of the digest
    tag: String,
    platforms: Vec<PlatformImage>,
}

/// One platform's image
#[derive(Serialize, JsonSchema)]
struct PlatformImage {
    /// `linux/amd64`
    platform: String,
    /// Digest of the image manifest
    #[schemars(with = "Option<DigestText>")]
    manifest: Option<Digest>,
    /// Lowest first
    layers: Vec<Layer>,
}

/// One layer
#[derive(Serialize, JsonSchema)]
struct Layer {
    /// From app.toml
    name: String,
    blob: Option<Blob>,
    /// Whether it was written now
    written: bool,
}

/// A layer's bytes
#[derive(Serialize, JsonSchema)]
struct Blob {
    /// Of the compressed bytes
    #[schemars(with = "DigestText")]
    digest: Digest,
    /// Of the tar
    #[schemars(with = "DigestText")]
    diff_id: Digest,
    /// Compressed
    size_bytes: u64,
}

impl From<BlobFact> for Blob {
    fn from(fact: BlobFact) -> Self {
        let BlobFact { digest, diff_id, size_bytes } = fact;
        Self { digest, diff_id, size_bytes }
    }
}

impl App {
    fn new(built: &Built) -> Self {
        let platform = |(platform, image): (&String, &ImageFact)| PlatformImage {
            platform: platform.clone(),
            manifest: image.manifest,
            layers: image.layers.iter().map(|layer| Layer::new(built, platform, layer)).collect(),
        };
        Self {
            app: built.record.app.clone(),
            version: built.record.version.clone(),
            digest: built.image.digest(),
            tag: tag(&built.record, &built.image),
            platforms: built.record.images.iter().map(platform).collect(),
        }
    }
}

impl Layer {
    fn new(built: &Built, platform: &str, layer: &LayerFact) -> Self {
        let written = built.written.contains(&(platform.to_owned(), layer.name.clone()));
        Self { name: layer.name.clone(), blob: layer.blob.map(Blob::from), written }
    }
}

pub(crate) fn run(
    arguments: &Build,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let progress = Progress::new(around, printer);
    let request = BuildRequest {
        overrides: overrides(&arguments.set)?,
        platforms: arguments.platform.clone(),
    };
    let session = around.session(&progress)?;
    let prepared = prepared(arguments, &session, &request)?;
    let (mut apps, count) = (Vec::new(), prepared.len());
    let mut status = ExitCode::SUCCESS;
    for app in prepared {
        let name = app.name().to_owned();
        match one(arguments, around, &session, app, &request, printer) {
            Ok(built) => apps.push(show(arguments, printer, built)?),
            // One app is the failure of the command; of several the others are built all the same.
            Err(failure) if count == 1 => return Err(failure),
            Err(failure) => status = first(status, said(printer, &name, &failure)),
        }
    }
    if arguments.json {
        printer.data(&super::json(&Answer { apps })?)?;
    }
    Ok(status)
}

/// Each failure is told where it happens; the first one gives the exit status.
fn first(status: ExitCode, next: ExitCode) -> ExitCode {
    if status == ExitCode::SUCCESS { next } else { status }
}

fn said(printer: &Printer, name: &str, failure: &Failure) -> ExitCode {
    let status = report(printer, failure);
    printer.complain(&clean_line(&format!("{name}: not built")));
    status
}

/// The apps to build, of which none has a problem that can be seen without building.
fn prepared<'a>(
    arguments: &Build,
    session: &'a Session<'_>,
    request: &BuildRequest,
) -> Result<Vec<Prepared<'a>>, Failure> {
    let names = names(arguments, session)?;
    let Some(revision) = &arguments.changed_since else {
        check_output(arguments, names.len())?;
        return Ok(prepare(session, &names, request)?);
    };
    let apps = why::changed_since(session, prepare(session, &names, request)?, request, revision)?;
    check_output(arguments, apps.len())?;
    Ok(apps)
}

fn check_output(arguments: &Build, count: usize) -> Result<(), Failure> {
    if count > 1 && !arguments.output.is_empty() {
        let message = "`--output` names one place, and several apps would be built".into();
        return Err(Failure::command_line(message).hint("build one app at a time"));
    }
    Ok(())
}

fn names(arguments: &Build, session: &Session<'_>) -> Result<Vec<String>, Failure> {
    let mut names = if arguments.all {
        workspace::all_app_names(&session.workspace)?
    } else {
        arguments.apps.clone()
    };
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Ok(names)
}

fn one(
    arguments: &Build,
    around: &Surroundings,
    session: &Session<'_>,
    app: Prepared<'_>,
    request: &BuildRequest,
    printer: &Printer,
) -> Result<Built, Failure> {
    let built = if arguments.check {
        checked(around, session, app, request)?
    } else {
        build_prepared(session, app, request)?
    };
    for place in &arguments.output {
        output::write(session, &built, place)?;
    }
    if arguments.load {
        let loaded = load::load(session, &built, "ctr".as_ref(), &around.containerd_socket)?;
        printer.say(&format!("{}: loaded as {loaded}", built.record.app));
    }
    Ok(built)
}

/// The second build goes into a store of its own, which is thrown away.
fn checked(
    around: &Surroundings,
    session: &Session<'_>,
    app: Prepared<'_>,
    request: &BuildRequest,
) -> Result<Built, Failure> {
    let scratch = session.store.scratch_folder().map_err(landfall_pipeline::Error::from)?;
    let store =
        Store::open(&scratch.path().join("store")).map_err(landfall_pipeline::Error::from)?;
    let again = around.session_over(store, session.events)?;
    Ok(check::check(session, &again, app, request)?)
}

/// Prints the digest at once, because the next app may take long; JSON comes whole at the end.
fn show(arguments: &Build, printer: &Printer, built: Built) -> Result<App, Failure> {
    if !arguments.json {
        let digest = built.image.digest();
        let several = arguments.all || arguments.apps.len() > 1;
        printer.data(&if several {
            format!("{} {digest}", built.record.app)
        } else {
            digest.to_string()
        })?;
    }
    Ok(App::new(&built))
}
