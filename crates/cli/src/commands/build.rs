//! `landfall build`.

use std::process::ExitCode;

use clap::Args;
use landfall_config::Platform;
use landfall_pipeline::build::{BuildRequest, Built, build};
use landfall_pipeline::output::{self, Output};
use landfall_pipeline::tag::tag;
use landfall_pipeline::{Session, check, load, why, workspace};
use landfall_store::Store;
use serde_json::{Value, json};

use super::overrides;
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

pub fn run(
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
    let names = names(arguments, &session, &request)?;
    if names.len() > 1 && !arguments.output.is_empty() {
        let message = "`--output` names one place, and several apps would be built".into();
        return Err(Failure::command_line(message).hint("build one app at a time"));
    }
    let mut done = Vec::new();
    let mut status = ExitCode::SUCCESS;
    for name in &names {
        match one(arguments, around, &session, name, &request, printer) {
            Ok(built) => done.push(show(arguments, printer, built)?),
            // One app is the failure of the command; of several the others are built all the same.
            Err(failure) if names.len() == 1 => return Err(failure),
            Err(failure) => status = first(status, said(printer, name, &failure)),
        }
    }
    if arguments.json {
        printer.data(&super::json(&json!({ "apps": done }))?)?;
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

fn names(
    arguments: &Build,
    session: &Session<'_>,
    request: &BuildRequest,
) -> Result<Vec<String>, Failure> {
    let mut names = if arguments.all {
        workspace::app_names(&session.workspace)?
    } else {
        arguments.apps.clone()
    };
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    match &arguments.changed_since {
        Some(revision) => Ok(why::changed_since(session, &names, request, revision)?),
        None => Ok(names),
    }
}

fn one(
    arguments: &Build,
    around: &Surroundings,
    session: &Session<'_>,
    name: &str,
    request: &BuildRequest,
    printer: &Printer,
) -> Result<Built, Failure> {
    let built = if arguments.check {
        checked(around, session, name, request)?
    } else {
        build(session, name, request)?
    };
    for place in &arguments.output {
        output::write(session, &built, place)?;
    }
    if arguments.load {
        let loaded = load::load(session, &built, "ctr".as_ref(), &around.containerd_socket)?;
        printer.say(&format!("{name}: loaded as {loaded}"));
    }
    Ok(built)
}

/// The second build goes into a store of its own, which is thrown away.
fn checked(
    around: &Surroundings,
    session: &Session<'_>,
    name: &str,
    request: &BuildRequest,
) -> Result<Built, Failure> {
    let scratch = session.store.scratch_folder().map_err(landfall_pipeline::Error::from)?;
    let store =
        Store::open(&scratch.path().join("store")).map_err(landfall_pipeline::Error::from)?;
    let again = around.session_over(store, session.events)?;
    Ok(check::check(session, &again, name, request)?)
}

/// Prints the digest at once, because the next app may take long; JSON comes whole at the end.
fn show(arguments: &Build, printer: &Printer, built: Built) -> Result<Value, Failure> {
    if !arguments.json {
        let digest = built.image.digest();
        let several = arguments.all || arguments.apps.len() > 1;
        printer.data(&if several {
            format!("{} {digest}", built.record.app)
        } else {
            digest.to_string()
        })?;
    }
    Ok(described(&built))
}

fn described(built: &Built) -> Value {
    let platforms = built.record.images.iter().map(|(platform, image)| {
        let layers = image.layers.iter().map(|layer| {
            let written = built.written.contains(&(platform.clone(), layer.name.clone()));
            json!({ "name": layer.name, "blob": layer.blob, "written": written })
        });
        json!({ "platform": platform, "manifest": image.manifest, "layers": layers.collect::<Vec<_>>() })
    });
    json!({
        "app": built.record.app,
        "version": built.record.version,
        "digest": built.image.digest(),
        "tag": tag(&built.record, &built.image),
        "platforms": platforms.collect::<Vec<_>>(),
    })
}
