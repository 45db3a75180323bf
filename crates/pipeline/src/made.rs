//! What was made, or was there: trees, placed layers, blobs.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_config::Platform;
use landfall_derivation::record::BlobFact;
use landfall_hashing::Digest;
use landfall_image::layer::LayerDerivation;
use landfall_tree::Tree;

use crate::realise::Realisation;

/// A layer whose tree is known.
#[derive(Debug, Clone)]
pub struct PlacedLayer {
    /// From app.toml.
    pub name: String,
    /// What its bytes follow from.
    pub derivation: LayerDerivation,
    /// Final paths, modes and owners.
    pub tree: Arc<Tree>,
}

/// Trees of builds that are known, by the build's id.
pub(crate) type Trees = BTreeMap<Digest, (Realisation, Arc<Tree>)>;

/// Layers with their blobs, by platform.
pub(crate) type Platforms = Vec<(Platform, Vec<(PlacedLayer, BlobFact)>)>;

/// All that an image is put together from.
pub(crate) struct Made {
    pub(crate) trees: Trees,
    pub(crate) platforms: Platforms,
    /// Layers that were written now, by platform and name.
    pub(crate) written: Vec<(String, String)>,
}
