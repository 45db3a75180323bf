//! Two things of one layer that cannot stand at their places together.

use std::collections::BTreeMap;

use landfall_diagnostics::{Diagnostic, Span};
use landfall_tree::EntryPath;

use crate::problems::Problems;
use crate::{Placement, PlacementSource};

/// A placement, and what is known of its shape before any file is looked at.
pub(crate) struct Placed {
    pub placement: Placement,
    pub shape: Shape,
    /// Where the destination is written.
    pub to: Span,
}

/// What stands at a destination in the end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A file or a link: nothing else can be there or below.
    Leaf,
    /// A folder, into which others may be merged.
    Folder,
    /// A file or a folder of the app: the disk knows.
    Unknown,
}

/// Notes what is certain to collide. What depends on files is found when they are read.
pub(crate) fn check(placed: &[Placed], problems: &mut Problems) {
    let mut in_order: Vec<_> = placed.iter().collect();
    in_order.sort_by_key(|placed| placed.to.start);
    let mut first: BTreeMap<&EntryPath, &Placed> = BTreeMap::new();
    for placed in &in_order {
        let before = first.entry(&placed.placement.to).or_insert(placed);
        if before.to != placed.to && collide(before, placed) {
            problems.push(twice(placed, before));
        }
    }
    for placed in in_order {
        let leaf = |above: &EntryPath| {
            first.get(above).filter(|above| above.shape == Shape::Leaf).copied()
        };
        let above = placed.placement.to.ancestors().find_map(|above| leaf(&above));
        above.into_iter().for_each(|above| problems.push(below_leaf(placed, above)));
    }
}

fn collide(one: &Placed, other: &Placed) -> bool {
    let is_directory =
        |placed: &Placed| matches!(placed.placement.source, PlacementSource::Directory);
    one.shape == Shape::Leaf
        || other.shape == Shape::Leaf
        || (is_directory(one) && is_directory(other))
}

fn twice(again: &Placed, first: &Placed) -> Diagnostic {
    let message = format!("the layer places two things at `/{}`", again.placement.to);
    Diagnostic::error("config::destination-conflict", message)
        .at(&again.to, "again here")
        .at(&first.to, "first here")
        .help("take one of the two away, or place it in a later layer, which covers the earlier")
}

fn below_leaf(below: &Placed, leaf: &Placed) -> Diagnostic {
    let (inner, outer) = (&below.placement.to, &leaf.placement.to);
    let message = format!("`/{inner}` lies below `/{outer}`, which is no folder");
    Diagnostic::error("config::destination-conflict", message)
        .at(&below.to, "below")
        .at(&leaf.to, "a file or a link")
        .help("choose another destination for one of the two")
}
