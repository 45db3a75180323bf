//! What app.toml says by itself, in a form that can be hashed and compared.

use landfall_config::{Layer, Placement, PlacementSource};
use landfall_image::Compression;
use serde_json::{Value, json};

/// What app.toml says of a layer beside its inputs' contents.
pub(crate) fn layer_setting(layer: &Layer, compression: Compression) -> Value {
    let placements: Vec<_> = layer.placements.iter().map(placement_setting).collect();
    json!({ "compression": compression.to_string(), "placements": placements })
}

fn placement_setting(placement: &Placement) -> Value {
    let source = match &placement.source {
        PlacementSource::Input(name) => json!({ "copy": name.value.to_string() }),
        PlacementSource::Unpack(unpack) => json!({
            "unpack": unpack.input.value.to_string(),
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
