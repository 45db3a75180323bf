//! What an image is called beside its digest.

use landfall_derivation::record::Record;
use landfall_hashing::{Digest, canonical};
use landfall_image::document::{INDEX, Image};
use serde_json::json;

/// The index.json of an OCI layout that names the image by its tag (image-layout.md).
pub(crate) fn view_index(record: &Record, image: &Image) -> Vec<u8> {
    let descriptor = &image.index.descriptor;
    let annotations = json!({
        "io.containerd.image.name": format!("{}:{}", record.app, tag(record, image)),
        "org.opencontainers.image.ref.name": tag(record, image),
    });
    let manifest = json!({
        "mediaType": descriptor.media_type,
        "digest": descriptor.digest,
        "size": descriptor.size,
        "annotations": annotations,
    });
    let index = json!({
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [manifest],
    });
    canonical::to_bytes(&index)
}

/// What an image of a build is called.
pub fn tag(record: &Record, image: &Image) -> String {
    of(&record.version, &image.digest())
}

/// `VERSION-` and 12 characters of the digest: two contents never share a tag.
pub(crate) fn of(version: &str, digest: &Digest) -> String {
    format!("{version}-{}", digest.short())
}
