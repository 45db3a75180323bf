//! What cannot stand together in one layer.

use std::collections::{BTreeMap, BTreeSet};

use landfall_diagnostics::Diagnostic;
use landfall_image::{Place, PlaceError, Stack};
use landfall_tree::{EntryPath, Tree};

use crate::derived::{DerivedLayer, DerivedPlace, TreeSource};

/// What collides in a layer whatever its builds will give: files and folders that are known now.
///
/// Lower layers are not looked at, as when app.toml is read: a path that is a file and a folder at
/// once is refused, also where a link below would lead the two to different places.
pub(crate) fn among_known(layer: &DerivedLayer) -> Vec<Diagnostic> {
    let meeting = meeting(layer);
    if meeting.is_empty() {
        return Vec::new();
    }
    let nothing = Tree::from_entries(Vec::new()).expect("no entries are a tree");
    let tree = |index, place| known(place).filter(|_| meeting.contains(&index));
    // What does not meet anything stays in its position, as nothing: errors name positions.
    let places = layer.places.iter().enumerate().map(|(index, place)| Place {
        tree: tree(index, place).unwrap_or(&nothing),
        to: place.to.clone(),
        modes: place.modes,
        owners: place.owners,
    });
    let errors = Stack::new().lay(&places.collect::<Vec<_>>()).err().unwrap_or_default();
    let said = errors.iter().filter(|error| is_certain(error) && !follows(error, &errors));
    said.map(|error| problem(layer, error)).collect()
}

fn known(place: &DerivedPlace) -> Option<&Tree> {
    match &place.tree {
        TreeSource::Known(tree) => Some(tree),
        TreeSource::Build(_) => None,
    }
}

/// The known places at, above or below the destination of another one, and those at the root.
fn meeting(layer: &DerivedLayer) -> BTreeSet<usize> {
    let places = layer.places.iter().enumerate().filter(|(_, place)| known(place).is_some());
    let mut by_path: BTreeMap<&EntryPath, Vec<usize>> = BTreeMap::new();
    places.for_each(|(index, place)| by_path.entry(&place.to).or_default().push(index));
    let mut meeting = BTreeSet::new();
    for (path, there) in &by_path {
        let above: Vec<_> = path.ancestors().filter_map(|above| by_path.get(&above)).collect();
        if there.len() > 1 || path.is_root() || !above.is_empty() {
            meeting.extend(there.iter().chain(above.into_iter().flatten()).copied());
        }
    }
    meeting
}

/// Whether no lower layer and no build could make it right.
fn is_certain(error: &PlaceError) -> bool {
    match error {
        PlaceError::Collision { .. } | PlaceError::Root { .. } => true,
        PlaceError::BelowNoFolder { other, .. } => other.is_some(),
        _ => false,
    }
}

/// Whether an error only says again that its parent is placed twice.
fn follows(error: &PlaceError, errors: &[PlaceError]) -> bool {
    let PlaceError::BelowNoFolder { parent, .. } = error else { return false };
    errors.iter().any(|error| matches!(error, PlaceError::Collision { path, .. } if path == parent))
}

/// A conflict in the user's words, at the places that app.toml has for it.
pub(crate) fn problem(layer: &DerivedLayer, error: &PlaceError) -> Diagnostic {
    let (place, other) = error.places();
    let message = format!("in the layer `{}`: {error}", layer.name);
    let mut problem = Diagnostic::error("layer::conflict", message);
    for (index, text) in [(place, "placed here"), (other, "and here")] {
        if let Some(place) = index.and_then(|index| layer.places.get(index)) {
            problem = problem.at(&place.span, text);
        }
    }
    problem.help("leave one out with `exclude`, place it elsewhere, or put it into a later layer, which covers it")
}
