//! Reads `[image]`: how the image runs, and what it says of itself.

use std::collections::BTreeMap;

use landfall_diagnostics::Diagnostic;
use landfall_tree::EntryPath;

use crate::annotation;
use crate::document::{Entry, Table};
use crate::image_path::ImagePath;
use crate::problems::Problems;
use crate::stop_signal::StopSignal;
use crate::variable::Variable;
use crate::{Compression, ImageSettings, Port, Spanned, Value};

pub(super) fn read(document: &Table, problems: &mut Problems) -> ImageSettings {
    let Some(table) = document.table("image") else { return ImageSettings::default() };
    ImageSettings {
        base: table.text("base").and_then(|text| problems.parse(text)),
        entrypoint: read_entrypoint(table, problems),
        command: plain_texts(table, "command"),
        user: table.text("user").and_then(|text| problems.parse(text)).map(|user| user.value),
        working_directory: table
            .text("working_directory")
            .and_then(|text| read_folder(text, problems)),
        env: read_map(table, "env", check_env_name, problems),
        ports: read_ports(table, problems),
        volumes: read_volumes(table, problems),
        stop_signal: table
            .text("stop_signal")
            .and_then(|text| problems.parse::<StopSignal>(text))
            .map(|read| read.value.0),
        labels: read_map(table, "labels", check_label, problems),
        annotations: read_map(table, "annotations", check_annotation, problems),
        values: read_values(table, problems),
        compression: read_compression(table).unwrap_or_default(),
    }
}

/// The word was checked before.
pub(super) fn read_compression(table: &Table) -> Option<Compression> {
    match table.text("compression")?.value {
        "gzip" => Some(Compression::Gzip),
        "zstd" => Some(Compression::Zstd),
        _ => None,
    }
}

fn plain_texts(table: &Table, key: &str) -> Vec<String> {
    table.texts(key).into_iter().map(|text| text.value.to_owned()).collect()
}

fn read_entrypoint(table: &Table, problems: &mut Problems) -> Vec<String> {
    if let Some(first) = table.texts("entrypoint").first().filter(|first| first.value.is_empty()) {
        problems.push(
            Diagnostic::error("config::entrypoint", "the entrypoint names no program")
                .at(&first.span, "empty")
                .help("begin with the program's path, as in `entrypoint = [\"/usr/bin/myapp\"]`"),
        );
    }
    plain_texts(table, "entrypoint")
}

/// A folder of the image, with or without a slash at its end.
fn read_folder(text: Spanned<&str>, problems: &mut Problems) -> Option<EntryPath> {
    Some(problems.parse::<ImagePath>(text)?.value.path)
}

fn read_ports(table: &Table, problems: &mut Problems) -> Vec<Port> {
    let texts = table.texts("ports").into_iter();
    let ports: Vec<Spanned<Port>> = texts.filter_map(|text| problems.parse(text)).collect();
    problems.distinct("`ports`", &ports);
    let mut ports: Vec<_> = ports.into_iter().map(|port| port.value).collect();
    ports.sort();
    ports
}

fn read_volumes(table: &Table, problems: &mut Problems) -> Vec<EntryPath> {
    let texts = table.texts("volumes").into_iter();
    let paths: Vec<Spanned<ImagePath>> = texts.filter_map(|text| problems.parse(text)).collect();
    for root in paths.iter().filter(|path| path.value.path.is_root()) {
        problems.push(
            Diagnostic::error(
                "config::path",
                "a volume over the image's root would hide the image",
            )
            .at(&root.span, "the root")
            .help("name the folder that the app writes to, as in `/var/cache`"),
        );
    }
    let shown = paths
        .iter()
        .map(|path| Spanned { value: format!("/{}", path.value.path), span: path.span.clone() });
    problems.distinct("`volumes`", &shown.collect::<Vec<_>>());
    let mut paths: Vec<_> = paths.into_iter().map(|path| path.value.path).collect();
    paths.sort();
    paths
}

/// What is wrong with a key: the diagnostic without its place, and the label for the place.
type KeyCheck = fn(&str) -> Option<(Diagnostic, &'static str)>;

fn read_map(
    table: &Table,
    key: &str,
    check: KeyCheck,
    problems: &mut Problems,
) -> BTreeMap<String, String> {
    let mut map = BTreeMap::new();
    for Entry { key, item } in table.entries(key) {
        if let Some((diagnostic, label)) = check(&key.value) {
            problems.push(diagnostic.at(&key.span, label));
        }
        map.extend(item.text().map(|text| (key.value.clone(), text.value.to_owned())));
    }
    map
}

fn check_env_name(name: &str) -> Option<(Diagnostic, &'static str)> {
    let is_name = !name.is_empty() && !name.contains('=') && !name.contains(char::is_control);
    let message = || format!("`{}` cannot name a variable of the environment", name.escape_debug());
    let help =
        "a name is not empty and holds neither `=` nor control characters, as in `LOG_LEVEL`";
    (!is_name).then(|| {
        (Diagnostic::error("config::env-name", message()).help(help), "not a variable's name")
    })
}

fn check_label(key: &str) -> Option<(Diagnostic, &'static str)> {
    check_key(key, "config::label", "a label")
}

fn check_annotation(key: &str) -> Option<(Diagnostic, &'static str)> {
    if let Some(reason) = annotation::reason_against(key) {
        let message = format!("the annotation `{key}` is Landfall's own: {reason}");
        let help =
            "take it away, or give your own fact a key of your own, as in `org.example.team`";
        return Some((
            Diagnostic::error("config::annotation", message).help(help),
            "cannot be set",
        ));
    }
    check_key(key, "config::annotation", "an annotation")
}

fn check_key(key: &str, code: &'static str, what: &str) -> Option<(Diagnostic, &'static str)> {
    let is_key = !key.trim().is_empty() && !key.contains(char::is_control);
    let message = || format!("`{}` cannot be the key of {what}", key.escape_debug());
    let help = "write a name under a domain that is yours, as in `org.example.team`";
    (!is_key).then(|| (Diagnostic::error(code, message()).help(help), "not a key"))
}

fn read_values(table: &Table, problems: &mut Problems) -> BTreeMap<String, Value> {
    let entries = table.entries("values").iter();
    let values = entries.filter_map(|entry| {
        let name = problems.parse::<Variable>(entry.key_text());
        Some((name?.value.0, Value::read(&entry.item)?))
    });
    values.collect()
}
