//! A real registry takes each image from skopeo, and crane reads back what was printed.

use landfall_testkit::{Registry, RegistryOptions, succeed};

use crate::world::world;

#[test]
fn every_image_keeps_its_digest_through_a_registry_and_crane_finds_nothing_wrong() {
    let world = world();
    let registry = Registry::start(&world.rig, RegistryOptions::default()).expect("a registry");
    for (app, image) in &world.images {
        let place = format!("{}:1", registry.repository(app));
        let (from, to) = (format!("oci:{}", image.folder().display()), format!("docker://{place}"));
        let mut copy = world.rig.skopeo();
        copy.args(["--insecure-policy", "copy", "--all", "--preserve-digests", "--dest-tls-verify=false", &from, &to]);
        succeed(&mut copy).unwrap_or_else(|error| panic!("{app}: {error}"));
        let digest = succeed(world.rig.crane().args(["digest", &place])).unwrap_or_else(|error| panic!("{app}: {error}"));
        assert_eq!(String::from_utf8_lossy(&digest).trim(), world.digests[app], "{app}");
        succeed(world.rig.crane().args(["validate", "--remote", &place])).unwrap_or_else(|error| panic!("{app}: {error}"));
    }
}

#[test]
fn a_layout_names_the_digest_that_was_printed() {
    for (app, image) in &world().images {
        assert_eq!(image.digest(), world().digests[app], "{app}");
    }
}
