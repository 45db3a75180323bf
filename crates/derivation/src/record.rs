//! What one image was made of, kept beside it so that a later build can say what changed.

use std::collections::BTreeMap;

use landfall_hashing::Digest;
use serde::{Deserialize, Serialize};

/// The inputs and layers of one derivation of an app. It never enters an image or an id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The app's name.
    pub app: String,
    /// The app's version.
    pub version: String,
    /// The image's digest; none where something was not realised.
    pub digest: Option<Digest>,
    /// Everything that enters the image, by a name that people know: `input server (linux/amd64)`,
    /// `file files/www`, `template templates/x`, `setting image.env`.
    pub inputs: BTreeMap<String, InputFact>,
    /// By platform.
    pub images: BTreeMap<String, ImageFact>,
}

/// One input by content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFact {
    /// Of all its parts.
    pub hash: Digest,
    /// What it consists of, where that can be named: files by path, the compiler, flags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, Digest>,
}

/// One platform's image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageFact {
    /// Digest of the image manifest, where it is known.
    pub manifest: Option<Digest>,
    /// Lowest first.
    pub layers: Vec<LayerFact>,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerFact {
    /// From app.toml.
    pub name: String,
    /// Keys of [`Record::inputs`] that it is made of.
    pub inputs: Vec<String>,
    /// The layer's id; none while a tree of it is not realised.
    pub id: Option<Digest>,
    /// The blob; none while it is not built.
    pub blob: Option<BlobFact>,
}

/// A layer's blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobFact {
    /// Of the compressed bytes.
    pub digest: Digest,
    /// Of the uncompressed tar.
    pub diff_id: Digest,
    /// Compressed.
    pub size_bytes: u64,
}
