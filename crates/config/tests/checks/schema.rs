//! The schema and the reader agree: what the schema refuses, the reader refuses.

use landfall_config::app_schema;
use serde_json::Value;

use crate::case::Case;

/// The codes of what a schema can see: keys, types, and texts whose grammar is a pattern.
const STRUCTURAL: [&str; 13] = [
    "config::choice",
    "config::empty-layer",
    "config::environment",
    "config::input-kind",
    "config::missing-key",
    "config::mode",
    "config::name",
    "config::number",
    "config::sha256",
    "config::unknown-key",
    "config::value-name",
    "config::version",
    "config::wrong-type",
];

/// What the schema cannot see although its code is structural, with the reason.
const BEYOND: [(&str, &str); 5] = [
    ("layer-places-empty-lists", "a key is there"),
    ("set-version-invalid", "the version is on the command line"),
    ("value-named-as-a-word", "a word of the template language fits the pattern"),
    ("value-named-as-the-app", "what the app gives fits the pattern"),
    ("value-number-too-large", "a number is a number"),
];

fn to_json(case: &Case) -> Option<Value> {
    toml::from_str(&case.text).ok()
}

#[test]
fn the_schema_is_one() {
    jsonschema::meta::validate(&app_schema()).unwrap();
    assert_eq!(app_schema().to_string(), app_schema().to_string());
}

#[test]
fn the_schema_takes_every_good_file() {
    let validator = jsonschema::validator_for(&app_schema()).unwrap();
    for case in Case::all("ok") {
        let value = to_json(&case).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", case.name());
    }
}

#[test]
fn the_schema_refuses_what_it_can_see() {
    let validator = jsonschema::validator_for(&app_schema()).unwrap();
    let mut refused = 0;
    for case in Case::all("bad") {
        let Some(value) = to_json(&case) else { continue };
        let is_structural = case.expected_codes().iter().any(|code| STRUCTURAL.contains(code));
        let is_beyond = BEYOND.iter().any(|(name, _)| *name == case.name());
        if is_structural {
            assert_eq!(validator.is_valid(&value), is_beyond, "{}", case.name());
            refused += usize::from(!is_beyond);
        }
    }
    assert!(refused >= 25, "{refused} cases");
}
