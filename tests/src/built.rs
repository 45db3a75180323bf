//! What `build --json` says, as a value that can be compared and kept.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One app's digest, and the blob of each layer by `PLATFORM LAYER`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuiltApp {
    /// Of the image.
    pub digest: String,
    /// Digests of compressed layers.
    pub layers: BTreeMap<String, String>,
}

/// Apps by name.
pub type BuiltApps = BTreeMap<String, BuiltApp>;

/// Reads the answer of `build --json`.
///
/// # Panics
/// It is not in that form.
pub fn read(json: &str) -> BuiltApps {
    let answer: Value = serde_json::from_str(json).expect("JSON");
    let apps = answer["apps"].as_array().expect("apps");
    apps.iter().map(|app| (text(&app["app"]), one(app))).collect()
}

fn one(app: &Value) -> BuiltApp {
    let platforms = app["platforms"].as_array().expect("platforms");
    let layers = platforms.iter().flat_map(|platform| {
        let layers = platform["layers"].as_array().expect("layers");
        layers.iter().map(|layer| {
            (
                format!("{} {}", text(&platform["platform"]), text(&layer["name"])),
                text(&layer["blob"]["digest"]),
            )
        })
    });
    BuiltApp { digest: text(&app["digest"]), layers: layers.collect() }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Each app that differs, with its first differing layer.
pub fn differences(wanted: &BuiltApps, found: &BuiltApps) -> Vec<String> {
    let names: std::collections::BTreeSet<_> = wanted.keys().chain(found.keys()).collect();
    let differing = names.into_iter().filter(|name| wanted.get(*name) != found.get(*name));
    differing
        .map(|name| format!("{name}: {}", difference(wanted.get(name), found.get(name))))
        .collect()
}

fn difference(wanted: Option<&BuiltApp>, found: Option<&BuiltApp>) -> String {
    let (Some(wanted), Some(found)) = (wanted, found) else {
        return (if wanted.is_some() { "not built" } else { "not known" }).into();
    };
    let layer = wanted.layers.iter().find(|(name, digest)| found.layers.get(*name) != Some(digest));
    match layer {
        Some((name, digest)) => {
            format!("the layer `{name}`: {digest} against {:?}", found.layers.get(name))
        }
        None => format!("the documents: {} against {}", wanted.digest, found.digest),
    }
}
