//! A real registry takes each image from skopeo, and crane reads back what was printed.

use landfall_testkit::{Registry, RegistryOptions, succeed};

use crate::plain::has_zstd;
use crate::world::{platforms, world};

#[test]
fn every_image_keeps_its_digest_through_a_registry_and_crane_finds_nothing_wrong() {
    let world = world();
    let registry = Registry::start(&world.rig, RegistryOptions::default()).expect("a registry");
    let mut validated = 0;
    for (app, image) in &world.images {
        let place = format!("{}:1", registry.repository(app));
        let (from, to) = (format!("oci:{}", image.folder().display()), format!("docker://{place}"));
        let mut copy = world.rig.skopeo();
        copy.args([
            "--insecure-policy",
            "copy",
            "--all",
            "--preserve-digests",
            "--dest-tls-verify=false",
            &from,
            &to,
        ]);
        succeed(&mut copy).unwrap_or_else(|error| panic!("{app}: {error}"));
        let digest = succeed(world.rig.crane().args(["digest", &place]))
            .unwrap_or_else(|error| panic!("{app}: {error}"));
        assert_eq!(String::from_utf8_lossy(&digest).trim(), world.digests[app], "{app}");
        // `crane validate` takes every layer for gzip; umoci judges the others, decompressed.
        if platforms(image).iter().any(|platform| has_zstd(image, platform)) {
            continue;
        }
        succeed(world.rig.crane().args(["validate", "--remote", &place]))
            .unwrap_or_else(|error| panic!("{app}: {error}"));
        validated += 1;
    }
    assert!(validated >= 20, "crane validated only {validated} images");
}

#[test]
fn a_layout_names_the_digest_that_was_printed() {
    for (app, image) in &world().images {
        assert_eq!(image.digest(), world().digests[app], "{app}");
    }
}
