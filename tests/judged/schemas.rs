//! Each document against the image specification's own schemas, and read by oci-spec's types.

use std::fs;

use landfall_testkit::{ImageLayout, ImageSchemas};
use oci_spec::image::{ImageConfiguration, ImageIndex, ImageManifest};
use serde_json::Value;

use crate::world::{images, platforms, world};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYOUT: &str = "application/vnd.oci.layout.header.v1+json";

fn blob(image: &ImageLayout, digest: &str) -> Vec<u8> {
    fs::read(image.folder().join("blobs").join(digest.replace(':', "/")))
        .unwrap_or_else(|error| panic!("{digest}: {error}"))
}

/// The documents of an image with their media types.
fn documents(image: &ImageLayout) -> Vec<(&'static str, Vec<u8>)> {
    let file = |name: &str| fs::read(image.folder().join(name)).expect("a file of the layout");
    let mut documents = vec![
        (LAYOUT, file("oci-layout")),
        (INDEX, file("index.json")),
        (INDEX, blob(image, image.digest())),
    ];
    for platform in platforms(image) {
        let descriptor = image.manifest_descriptor(platform).expect("listed");
        documents.push((MANIFEST, blob(image, descriptor["digest"].as_str().expect("a digest"))));
        let config = image.manifest(platform).expect("a manifest")["config"]["digest"].clone();
        documents.push((CONFIG, blob(image, config.as_str().expect("a digest"))));
    }
    documents
}

#[test]
fn every_document_is_as_the_schemas_want_it() {
    let schemas = ImageSchemas::open(&world().rig).expect("the schemas");
    for (app, image) in images() {
        for (media_type, document) in documents(image) {
            schemas
                .validate(&document, media_type)
                .unwrap_or_else(|error| panic!("{app}, {media_type}: {error}"));
        }
    }
}

#[test]
fn every_document_is_read_by_the_specifications_types_and_loses_nothing() {
    for (app, image) in images() {
        for (media_type, document) in documents(image) {
            let again = match media_type {
                INDEX => ImageIndex::from_reader(&document[..]).and_then(|index| index.to_string()),
                MANIFEST => ImageManifest::from_reader(&document[..])
                    .and_then(|manifest| manifest.to_string()),
                CONFIG => ImageConfiguration::from_reader(&document[..])
                    .and_then(|config| config.to_string()),
                _ => continue,
            };
            let again = again.unwrap_or_else(|error| panic!("{app}, {media_type}: {error}"));
            let value = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).expect("JSON");
            assert_eq!(value(again.as_bytes()), value(&document), "{app}, {media_type}");
        }
    }
}

#[test]
fn every_size_and_digest_in_a_document_is_that_of_its_blob() {
    for (app, image) in images() {
        for platform in platforms(image) {
            let manifest = image.manifest(platform).expect("a manifest");
            let layers = manifest["layers"].as_array().expect("layers").iter();
            for descriptor in layers
                .chain([&manifest["config"], &image.manifest_descriptor(platform).expect("listed")])
            {
                let digest = descriptor["digest"].as_str().expect("a digest");
                let bytes = blob(image, digest);
                assert_eq!(
                    descriptor["size"].as_u64(),
                    Some(bytes.len() as u64),
                    "{app}: {digest}"
                );
                assert_eq!(landfall_tests::digest::of(&bytes), digest, "{app}");
            }
        }
    }
}
