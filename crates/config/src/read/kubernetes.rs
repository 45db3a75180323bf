//! Reads `[kubernetes]` but for its folder: shared templates, ConfigMaps, and the values that objects
//! may name.

use std::collections::BTreeMap;

use landfall_diagnostics::{Diagnostic, Span};

use crate::app_path::AppPath;
use crate::config_key::ConfigKey;
use crate::document::{Entry, Table};
use crate::environment::{PlacedValues, read_values};
use crate::problems::{Problems, twice};
use crate::{ConfigFile, ConfigMap, Name, Spanned};

/// `[kubernetes]`, as far as it could be read.
#[derive(Default)]
pub(super) struct Kubernetes {
    pub templates: Vec<Spanned<Name>>,
    pub config_maps: BTreeMap<Name, ConfigMap>,
    pub shared: Vec<Spanned<Name>>,
    pub values: PlacedValues,
}

pub(super) fn read(document: &Table, problems: &mut Problems) -> Kubernetes {
    let Some(table) = document.table("kubernetes") else { return Kubernetes::default() };
    Kubernetes {
        templates: names(table, "templates", problems),
        config_maps: config_maps(table, problems),
        shared: names(table, "shared", problems),
        values: read_values(table.entries("values"), problems),
    }
}

fn names(table: &Table, key: &str, problems: &mut Problems) -> Vec<Spanned<Name>> {
    let texts = table.texts(key).into_iter();
    let names: Vec<_> = texts.filter_map(|text| problems.parse(text)).collect();
    problems.distinct(&format!("`{key}`"), &names);
    names
}

fn config_maps(table: &Table, problems: &mut Problems) -> BTreeMap<Name, ConfigMap> {
    let entries = table.entries("config").iter().filter_map(|entry| {
        let name = problems.parse::<Name>(entry.key_text());
        let files = files(entry.item.table()?.entries("files"), problems);
        Some((name?.value, ConfigMap { span: entry.key.span.clone(), files }))
    });
    entries.collect()
}

fn files(entries: &[Entry], problems: &mut Problems) -> Vec<ConfigFile> {
    let files: Vec<_> = entries.iter().filter_map(|entry| file(entry, problems)).collect();
    let mut first = BTreeMap::new();
    for ConfigFile { key, .. } in &files {
        let before = *first.entry(&key.value).or_insert(&key.span);
        if before != &key.span {
            let message = format!("two files become the key `{}`", key.value);
            problems.push(twice(message, &key.span, before));
        }
    }
    files
}

fn file(entry: &Entry, problems: &mut Problems) -> Option<ConfigFile> {
    let source = problems.parse::<AppPath>(entry.key_text());
    let key = problems.parse::<ConfigKey>(entry.item.text()?);
    let (source, key) = (source?, key?);
    if source.value.is_folder {
        problems.push(folder(&source.span));
    }
    Some(ConfigFile {
        source: Spanned { value: source.value.path, span: source.span },
        key: Spanned { value: key.value.0, span: key.span },
    })
}

fn folder(span: &Span) -> Diagnostic {
    let message = "a template is one file, and this path ends with a slash";
    let diagnostic =
        Diagnostic::error("config::trailing-slash", message).at(span, "names a folder");
    diagnostic.help("name each template by itself, as in `objects/settings.conf`")
}
