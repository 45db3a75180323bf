//! The JSON documents of an image: config, image manifest, index.
//!
//! Own structures with sorted maps, written in canonical form, so that no library's map order
//! reaches a digest (OCI image-spec 1.1: config.md, manifest.md, image-index.md). `oci-spec` and
//! the specification's own schemas judge them in tests.

use std::collections::BTreeMap;

use landfall_hashing::{Digest, canonical};
use serde::{Deserialize, Serialize};

use crate::EPOCH_TEXT;

/// Media type of an index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Media type of an image manifest.
pub const IMAGE_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// Media type of an image config.
pub const IMAGE_CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// A blob with its type and size (descriptor.md).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// What it must hash to.
    pub digest: Digest,
    /// How long it must be, in bytes.
    pub size: u64,
    /// Of an image manifest in an index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
}

/// What a manifest's image runs on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Platform {
    /// By Go's name: `amd64`, `arm64`.
    pub architecture: String,
    /// By Go's name: `linux`.
    pub os: String,
    /// `v8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// An image index: *the* digest of an image is the digest of this document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    /// 2.
    pub schema_version: u32,
    /// [`INDEX`].
    pub media_type: String,
    /// One image manifest a platform.
    pub manifests: Vec<Descriptor>,
    /// Standard and own annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// An image manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageManifest {
    /// 2.
    pub schema_version: u32,
    /// [`IMAGE_MANIFEST`].
    pub media_type: String,
    /// The image config.
    pub config: Descriptor,
    /// Lowest first.
    pub layers: Vec<Descriptor>,
    /// Standard and own annotations.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// An image config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageConfig {
    /// A constant: images know no clock.
    pub created: String,
    /// By Go's name.
    pub architecture: String,
    /// By Go's name.
    pub os: String,
    /// `v8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// How a container is run.
    pub config: Execution,
    /// The layers' diff ids.
    pub rootfs: RootFs,
    /// One line a layer.
    pub history: Vec<History>,
}

/// The execution parameters of an image config.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(missing_docs, reason = "named and described in the image specification, config.md")]
pub struct Execution {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exposed_ports: BTreeMap<String, Empty>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entrypoint: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cmd: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub volumes: BTreeMap<String, Empty>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub working_dir: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub stop_signal: String,
}

/// `{}`: how the specification writes a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Empty {}

/// The layers of an image config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootFs {
    /// `layers`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Lowest first.
    pub diff_ids: Vec<Digest>,
}

/// How a layer came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The constant.
    pub created: String,
    /// The layer's name.
    pub created_by: String,
}

/// A layer as the documents name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// For the history.
    pub name: String,
    /// Of the uncompressed tar.
    pub diff_id: Digest,
    /// The blob.
    pub descriptor: Descriptor,
}

/// A document with its descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Canonical JSON.
    pub bytes: Vec<u8>,
    /// Of those bytes.
    pub descriptor: Descriptor,
}

/// One platform's image: config and image manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformImage {
    /// The image config.
    pub config: Document,
    /// The image manifest; its descriptor names the platform.
    pub manifest: Document,
    /// As handed in.
    pub layers: Vec<Layer>,
}

/// A whole image: its digest is the index's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The index.
    pub index: Document,
    /// Sorted by platform.
    pub platforms: Vec<PlatformImage>,
}

impl Image {
    /// Turns platform images into an image, sorted by platform.
    pub fn new(mut platforms: Vec<PlatformImage>, annotations: BTreeMap<String, String>) -> Self {
        platforms.sort_by(|left, right| left.platform().cmp(&right.platform()));
        let manifests = platforms.iter().map(|image| image.manifest.descriptor.clone()).collect();
        let media_type = INDEX.to_owned();
        let index = Index { schema_version: 2, media_type, manifests, annotations };
        Self { index: Document::new(INDEX, &index, None), platforms }
    }

    /// *The* digest.
    pub fn digest(&self) -> Digest {
        self.index.descriptor.digest
    }

    /// The documents, children before parents.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        let platforms = self.platforms.iter().flat_map(|image| [&image.config, &image.manifest]);
        platforms.chain([&self.index])
    }
}

impl PlatformImage {
    /// Turns layers and execution parameters into one platform's image.
    pub fn new(
        platform: Platform,
        execution: Execution,
        layers: Vec<Layer>,
        annotations: BTreeMap<String, String>,
    ) -> Self {
        let config =
            Document::new(IMAGE_CONFIG, &image_config(&platform, execution, &layers), None);
        let manifest = ImageManifest {
            schema_version: 2,
            media_type: IMAGE_MANIFEST.into(),
            config: config.descriptor.clone(),
            layers: layers.iter().map(|layer| layer.descriptor.clone()).collect(),
            annotations,
        };
        let manifest = Document::new(IMAGE_MANIFEST, &manifest, Some(platform));
        Self { config, manifest, layers }
    }

    fn platform(&self) -> Option<&Platform> {
        self.manifest.descriptor.platform.as_ref()
    }
}

impl Document {
    fn new<T: Serialize>(media_type: &str, value: &T, platform: Option<Platform>) -> Self {
        let bytes = canonical::to_bytes(value);
        let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);
        let descriptor = Descriptor { media_type: media_type.into(), digest, size, platform };
        Self { bytes, descriptor }
    }
}

fn image_config(platform: &Platform, execution: Execution, layers: &[Layer]) -> ImageConfig {
    let history = |layer: &Layer| History {
        created: EPOCH_TEXT.into(),
        created_by: format!("landfall layer {}", layer.name),
    };
    ImageConfig {
        created: EPOCH_TEXT.into(),
        architecture: platform.architecture.clone(),
        os: platform.os.clone(),
        variant: platform.variant.clone(),
        config: execution,
        rootfs: RootFs {
            kind: "layers".into(),
            diff_ids: layers.iter().map(|layer| layer.diff_id).collect(),
        },
        history: layers.iter().map(history).collect(),
    }
}
