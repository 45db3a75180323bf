//! `landfall config`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use landfall_config::environment::{Replaced, Setting, Shown};
use landfall_pipeline::environments::{destinations, stage};
use landfall_pipeline::workspace::load;
use schemars::JsonSchema;
use serde::Serialize;

use super::json;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::surroundings::Surroundings;
use crate::table::Table;

/// Look at what the files of a stage say
#[derive(Debug, Args)]
#[command(after_help = "Example: landfall config show prod london myapp")]
pub struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Show(Show),
}

/// Print each value of an app in a region, with the file and line that it comes from
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  landfall config show prod london myapp
  landfall config show prod london myapp --set Replicas=3 --json")]
struct Show {
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
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

/// What `landfall config show --json` prints
#[derive(Serialize, JsonSchema)]
pub struct Answer {
    /// `prod`
    stage: String,
    /// `london`
    region: String,
    /// `myapp`
    app: String,
    /// What the files say of the place, then every value of the app
    values: Vec<Value>,
}

/// One value
#[derive(Serialize, JsonSchema)]
struct Value {
    /// `Values.Replicas`, `DnsDomain`
    name: String,
    value: serde_json::Value,
    /// `stage`, `region`, `app`, `--set`, …
    layer: String,
    /// Below the workspace; absent for `--set` and defaults
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// Counted from 1
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    /// What it took the place of, the nearest first
    #[serde(skip_serializing_if = "Vec::is_empty")]
    overridden: Vec<Below>,
}

/// A value that does not hold
#[derive(Serialize, JsonSchema)]
struct Below {
    value: serde_json::Value,
    /// As above
    layer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

impl From<Shown> for Value {
    fn from(shown: Shown) -> Self {
        let Shown { name, value, place, overridden } = shown;
        let overridden = overridden.into_iter().map(|Replaced { value, place }| Below {
            value,
            layer: place.layer.to_string(),
            file: place.file,
            line: place.line,
        });
        Self {
            name,
            value,
            layer: place.layer.to_string(),
            file: place.file,
            line: place.line,
            overridden: overridden.collect(),
        }
    }
}

impl Value {
    /// `environments/prod/london.toml:12`, else the layer.
    fn origin(&self) -> String {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            _ => self.layer.clone(),
        }
    }
}

pub(crate) fn run(
    arguments: &Config,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let Command::Show(show) = &arguments.command;
    let progress = Progress::new(around, printer);
    let session = around.session(&progress)?;
    let loaded = load(&session, &show.app, &Default::default())?;
    let stage = stage(&session, &show.stage)?;
    let found =
        destinations(&session, &loaded.app, stage, Some(&show.region), &settings(&show.set)?)?;
    let shown = found.environments.iter().flat_map(|environment| environment.listing());
    let values: Vec<Value> = shown.map(Value::from).collect();
    if show.json {
        let Show { stage, region, app, .. } = show;
        let (stage, region, app) = (stage.clone(), region.clone(), app.clone());
        printer.data(&json(&Answer { stage, region, app, values })?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["NAME", "VALUE", "FROM"]);
    for value in &values {
        table.row([value.name.clone(), value.value.to_string(), value.origin()]);
    }
    table.lines().iter().try_for_each(|line| printer.data(line))?;
    Ok(ExitCode::SUCCESS)
}

/// `--set NAME=VALUE` of values.
pub fn settings(texts: &[String]) -> Result<Vec<Setting>, Failure> {
    let setting = |text: &String| {
        text.parse::<Setting>().map_err(|error| Failure::command_line(format!("--set {error}")))
    };
    texts.iter().map(setting).collect()
}
