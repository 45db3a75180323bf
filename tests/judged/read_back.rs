//! A real registry takes each image from skopeo and from crane, and crane reads back what was
//! printed.

use landfall_testkit::{ImageLayout, Registry, RegistryOptions, succeed};

use crate::plain::has_zstd;
use crate::world::{digest, images, platforms, world};

fn copy(image: &ImageLayout, place: &str) {
    let (from, to) = (format!("oci:{}", image.folder().display()), format!("docker://{place}"));
    let mut skopeo = world().rig.skopeo();
    skopeo.args(["--insecure-policy", "copy", "--all", "--preserve-digests"]);
    succeed(skopeo.args(["--dest-tls-verify=false", &from, &to]))
        .unwrap_or_else(|error| panic!("{place}: {error}"));
}

fn push(image: &ImageLayout, place: &str) {
    succeed(world().rig.crane().arg("push").arg(image.folder()).arg(place))
        .unwrap_or_else(|error| panic!("{place}: {error}"));
}

fn read_back(place: &str) -> String {
    let digest = succeed(world().rig.crane().args(["digest", place]))
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    String::from_utf8_lossy(&digest).trim().to_owned()
}

/// Whether crane can judge an image: `crane validate` takes every layer for gzip. umoci judges the
/// others, decompressed.
fn is_gzip(image: &ImageLayout) -> bool {
    !platforms(image).iter().any(|platform| has_zstd(image, platform))
}

#[test]
fn every_image_keeps_its_digest_through_a_registry_and_crane_finds_nothing_wrong() {
    let registry = Registry::start(&world().rig, RegistryOptions::default()).expect("a registry");
    let mut validated = 0;
    for (app, image) in images() {
        let place = |by: &str| registry.repository(&format!("{by}/{app}:1"));
        let places = [place("skopeo"), place("crane")];
        copy(image, &places[0]);
        push(image, &places[1]);
        for place in &places {
            assert_eq!(read_back(place), digest(app), "{place}");
            if is_gzip(image) {
                succeed(world().rig.crane().args(["validate", "--remote", place]))
                    .unwrap_or_else(|error| panic!("{place}: {error}"));
                validated += 1;
            }
        }
    }
    assert!(validated >= 40, "crane validated only {validated} images");
}

#[test]
fn a_layout_names_the_digest_that_was_printed() {
    for (app, image) in images() {
        assert_eq!(image.digest(), digest(app), "{app}");
    }
}
