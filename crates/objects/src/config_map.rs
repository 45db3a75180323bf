//! ConfigMaps of rendered files, named by what is in them: a change makes another one, and so rolls
//! the pods that use it.

use std::collections::BTreeMap;

use landfall_config::Name;
use landfall_diagnostics::Diagnostic;
use landfall_hashing::canonical;
use serde_json::json;

use crate::ConfigMapTemplate;
use crate::engine::Engine;
use crate::rendered::Rendered;
use crate::text::render_text;

/// How much of the digest is in the name.
const HEX_CHARACTERS: usize = 10;

/// What the API server takes of values together (`ValidateConfigMap` of Kubernetes).
const LIMIT_BYTES: usize = 1 << 20;

/// The ConfigMaps as documents, and their names by those of app.toml.
pub(crate) fn render(
    templates: &BTreeMap<Name, ConfigMapTemplate>,
    engine: &Engine<'_>,
    problems: &mut Vec<Diagnostic>,
) -> (Vec<Rendered>, BTreeMap<String, String>) {
    let mut documents = Vec::with_capacity(templates.len());
    let mut names = BTreeMap::new();
    for (name, template) in templates {
        let data = data(name, template, engine, problems);
        let named = named(name, &data);
        documents.push(document(&named, &data, template));
        names.insert(name.to_string(), named);
    }
    (documents, names)
}

/// What the files become; of one that cannot be rendered nothing.
fn data(
    name: &Name,
    template: &ConfigMapTemplate,
    engine: &Engine<'_>,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<String, String> {
    let mut data = BTreeMap::new();
    for (key, source) in &template.files {
        match render_text(source, engine) {
            Ok((text, _)) => {
                data.insert(key.clone(), text);
            }
            Err(problem) => problems.push(problem),
        }
    }
    let size_bytes: usize = data.values().map(String::len).sum();
    if size_bytes > LIMIT_BYTES {
        problems.push(too_large(name, size_bytes, template));
    }
    data
}

/// `settings-1a2b3c4d5e`.
fn named(name: &Name, data: &BTreeMap<String, String>) -> String {
    let digest = canonical::digest_of(data);
    format!("{name}-{}", &digest.hex()[..HEX_CHARACTERS])
}

fn document(
    named: &str,
    data: &BTreeMap<String, String>,
    template: &ConfigMapTemplate,
) -> Rendered {
    let object = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": named },
        "immutable": true,
        "data": data,
    });
    Rendered::of(object, &template.span)
}

fn too_large(name: &Name, size_bytes: usize, template: &ConfigMapTemplate) -> Diagnostic {
    let message =
        format!("the ConfigMap `{name}` has {size_bytes} bytes, and a cluster takes {LIMIT_BYTES}");
    Diagnostic::error("objects::config-size", message)
        .at(&template.span, "too large")
        .help("take it apart, or put what is the same everywhere into the image")
}
