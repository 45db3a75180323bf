//! Reads `[app]`: what the app is called, and where it may go.

use landfall_diagnostics::{Diagnostic, Span};

use crate::document::{Content, Table};
use crate::problems::{Problems, Reason};
use crate::read::Overrides;
use crate::version::Version;
use crate::{EnvironmentName, Name, Platform, Spanned};

/// `[app]`, as far as it could be read.
pub(super) struct Identity {
    pub name: Option<Spanned<Name>>,
    pub version: Option<Spanned<String>>,
    pub environments: Vec<Spanned<EnvironmentName>>,
    pub platforms: Vec<Platform>,
}

pub(super) fn read(document: &Table, overrides: &Overrides, problems: &mut Problems) -> Identity {
    let nothing = Table { span: document.span.clone(), entries: Vec::new() };
    let table = document.table("app").unwrap_or(&nothing);
    Identity {
        name: table.text("name").and_then(|text| problems.parse(text)),
        version: version(document, table, overrides, problems),
        environments: environments(table, problems),
        platforms: platforms(table, problems),
    }
}

/// The version that the command line gives, else the file's; both are checked.
fn version(
    document: &Table,
    table: &Table,
    overrides: &Overrides,
    problems: &mut Problems,
) -> Option<Spanned<String>> {
    let written = table.text("version").and_then(|text| problems.parse::<Version>(text));
    let place = table.get("version").map_or(&table.span, |item| &item.span);
    if let Some(text) = &overrides.version {
        return given_version(text, place, problems);
    }
    if table.entry("version").is_none() && document.table("app").is_some() {
        problems.push(
            Diagnostic::error("config::missing-version", "the app has no version")
                .at(&table.span, "in this table")
                .help("add it, as in `version = \"1.0.0\"`, or give it with `--set version=1.0.0`"),
        );
    }
    written.map(|version| Spanned { value: version.value.0, span: version.span })
}

fn given_version(text: &str, place: &Span, problems: &mut Problems) -> Option<Spanned<String>> {
    match text.parse::<Version>() {
        Ok(version) => Some(Spanned { value: version.0, span: place.clone() }),
        Err(reason) => {
            let message = format!("`--set version=` cannot be taken: {reason}");
            let diagnostic = Diagnostic::error("config::version", message);
            problems.push(reason.helps().into_iter().fold(diagnostic, Diagnostic::help));
            None
        }
    }
}

fn environments(table: &Table, problems: &mut Problems) -> Vec<Spanned<EnvironmentName>> {
    let texts = table.texts("environments").into_iter();
    let environments: Vec<_> = texts.filter_map(|text| problems.parse(text)).collect();
    problems.distinct("`environments`", &environments);
    environments
}

fn platforms(table: &Table, problems: &mut Problems) -> Vec<Platform> {
    let Some(list) = table.get("platforms") else { return Platform::ALL.to_vec() };
    let texts = list.items().iter().filter_map(|item| item.text());
    let platforms: Vec<_> = texts.filter_map(|text| problems.parse(text)).collect();
    problems.distinct("`platforms`", &platforms);
    if matches!(&list.content, Content::List(items) if items.is_empty()) {
        problems.push(
            Diagnostic::error("config::platform", "the image is for no platform")
                .at(&list.span, "an empty list")
                .help("leave `platforms` out for `linux/amd64` and `linux/arm64`, or name one"),
        );
    }
    let mut platforms: Vec<_> =
        platforms.into_iter().map(|platform: Spanned<Platform>| platform.value).collect();
    platforms.sort();
    platforms
}
