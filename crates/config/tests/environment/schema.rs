//! The schemas and the readers agree: what a schema refuses, its reader refuses.

use jsonschema::Validator;
use landfall_config::environment::{
    ledger_schema, local_schema, region_schema, regions_schema, stage_schema,
};
use serde_json::Value;

use crate::case::Case;

/// The codes of what a schema can see: keys, types, and texts whose grammar is a pattern.
const STRUCTURAL: [&str; 10] = [
    "config::missing-key",
    "config::number",
    "config::unknown-key",
    "config::wrong-type",
    "environment::aws-region",
    "environment::cluster-pin",
    "environment::domain",
    "environment::registry",
    "environment::slack-channel",
    "ledger::digest",
];

/// What the schema cannot see although its code is structural, with the reason.
const BEYOND: [(&str, &str); 2] = [
    ("registry-almost-of-ecr", "it has the form of a host"),
    ("values-too-large", "a number is a number"),
];

struct Schemas([(&'static str, Validator); 5]);

impl Schemas {
    fn new() -> Self {
        let schemas = [
            ("regions.toml", regions_schema()),
            ("local.toml", local_schema()),
            ("stage.toml", stage_schema()),
            ("releases.toml", ledger_schema()),
            ("", region_schema()),
        ];
        Self(schemas.map(|(name, schema)| {
            jsonschema::meta::validate(&schema).unwrap();
            (name, jsonschema::validator_for(&schema).unwrap())
        }))
    }

    /// What is wrong with the files of a case, as far as they can be read.
    fn errors(&self, case: &Case) -> Vec<String> {
        let files = case.files.iter().filter(|(path, _)| *path != "app.toml");
        let values = files.filter_map(|(path, text)| Some((path, to_json(text)?)));
        let errors = values.flat_map(|(path, value)| {
            let (_, schema) = self.0.iter().find(|(name, _)| path.ends_with(name)).unwrap();
            let errors = schema.iter_errors(&value);
            errors.map(|error| format!("{path}: {error}")).collect::<Vec<_>>()
        });
        errors.collect()
    }
}

fn to_json(text: &str) -> Option<Value> {
    toml::from_str(text).ok()
}

#[test]
fn the_schemas_take_every_good_file() {
    let schemas = Schemas::new();
    for case in Case::all("ok") {
        assert_eq!(schemas.errors(&case), [""; 0], "{}", case.name());
    }
}

#[test]
fn the_schemas_refuse_what_they_can_see() {
    let schemas = Schemas::new();
    let mut refused = 0;
    for case in Case::all("bad") {
        let is_structural = case.expected_codes().iter().any(|code| STRUCTURAL.contains(code));
        let is_beyond = BEYOND.iter().any(|(name, _)| *name == case.name());
        if is_structural {
            assert_eq!(schemas.errors(&case).is_empty(), is_beyond, "{}", case.name());
            refused += usize::from(!is_beyond);
        }
    }
    assert!(refused >= 20, "{refused} cases");
}
