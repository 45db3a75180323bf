//! `landfall why`.

use std::process::ExitCode;

use clap::Args;
use landfall_config::Platform;
use landfall_derivation::changes::{Changes, InputChange, LayerChange, LayerChangeKind};
use landfall_hashing::Digest;
use landfall_pipeline::build::BuildRequest;
use landfall_pipeline::why::{Against, why};
use schemars::JsonSchema;
use serde::Serialize;

use super::overrides;
use crate::digest_text::DigestText;
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

/// What `landfall why --json` prints; what is not known is null
#[derive(Serialize, JsonSchema)]
pub struct Answer {
    app: String,
    /// The digest that was
    #[schemars(with = "Option<DigestText>")]
    old_digest: Option<Digest>,
    /// The digest that is
    #[schemars(with = "Option<DigestText>")]
    new_digest: Option<Digest>,
    /// By name, then part
    inputs: Vec<Input>,
    /// In the order of platforms and layers
    layers: Vec<Layer>,
    /// Compressed bytes of layers that the old image does not have
    bytes_to_move: Option<u64>,
}

/// One input, or one part of it, that differs
#[derive(Serialize, JsonSchema)]
struct Input {
    input: String,
    /// Which part of it
    part: Option<String>,
    /// Null: it is new
    #[schemars(with = "Option<DigestText>")]
    old: Option<Digest>,
    /// Null: it is gone
    #[schemars(with = "Option<DigestText>")]
    new: Option<Digest>,
}

/// One layer that differs
#[derive(Serialize, JsonSchema)]
struct Layer {
    /// Whose image
    platform: String,
    layer: String,
    kind: Kind,
    /// The changed inputs that it is made of
    because: Vec<String>,
    /// Compressed size of the new layer
    size_bytes: Option<u64>,
}

/// What happened to a layer
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// Its bytes differ
    Changed,
    /// The old image had none of this name
    Added,
    /// The new image has none of this name
    Removed,
    /// The same bytes at another place
    Moved,
    /// An input changed, and whether the bytes do is known only when it is built
    NotBuilt,
}

impl From<Changes> for Answer {
    fn from(changes: Changes) -> Self {
        let Changes { app, old_digest, new_digest, inputs, layers, bytes_to_move } = changes;
        let inputs = inputs.into_iter().map(Input::from).collect();
        let layers = layers.into_iter().map(Layer::from).collect();
        Self { app, old_digest, new_digest, inputs, layers, bytes_to_move }
    }
}

impl From<InputChange> for Input {
    fn from(change: InputChange) -> Self {
        let InputChange { input, part, old, new } = change;
        Self { input, part, old, new }
    }
}

impl From<LayerChange> for Layer {
    fn from(change: LayerChange) -> Self {
        let LayerChange { platform, layer, kind, because, size_bytes } = change;
        Self { platform, layer, kind: kind.into(), because, size_bytes }
    }
}

impl From<LayerChangeKind> for Kind {
    fn from(kind: LayerChangeKind) -> Self {
        match kind {
            LayerChangeKind::Changed => Self::Changed,
            LayerChangeKind::Added => Self::Added,
            LayerChangeKind::Removed => Self::Removed,
            LayerChangeKind::Moved => Self::Moved,
            LayerChangeKind::NotBuilt => Self::NotBuilt,
        }
    }
}

pub(crate) fn run(
    arguments: &Why,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let progress = Progress::new(around, printer);
    let session = around.session(&progress)?;
    let request = BuildRequest {
        overrides: overrides(&arguments.set)?,
        platforms: arguments.platform.clone(),
    };
    let changes = why(&session, &arguments.app, &request, &against(arguments.against.as_deref())?)?;
    if arguments.json {
        printer.data(&super::json(&Answer::from(changes))?)?;
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
