//! What changed between two records: inputs, the layers that follow, the bytes that will move.

use std::collections::{BTreeMap, BTreeSet};

use landfall_hashing::Digest;
use serde::Serialize;

use crate::record::{InputFact, LayerFact, Record};

/// The answer of `landfall why`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// The app.
    pub app: String,
    /// The digest that was, where it is known.
    pub old_digest: Option<Digest>,
    /// The digest that is, where it is known.
    pub new_digest: Option<Digest>,
    /// Sorted by name, then part.
    pub inputs: Vec<InputChange>,
    /// In the order of platforms and layers.
    pub layers: Vec<LayerChange>,
    /// Compressed bytes of layers that the old image does not have; none while one is not built.
    pub bytes_to_move: Option<u64>,
}

/// One input, or one part of it, that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InputChange {
    /// The key of the record.
    pub input: String,
    /// Which part of it, where that is known.
    pub part: Option<String>,
    /// None: it is new.
    pub old: Option<Digest>,
    /// None: it is gone.
    pub new: Option<Digest>,
}

/// One layer that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerChange {
    /// Whose image.
    pub platform: String,
    /// The layer's name.
    pub layer: String,
    /// What happened to it.
    pub kind: LayerChangeKind,
    /// Names of the changed inputs that it is made of.
    pub because: Vec<String>,
    /// Compressed size of the new layer; none where it is gone or not built.
    pub size_bytes: Option<u64>,
}

/// What happened to a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerChangeKind {
    /// Its bytes differ.
    Changed,
    /// The old image had none of this name.
    Added,
    /// The new image has none of this name.
    Removed,
    /// The same bytes at another place.
    Moved,
    /// An input changed, and whether the bytes do is known only when it is built.
    NotBuilt,
}

impl Changes {
    /// Whether the images are the same and nothing that they are made of differs.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty() && self.layers.is_empty() && self.old_digest == self.new_digest
    }
}

/// Compares two records of one app.
pub fn compare(old: &Record, new: &Record) -> Changes {
    let inputs = input_changes(&old.inputs, &new.inputs);
    let changed: BTreeSet<_> = inputs.iter().map(|change| change.input.as_str()).collect();
    Changes {
        app: new.app.clone(),
        old_digest: old.digest,
        new_digest: new.digest,
        layers: layer_changes(old, new, &changed),
        bytes_to_move: bytes_to_move(old, new),
        inputs,
    }
}

fn input_changes(
    old: &BTreeMap<String, InputFact>,
    new: &BTreeMap<String, InputFact>,
) -> Vec<InputChange> {
    let keys: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let differing = keys
        .into_iter()
        .filter(|key| old.get(*key).map(|fact| fact.hash) != new.get(*key).map(|fact| fact.hash));
    differing.flat_map(|key| one_input(key, old.get(key), new.get(key))).collect()
}

/// The parts that differ; the whole where no part tells.
fn one_input(key: &str, old: Option<&InputFact>, new: Option<&InputFact>) -> Vec<InputChange> {
    let change = |part: Option<&String>, old, new| InputChange {
        input: key.into(),
        part: part.cloned(),
        old,
        new,
    };
    if let (Some(old), Some(new)) = (old, new) {
        let names: BTreeSet<_> = old.parts.keys().chain(new.parts.keys()).collect();
        let pairs = names
            .into_iter()
            .map(|name| (name, old.parts.get(name).copied(), new.parts.get(name).copied()));
        let parts: Vec<_> = pairs
            .filter(|(_, old, new)| old != new)
            .map(|(name, old, new)| change(Some(name), old, new))
            .collect();
        if !parts.is_empty() {
            return parts;
        }
    }
    vec![change(None, old.map(|fact| fact.hash), new.map(|fact| fact.hash))]
}

fn layer_changes(old: &Record, new: &Record, changed: &BTreeSet<&str>) -> Vec<LayerChange> {
    let platforms: BTreeSet<_> = old.images.keys().chain(new.images.keys()).collect();
    let layers = |record: &Record, platform: &str| {
        record.images.get(platform).map(|image| image.layers.clone()).unwrap_or_default()
    };
    let of_platform = |platform: &String| {
        platform_changes(platform, &layers(old, platform), &layers(new, platform), changed)
    };
    platforms.into_iter().flat_map(of_platform).collect()
}

fn platform_changes(
    platform: &str,
    old: &[LayerFact],
    new: &[LayerFact],
    changed: &BTreeSet<&str>,
) -> Vec<LayerChange> {
    let describe = |layer: &LayerFact, kind, size_bytes| LayerChange {
        platform: platform.into(),
        layer: layer.name.clone(),
        kind,
        because: layer
            .inputs
            .iter()
            .filter(|input| changed.contains(input.as_str()))
            .cloned()
            .collect(),
        size_bytes,
    };
    let position =
        |layers: &[LayerFact], name: &str| layers.iter().position(|layer| layer.name == name);
    let present = new.iter().enumerate().filter_map(|(index, layer)| {
        let before = position(old, &layer.name).map(|index| (index, &old[index]));
        let kind = layer_change(before, index, layer)?;
        // A layer above one that is not built cannot be placed yet. Where nothing of its own
        // changed it stays as it is, but for what the lower one may do to its parents.
        let waits = kind == LayerChangeKind::NotBuilt && before.is_some();
        if waits && !layer.inputs.iter().any(|input| changed.contains(input.as_str())) {
            return None;
        }
        Some(describe(layer, kind, layer.blob.map(|blob| blob.size_bytes)))
    });
    let gone = old.iter().filter(|layer| position(new, &layer.name).is_none());
    present.chain(gone.map(|layer| describe(layer, LayerChangeKind::Removed, None))).collect()
}

fn layer_change(
    old: Option<(usize, &LayerFact)>,
    index: usize,
    new: &LayerFact,
) -> Option<LayerChangeKind> {
    let Some((old_index, old)) = old else { return Some(LayerChangeKind::Added) };
    match (old.id, new.id) {
        (_, None) => Some(LayerChangeKind::NotBuilt),
        (Some(old), Some(new)) if old == new => {
            (old_index != index).then_some(LayerChangeKind::Moved)
        }
        _ => match (old.blob, new.blob) {
            (Some(old), Some(new)) if old.digest == new.digest => None,
            (_, Some(_)) => Some(LayerChangeKind::Changed),
            (_, None) => Some(LayerChangeKind::NotBuilt),
        },
    }
}

/// Each blob counts once, however many platforms share it.
fn bytes_to_move(old: &Record, new: &Record) -> Option<u64> {
    let layers = |record: &Record| {
        record
            .images
            .values()
            .flat_map(|image| image.layers.iter().map(|layer| layer.blob))
            .collect::<Vec<_>>()
    };
    let there: BTreeSet<_> = layers(old).into_iter().flatten().map(|blob| blob.digest).collect();
    let wanted: Option<BTreeMap<_, _>> = layers(new)
        .into_iter()
        .map(|blob| blob.map(|blob| (blob.digest, blob.size_bytes)))
        .collect();
    let missing = wanted?.into_iter().filter(|(digest, _)| !there.contains(digest));
    Some(missing.map(|(_, size_bytes)| size_bytes).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{BlobFact, ImageFact};

    fn record(source: &str, binary: &str) -> Record {
        let parts = [("src/main.rs".to_owned(), Digest::of(source))].into();
        let input = InputFact { hash: Digest::of(source), parts };
        let digest = Digest::of(binary);
        let blob = BlobFact { digest, diff_id: digest, size_bytes: 7 };
        let layer = LayerFact {
            name: "server".into(),
            inputs: vec!["input server".into()],
            id: Some(digest),
            blob: Some(blob),
        };
        Record {
            app: "myapp".into(),
            version: "1".into(),
            digest: Some(digest),
            inputs: [("input server".to_owned(), input)].into(),
            images: [("linux/amd64".to_owned(), ImageFact { manifest: None, layers: vec![layer] })]
                .into(),
        }
    }

    #[test]
    fn nothing_changed_is_nothing() {
        assert!(compare(&record("a", "a"), &record("a", "a")).is_empty());
    }

    #[test]
    fn a_comment_changes_the_input_and_no_layer() {
        let changes = compare(&record("a", "same"), &record("b", "same"));
        assert_eq!((changes.layers.len(), changes.bytes_to_move), (0, Some(0)));
        assert_eq!(changes.inputs[0].part.as_deref(), Some("src/main.rs"));
    }

    #[test]
    fn a_layer_names_its_cause_and_its_bytes() {
        let changes = compare(&record("a", "a"), &record("b", "b"));
        assert_eq!(changes.layers[0].kind, LayerChangeKind::Changed);
        assert_eq!(changes.layers[0].because, ["input server"]);
        assert_eq!(changes.bytes_to_move, Some(7));
    }

    #[test]
    fn what_is_not_built_has_no_bytes_yet() {
        let mut new = record("b", "b");
        new.images.get_mut("linux/amd64").unwrap().layers[0] = LayerFact {
            id: None,
            blob: None,
            ..record("b", "b").images["linux/amd64"].layers[0].clone()
        };
        let changes = compare(&record("a", "a"), &new);
        assert_eq!(changes.layers[0].kind, LayerChangeKind::NotBuilt);
        assert_eq!(changes.bytes_to_move, None);
    }
}
