//! The reference has a row for every key of the schema, and for no other.

use std::collections::BTreeSet;
use std::fs;

use landfall_config::app_schema;
use serde_json::Value;

/// Which table of the schema the table below a heading is.
const TABLES: [(&str, &str); 9] = [
    ("## `[app]`", "app"),
    ("## `[inputs.NAME]`", "input"),
    ("### `cargo`", "cargo"),
    ("## `[image]`", "image"),
    ("## `[[layers]]`", "layer"),
    ("### `copy`", "copy"),
    ("### `unpack`", "unpack"),
    ("## `[kubernetes]`", "kubernetes"),
    ("### `[kubernetes.config.NAME]`", "config"),
];

/// Small tables that the page has as an example, not as rows.
const IN_PROSE: [&str; 2] = ["destination", "directory"];

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/app.md");
    fs::read_to_string(path).unwrap()
}

/// The text below each heading, up to the next one.
fn sections(page: &str) -> Vec<(&str, &str)> {
    let sections = page.split("\n#").skip(1).map(|section| section.split_once('\n').unwrap());
    sections.map(|(heading, text)| (heading.trim_start_matches('#'), text)).collect()
}

/// The first column of a section's table.
fn rows(section: &str) -> BTreeSet<String> {
    let keys = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    keys.map(str::to_owned).collect()
}

fn keys(table: &Value) -> BTreeSet<String> {
    table["properties"].as_object().unwrap().keys().cloned().collect()
}

/// The tables of the schema that have keys of their own.
fn tables(schema: &Value) -> BTreeSet<&str> {
    let tables = schema["$defs"].as_object().unwrap().iter();
    tables.filter(|(_, table)| table["properties"].is_object()).map(|(name, _)| &**name).collect()
}

#[test]
fn every_key_has_its_row_and_there_is_no_other() {
    let (page, schema) = (page(), app_schema());
    for (heading, text) in sections(&page) {
        let table = TABLES.iter().find(|(title, _)| title.trim_start_matches('#') == heading);
        let expected = table.map(|(_, table)| keys(&schema["$defs"][table])).unwrap_or_default();
        assert_eq!(rows(text), expected, "{heading}");
    }
}

#[test]
fn every_table_has_its_heading() {
    let (page, schema) = (page(), app_schema());
    let known = TABLES.map(|(_, table)| table).into_iter().chain(IN_PROSE);
    assert_eq!(known.collect::<BTreeSet<_>>(), tables(&schema));
    for (heading, table) in TABLES {
        assert!(page.contains(&format!("\n{heading}\n")), "no `{heading}`: {table}");
    }
    for key in keys(&schema) {
        let headings =
            [format!("## `[{key}]`"), format!("## `[{key}.NAME]`"), format!("## `[[{key}]]`")];
        assert!(headings.iter().any(|heading| page.contains(heading)), "no heading of `{key}`");
    }
}

#[test]
fn keys_of_tables_in_prose_are_on_the_page() {
    let page = page();
    for table in IN_PROSE {
        for key in keys(&app_schema()["$defs"][table]) {
            assert!(page.contains(&format!("{key} = \"")), "no example of `{key}` of {table}");
        }
    }
}
