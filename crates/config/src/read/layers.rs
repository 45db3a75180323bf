//! Reads `[[layers]]`: what is placed together, under a name of its own.

use std::collections::BTreeMap;

use landfall_diagnostics::Diagnostic;

use crate::document::{Item, Table};
use crate::problems::Problems;
use crate::read::image::read_compression;
use crate::read::placements;
use crate::{Input, Layer, Name, conflicts};

pub(super) fn read(
    document: &Table,
    inputs: &BTreeMap<Name, Input>,
    problems: &mut Problems,
) -> Vec<Layer> {
    let layers: Vec<_> = document
        .tables("layers")
        .into_iter()
        .map(|table| read_layer(table, inputs, problems))
        .collect();
    let names: Vec<_> = layers.iter().flatten().map(|layer| layer.name.clone()).collect();
    problems.distinct("the names of layers", &names);
    layers.into_iter().flatten().collect()
}

/// Whether a layer has keys that place, and nothing stands in any.
fn is_all_empty(table: &Table) -> bool {
    let placing = placements::KINDS.into_iter().filter_map(|key| table.get(key));
    let sizes: Vec<_> = placing.map(Item::count).collect();
    !sizes.is_empty()
        && sizes.iter().all(|count| *count == Some(0))
        && table.entry("packages").is_none()
}

fn read_layer(
    table: &Table,
    inputs: &BTreeMap<Name, Input>,
    problems: &mut Problems,
) -> Option<Layer> {
    let name = table.text("name").and_then(|text| problems.parse(text));
    let placed = placements::read(table, inputs, problems);
    conflicts::check(&placed, problems);
    if is_all_empty(table) {
        problems.push(
            Diagnostic::error("config::empty-layer", "the layer places nothing")
                .at(&table.span, "all of its lists are empty")
                .help("name what it places, or take the layer away"),
        );
    }
    let placements = placed.into_iter().map(|placed| placed.placement).collect();
    Some(Layer { name: name?, placements, compression: read_compression(table) })
}
