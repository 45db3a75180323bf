//! `landfall render`.

use std::process::ExitCode;

use clap::Args;
use landfall_hashing::Digest;
use landfall_pipeline::environments::{destinations, stage};
use landfall_pipeline::ledger;
use landfall_pipeline::render::{ImageName, as_yaml, render};
use landfall_pipeline::workspace::load;

use super::config::settings;
use super::json;
use crate::failure::Failure;
use crate::printer::{Printer, clean};
use crate::progress::Progress;
use crate::surroundings::Surroundings;

/// Print the Kubernetes objects of an app in a region
///
/// They are pinned to the digest that the stage's ledger names, or to the one that is given. No
/// cluster is asked.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  landfall render prod london myapp
  landfall render dev london myapp --set Replicas=3 --json")]
pub struct Render {
    /// The stage: a folder of `environments/`
    #[arg(value_name = "STAGE")]
    stage: String,
    /// The region
    #[arg(value_name = "REGION")]
    region: String,
    /// The app, by the name of its folder in `apps/`
    #[arg(value_name = "APP")]
    app: String,
    /// `NAME=VALUE`: put a value in the place of what the files say
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Of the image, in the place of what the ledger names
    #[arg(long, value_name = "DIGEST")]
    digest: Option<Digest>,
    /// Print a list as JSON in the place of YAML documents
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(
    arguments: &Render,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let progress = Progress::new(around, printer);
    let session = around.session(&progress)?;
    let loaded = load(&session, &arguments.app, &Default::default())?;
    let stage = stage(&session, &arguments.stage)?;
    let region = Some(arguments.region.as_str());
    let set = settings(&arguments.set)?;
    let found = destinations(&session, &loaded.app, stage, region, &set)?;
    for environment in &found.environments {
        let image = match arguments.digest {
            Some(digest) => ImageName { digest, version: loaded.app.version.value.clone() },
            None => {
                let app = &loaded.app.name.value;
                ledger::running(&session, &found.stage, app, &environment.region)?.into()
            }
        };
        let objects = render(&session, &loaded, environment, &image)?;
        match arguments.json {
            true => printer.data(&json_list(&objects)?)?,
            false => printer.data(clean(&as_yaml(&objects)?).trim_end())?,
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Objects have many forms, which Kubernetes describes.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub struct Answer(Vec<serde_json::Value>);

fn json_list(objects: &[serde_json::Value]) -> Result<String, Failure> {
    json(&Answer(objects.to_vec()))
}
