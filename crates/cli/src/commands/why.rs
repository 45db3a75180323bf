//! `landfall why`.

use std::process::ExitCode;

use clap::Args;
use landfall_config::Platform;
use landfall_derivation::changes::{Changes, InputChange, LayerChange, LayerChangeKind};
use landfall_hashing::Digest;
use landfall_pipeline::build::BuildRequest;
use landfall_pipeline::why::{Against, why};

use super::overrides;
use crate::failure::Failure;
use crate::printer::{Printer, clean_line};
use crate::progress::{Progress, size};
use crate::surroundings::Surroundings;

/// Tell which input changed, which layers follow, and how many bytes will move
///
/// Compares the workspace as it is now with the last build, and builds nothing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  landfall why myapp
  landfall why myapp --against origin/main
  landfall why myapp --against sha256:0f76…")]
pub struct Why {
    /// The app, by the name of its folder in `apps/`
    #[arg(value_name = "APP")]
    app: String,
    /// A digest, a git revision, or `previous`: the build before the last
    #[arg(long, value_name = "DIGEST|REV")]
    against: Option<String>,
    /// `version=V`: as another version than app.toml says
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Only this platform
    #[arg(long, value_name = "OS/ARCH")]
    platform: Vec<Platform>,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Why, around: &Surroundings, printer: &Printer) -> Result<ExitCode, Failure> {
    let progress = Progress::new(around, printer);
    let session = around.session(&progress)?;
    let request = BuildRequest {
        overrides: overrides(&arguments.set)?,
        platforms: arguments.platform.clone(),
    };
    let changes = why(&session, &arguments.app, &request, &against(arguments.against.as_deref())?)?;
    if arguments.json {
        printer.data(&super::json(&changes)?)?;
    } else {
        for line in lines(&changes) {
            printer.data(&clean_line(&line))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn against(text: Option<&str>) -> Result<Against, Failure> {
    match text {
        None => Ok(Against::LastBuild),
        Some("previous") => Ok(Against::PreviousBuild),
        Some(text) if text.starts_with("sha256:") => {
            let digest: Result<Digest, _> = text.parse();
            digest.map(Against::Digest).map_err(|error| Failure::command_line(error.to_string()))
        }
        Some(text) => Ok(Against::Revision(text.into())),
    }
}

fn lines(changes: &Changes) -> Vec<String> {
    if changes.is_empty() {
        return vec![format!("{}: nothing changed", changes.app)];
    }
    let inputs = changes.inputs.iter().map(input_line);
    let layers = changes.layers.iter().map(layer_line);
    let bytes = match changes.bytes_to_move {
        Some(bytes) => format!("{} to move", size(bytes)),
        None => "how much will move is known once it is built".into(),
    };
    let mut lines: Vec<_> = inputs.chain(layers).collect();
    if changes.layers.is_empty() {
        lines.push("no layer changes".into());
    }
    lines.push(bytes);
    lines
}

fn input_line(change: &InputChange) -> String {
    let part = change.part.as_ref().map(|part| format!(": {part}")).unwrap_or_default();
    let shown = |digest: Option<Digest>, none: &str| {
        digest.map_or_else(|| none.to_owned(), |digest| digest.short())
    };
    format!(
        "{}{part}: {} → {}",
        change.input,
        shown(change.old, "(new)"),
        shown(change.new, "(gone)")
    )
}

fn layer_line(change: &LayerChange) -> String {
    let kind = match change.kind {
        LayerChangeKind::Changed => "changed",
        LayerChangeKind::Added => "is new",
        LayerChangeKind::Removed => "is gone",
        LayerChangeKind::Moved => "moved",
        LayerChangeKind::NotBuilt => "has to be built",
    };
    let size = change.size_bytes.map(|bytes| format!(", {}", size(bytes))).unwrap_or_default();
    let because = match change.because.as_slice() {
        [] => String::new(),
        because => format!(", because of {}", because.join(" and ")),
    };
    format!("layer {} ({}) {kind}{size}{because}", change.layer, change.platform)
}
