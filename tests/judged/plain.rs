//! Images whose zstd layers the judges of today do not read (umoci 0.4, `crane validate` 0.22),
//! with those layers decompressed by zstd's own program.

use std::fs;
use std::path::Path;

use landfall_testkit::{ImageLayout, succeed};
use serde_json::{Value, json};

use crate::world::world;

const TAR: &str = "application/vnd.oci.image.layer.v1.tar";

/// Whether a platform's image has a zstd layer.
pub fn has_zstd(image: &ImageLayout, platform: &str) -> bool {
    let manifest = image.manifest(platform).expect("a manifest");
    manifest["layers"].as_array().expect("layers").iter().any(is_zstd)
}

fn is_zstd(descriptor: &Value) -> bool {
    descriptor["mediaType"].as_str().is_some_and(|media_type| media_type.ends_with("+zstd"))
}

/// A layout in `into` with the image of one platform, its zstd layers as plain tars.
///
/// Each tar stands under the digest that its bytes have, so that what the image config promises of
/// it (`diff_ids`) is judged by whoever unpacks it.
pub fn plain(image: &ImageLayout, platform: &str, into: &Path) -> ImageLayout {
    let blobs = into.join("blobs/sha256");
    fs::create_dir_all(&blobs).expect("a folder");
    let from = image.folder().join("blobs/sha256");
    landfall_tests::tree::shell(
        "cp \"$1\"/* \"$2\"; cp \"$1/../../oci-layout\" \"$3\"",
        &[&from, &blobs, into],
    );
    let mut manifest = image.manifest(platform).expect("a manifest");
    for descriptor in
        manifest["layers"].as_array_mut().expect("layers").iter_mut().filter(|layer| is_zstd(layer))
    {
        let hex = descriptor["digest"]
            .as_str()
            .expect("a digest")
            .trim_start_matches("sha256:")
            .to_owned();
        let tar = succeed(world().rig.program("zstd").args(["-dcq"]).arg(from.join(hex)))
            .expect("zstd reads it");
        *descriptor = put(&blobs, &tar, TAR);
    }
    let media_type = manifest["mediaType"].as_str().expect("a media type").to_owned();
    let descriptor = put(&blobs, manifest.to_string().as_bytes(), &media_type);
    let index = json!({ "schemaVersion": 2, "manifests": [descriptor] });
    fs::write(into.join("index.json"), index.to_string()).expect("index.json");
    ImageLayout::open(into, None).expect("a layout")
}

fn put(blobs: &Path, bytes: &[u8], media_type: &str) -> Value {
    let digest = landfall_tests::digest::of(bytes);
    fs::write(blobs.join(&digest[7..]), bytes).expect("a blob");
    json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
}
