//! The names that templates can ask for.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_config::Value as Plain;
use landfall_config::environment::{LayeredContent, LayeredValue};
use minijinja::Value;

use crate::Context;
use crate::journal::{Journal, Table};

/// Every name, for messages.
pub(crate) const NAMES: [&str; 12] = [
    "AppName",
    "AwsEcrPrefix",
    "Config",
    "DnsDomain",
    "Image",
    "Name",
    "REGION",
    "STAGE",
    "SubDomain",
    "Tag",
    "Values",
    "Version",
];

/// The names with their values. Without `Config` where the ConfigMaps themselves are rendered.
pub(crate) fn names(
    context: &Context<'_>,
    config: Option<&BTreeMap<String, String>>,
    journal: &Arc<Journal>,
) -> Value {
    let environment = context.environment;
    let texts = [
        ("AppName", context.app.to_string()),
        ("AwsEcrPrefix", environment.registry.value.to_string()),
        ("DnsDomain", environment.domain.value.clone()),
        ("Image", context.image()),
        ("Name", context.app.to_string()),
        ("REGION", environment.region.to_string()),
        ("STAGE", environment.stage.to_string()),
        ("SubDomain", context.app.to_string()),
        ("Tag", context.tag.to_owned()),
        ("Version", context.version.to_owned()),
    ];
    let mut entries: BTreeMap<_, _> =
        texts.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect();
    entries.insert("Values".into(), table(&["Values"], &environment.values.values, journal));
    if let Some(config) = config {
        let config = config.iter().map(|(name, text)| (name.clone(), Value::from(text.as_str())));
        entries.insert("Config".into(), Table::value(&["Config"], config.collect(), journal));
    }
    // Secrets will be one more name here, whose values are opaque holes that no filter takes.
    Table::value(&[], entries, journal)
}

fn table(path: &[&str], values: &BTreeMap<String, LayeredValue>, journal: &Arc<Journal>) -> Value {
    let entries = values.iter().map(|(name, value)| {
        let path: Vec<_> = path.iter().copied().chain([name.as_str()]).collect();
        let value = match &value.content {
            LayeredContent::Plain(value) => plain(value),
            LayeredContent::Table(values) => table(&path, values, journal),
        };
        (name.clone(), value)
    });
    Table::value(path, entries.collect(), journal)
}

fn plain(value: &Plain) -> Value {
    match value {
        Plain::Text(text) => Value::from(text.as_str()),
        Plain::Integer(integer) => Value::from(*integer),
        Plain::Boolean(boolean) => Value::from(*boolean),
        Plain::List(items) => items.iter().map(plain).collect(),
        Plain::Table(table) => {
            let entries = table.iter().map(|(name, value)| (name.clone(), plain(value)));
            Value::from(entries.collect::<BTreeMap<_, _>>())
        }
    }
}
