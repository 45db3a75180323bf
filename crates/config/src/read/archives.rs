//! Holds what is unpacked against what is said of it: a download whose kind of archive nobody names.

use std::collections::BTreeMap;

use landfall_diagnostics::{Diagnostic, Span};

use crate::archive_format::WORDS;
use crate::document::Table;
use crate::problems::Problems;
use crate::suggestion::enumerate;
use crate::{Input, InputKind, Name, UrlInput};

/// Nothing is fetched before it is known how it will be read, so a URL has to say it. Of a file of
/// the app the first bytes tell.
pub(super) fn check(document: &Table, inputs: &BTreeMap<Name, Input>, problems: &mut Problems) {
    let declared = document.table("inputs");
    for (name, input) in inputs.iter().filter(|(_, input)| input.format.is_none()) {
        let InputKind::Url(url) = &input.kind else { continue };
        // A word that is no format was refused where it stands.
        let is_named = declared.and_then(|table| table.table(name.as_str())?.entry("format"));
        if let (None, Some(place)) = (is_named, first_unpack(document, name)) {
            problems.push(unnamed(name, url, &place));
        }
    }
}

/// Where an input is unpacked first.
fn first_unpack(document: &Table, name: &Name) -> Option<Span> {
    let layers = document.tables("layers");
    let unpacks = layers.iter().flat_map(|layer| layer.tables("unpack"));
    let mut inputs = unpacks.filter_map(|unpack| unpack.text("input"));
    inputs.find(|input| input.value == name.as_str()).map(|input| input.span)
}

fn unnamed(name: &Name, url: &UrlInput, place: &Span) -> Diagnostic {
    let message = format!("nothing says what kind of archive `{name}` is");
    Diagnostic::error("config::archive-format", message)
        .at(&url.url.span, "its end does not tell")
        .at(place, "unpacked here")
        .help(format!("add `format = \"tar.gz\"` to `[inputs.{name}]`, or what else it is"))
        .help(format!("`format` can be {}", enumerate(WORDS, "or")))
}
