//! What app.toml says by itself, in a form that can be hashed and compared.

use std::collections::BTreeMap;

use landfall_config::{App, ArchiveFormat, Input, Layer, Name, Placement, PlacementSource};
use landfall_image::{Compression, Encoding};
use serde_json::{Value, json};

use crate::documents::execution;

/// What app.toml says of a layer beside its inputs' contents.
pub(crate) fn layer_setting(
    layer: &Layer,
    inputs: &BTreeMap<Name, Input>,
    compression: Compression,
) -> Value {
    let setting = |placement| placement_setting(placement, inputs);
    let placements: Vec<_> = layer.placements.iter().map(setting).collect();
    json!({ "compression": compression.to_string(), "placements": placements })
}

fn placement_setting(placement: &Placement, inputs: &BTreeMap<Name, Input>) -> Value {
    let source = match &placement.source {
        PlacementSource::Input(name) => json!({ "copy": name.value.to_string() }),
        PlacementSource::Unpack(unpack) => json!({
            "unpack": unpack.input.value.to_string(),
            "format": inputs.get(&unpack.input.value)
                .and_then(|input| input.format)
                .map(ArchiveFormat::name),
            "strip": unpack.strip,
            "include": unpack.include,
            "exclude": unpack.exclude,
            "allow_special": unpack.allow_special,
            "keep_modes": unpack.keep_modes,
            "keep_owners": unpack.keep_owners,
        }),
        PlacementSource::File(path) => json!({ "file": path.value }),
        PlacementSource::Template(path) => json!({ "template": path.value }),
        PlacementSource::Directory => json!("directory"),
        PlacementSource::Symlink(target) => json!({ "symlink": target }),
    };
    let owner = placement.owner.map(|owner| [owner.user_id, owner.group_id]);
    json!({ "source": source, "to": placement.to, "mode": placement.mode, "owner": owner })
}

/// The settings that enter the documents, by the name that a person would look for.
pub(crate) fn settings(app: &App, encoding: Encoding) -> Vec<(String, Value)> {
    let execution = serde_json::to_value(execution(app)).unwrap_or_default();
    let fields = execution.as_object().cloned().unwrap_or_default();
    let mut settings: Vec<_> =
        fields.into_iter().map(|(name, value)| (setting_name(&name), value)).collect();
    settings.push(("app.version".into(), json!(app.version.value)));
    settings.push(("app.name".into(), json!(app.name.value.to_string())));
    let platforms: Vec<_> = app.platforms.iter().map(ToString::to_string).collect();
    settings.push(("app.platforms".into(), json!(platforms)));
    let layers: Vec<_> = app.layers.iter().map(|layer| layer.name.value.to_string()).collect();
    settings.push(("layers".into(), json!(layers)));
    settings.push(("encoding".into(), json!(encoding.number())));
    settings.push(("image.annotations".into(), json!(app.image.annotations)));
    settings
}

fn setting_name(field: &str) -> String {
    let name = match field {
        "User" => "user",
        "ExposedPorts" => "ports",
        "Env" => "env",
        "Entrypoint" => "entrypoint",
        "Cmd" => "command",
        "Volumes" => "volumes",
        "WorkingDir" => "working_directory",
        "Labels" => "labels",
        _ => "stop_signal",
    };
    format!("image.{name}")
}
