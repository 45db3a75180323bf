//! An app as JSON that people can read: every value, no place.

use landfall_config::{
    App, ArchiveFormat, CargoInput, Compression, Input, InputKind, Layer, Name, Placement,
    PlacementSource, Spanned, Unpack, Value,
};
use landfall_diagnostics::Diagnostic;
use serde_json::json;

pub fn summary(app: &App, diagnostics: &[Diagnostic]) -> String {
    let image = &app.image;
    let environments = app.environments.iter().map(|environment| environment.value.to_string());
    let inputs = app.inputs.iter().map(|(name, input)| (name.to_string(), input_json(input)));
    let values = image.values.iter().map(|(name, value)| (name.clone(), value_json(value)));
    let mut summary = json!({
        "name": app.name.value,
        "version": app.version.value,
        "environments": environments.collect::<Vec<_>>(),
        "platforms": app.platforms,
        "inputs": object(inputs),
        "image": {
            "base": image.base.as_ref().map(|base| &base.value),
            "entrypoint": image.entrypoint,
            "command": image.command,
            "user": image.user.map(|user| user.to_string()),
            "working_directory": image.working_directory,
            "env": image.env,
            "ports": image.ports.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "volumes": image.volumes,
            "stop_signal": image.stop_signal,
            "labels": image.labels,
            "annotations": image.annotations,
            "values": object(values),
            "compression": compression(image.compression),
        },
        "layers": app.layers.iter().map(layer_json).collect::<Vec<_>>(),
        "objects": app.objects.as_ref().map(|objects| &objects.value),
        "diagnostics": diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>(),
    });
    if !app.templates.is_empty() || !app.config_maps.is_empty() {
        summary["kubernetes"] = kubernetes_json(app);
    }
    format!("{summary:#}\n")
}

/// What objects are made of, where the file says something of it.
fn kubernetes_json(app: &App) -> serde_json::Value {
    let names = |names: &[Spanned<Name>]| {
        names.iter().map(|name| name.value.to_string()).collect::<Vec<_>>()
    };
    let config_maps = app.config_maps.iter().map(|(name, config_map)| {
        let files = config_map.files.iter();
        let files = files.map(|file| (file.key.value.clone(), json!(file.source.value)));
        (name.to_string(), object(files))
    });
    json!({
        "templates": names(&app.templates),
        "config": object(config_maps),
        "shared": names(&app.shared),
        "values": app.values.keys().collect::<Vec<_>>(),
    })
}

fn object(entries: impl Iterator<Item = (String, serde_json::Value)>) -> serde_json::Value {
    serde_json::Value::Object(entries.collect())
}

fn compression(compression: Compression) -> &'static str {
    match compression {
        Compression::Gzip => "gzip",
        Compression::Zstd => "zstd",
    }
}

fn input_json(input: &Input) -> serde_json::Value {
    let format = input.format.map(ArchiveFormat::name);
    match &input.kind {
        InputKind::Path(path) => json!({ "path": path.value, "format": format }),
        InputKind::Url(url) => json!({
            "url": url.url.value,
            "sha256": url.sha256.as_ref().map(|sha256| sha256.value.hex()),
            "redirects": url.redirects,
            "format": format,
        }),
        InputKind::Cargo(cargo) => cargo_json(cargo),
        InputKind::Reserved(reserved) => json!({ "reserved": format!("{reserved:?}") }),
    }
}

fn cargo_json(cargo: &CargoInput) -> serde_json::Value {
    json!({
        "package": cargo.package.value,
        "workspace": cargo.workspace.as_ref().map(|workspace| &workspace.value),
        "bin": cargo.bin.as_ref().map(|bin| &bin.value),
        "features": cargo.features,
        "default-features": cargo.default_features,
        "c": cargo.c,
    })
}

fn value_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Text(text) => json!(text),
        Value::Integer(integer) => json!(integer),
        Value::Boolean(boolean) => json!(boolean),
        Value::List(values) => values.iter().map(value_json).collect(),
        Value::Table(table) => {
            table.iter().map(|(key, value)| (key.clone(), value_json(value))).collect()
        }
    }
}

fn layer_json(layer: &Layer) -> serde_json::Value {
    json!({
        "name": layer.name.value,
        "compression": layer.compression.map(compression),
        "placements": layer.placements.iter().map(placement_json).collect::<Vec<_>>(),
    })
}

fn placement_json(placement: &Placement) -> serde_json::Value {
    json!({
        "source": source_json(&placement.source),
        "to": placement.to,
        "mode": placement.mode.map(|mode| format!("{mode:04o}")),
        "owner": placement.owner.map(|owner| owner.to_string()),
    })
}

fn source_json(source: &PlacementSource) -> serde_json::Value {
    match source {
        PlacementSource::Input(input) => json!({ "copy": input.value }),
        PlacementSource::Unpack(unpack) => unpack_json(unpack),
        PlacementSource::File(path) => json!({ "file": path.value }),
        PlacementSource::Template(path) => json!({ "template": path.value }),
        PlacementSource::Directory => json!("directory"),
        PlacementSource::Symlink(target) => json!({ "symlink": target }),
    }
}

fn unpack_json(unpack: &Unpack) -> serde_json::Value {
    json!({
        "unpack": unpack.input.value,
        "strip": unpack.strip,
        "include": unpack.include,
        "exclude": unpack.exclude,
        "allow_special": unpack.allow_special,
        "keep_modes": unpack.keep_modes,
        "keep_owners": unpack.keep_owners,
    })
}
