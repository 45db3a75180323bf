//! `landfall schema`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::operate::{apply, history, plan, status, uninstall};
use super::{build, config, init, lock, promote, push, render, store, why};
use crate::failure::Failure;
use crate::printer::Printer;

/// Print the JSON Schema of a file of the workspace, or of what a command prints with `--json`
///
/// Editors use that of app.toml where a file begins with `#:schema PATH`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  landfall schema > docs/reference/app.schema.json
  landfall schema why")]
pub struct Schema {
    /// What to describe
    #[arg(value_enum, value_name = "NAME", default_value_t = Document::App)]
    name: Document,
}

/// Everything that has a schema. An answer is named as its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// app.toml
    App,
    /// environments/regions.toml
    Regions,
    /// environments/STAGE/stage.toml
    Stage,
    /// environments/STAGE/REGION.toml
    Region,
    /// environments/local.toml
    Local,
    /// environments/STAGE/releases.toml
    Ledger,
    /// What `build --json` prints
    Build,
    /// What `lock --json` prints
    Lock,
    /// What `why --json` prints
    Why,
    /// What `push --json` prints
    Push,
    /// What `promote --json` prints
    Promote,
    /// What `config show --json` prints
    ConfigShow,
    /// What `render --json` prints
    Render,
    /// What `plan --json` prints
    Plan,
    /// What `apply --json` prints
    Apply,
    /// What `release --json` prints
    Release,
    /// What `status --json` prints
    Status,
    /// What `history --json` prints
    History,
    /// What `rollback --json` prints
    Rollback,
    /// What `uninstall --json` prints
    Uninstall,
    /// What `init --json` prints
    Init,
    /// What `store gc --json` prints
    StoreGc,
    /// What `store verify --json` prints
    StoreVerify,
    /// What `store path --json` prints
    StorePath,
}

impl Document {
    fn schema(self) -> Value {
        match self {
            Self::App => landfall_config::app_schema(),
            Self::Build => schema_of::<build::Answer>(),
            Self::Lock => schema_of::<lock::Answer>(),
            Self::Why => schema_of::<why::Answer>(),
            Self::Push => schema_of::<push::Answer>(),
            Self::Promote => schema_of::<promote::Answer>(),
            Self::ConfigShow => schema_of::<config::Answer>(),
            Self::Render => schema_of::<render::Answer>(),
            Self::Plan => schema_of::<plan::Answer>(),
            Self::Apply | Self::Release | Self::Rollback => schema_of::<apply::Answer>(),
            Self::Status => schema_of::<status::Answer>(),
            Self::History => schema_of::<history::Answer>(),
            Self::Uninstall => schema_of::<uninstall::Answer>(),
            Self::Regions => landfall_config::environment::regions_schema(),
            Self::Stage => landfall_config::environment::stage_schema(),
            Self::Region => landfall_config::environment::region_schema(),
            Self::Ledger => landfall_config::environment::ledger_schema(),
            Self::Local => landfall_config::environment::local_schema(),
            Self::Init => schema_of::<init::Answer>(),
            Self::StoreGc => schema_of::<store::GcAnswer>(),
            Self::StoreVerify => schema_of::<store::VerifyAnswer>(),
            Self::StorePath => schema_of::<store::PathAnswer>(),
        }
    }
}

pub(crate) fn run(arguments: &Schema, printer: &Printer) -> Result<ExitCode, Failure> {
    printer.data(&super::json(&arguments.name.schema())?)?;
    Ok(ExitCode::SUCCESS)
}

/// The schema (JSON Schema, draft 2020-12) of what is written from the type, which may have other
/// optional fields than what could be read into it. The type's name says nothing to a reader.
fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("title");
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory};

    use super::*;
    use crate::arguments::Arguments;

    /// What is the schema of a file and of no answer.
    const FILES: [Document; 6] = [
        Document::App,
        Document::Regions,
        Document::Stage,
        Document::Region,
        Document::Local,
        Document::Ledger,
    ];

    /// The names of all commands below one that have an option `--json`.
    fn with_json(command: &Command, name: &str) -> Vec<String> {
        let own = command.get_arguments().any(|argument| argument.get_long() == Some("json"));
        let below = command.get_subcommands().flat_map(|below| {
            let dash = if name.is_empty() { "" } else { "-" };
            with_json(below, &format!("{name}{dash}{}", below.get_name()))
        });
        own.then(|| name.to_owned()).into_iter().chain(below).collect()
    }

    #[test]
    fn every_answer_has_a_schema_and_every_schema_an_answer() {
        let names: Vec<_> = Document::value_variants()
            .iter()
            .filter(|document| !FILES.contains(document))
            .filter_map(|document| Some(document.to_possible_value()?.get_name().to_owned()))
            .collect();
        assert_eq!(with_json(&Arguments::command(), ""), names);
    }
}
