//! skopeo reads each kind of output.

use landfall_testkit::succeed;
use serde_json::Value;

use crate::world::{platforms, run, world};

fn inspected(place: &str, arguments: &[&str]) -> Vec<u8> {
    let mut inspect = world().rig.skopeo();
    inspect.args(["--insecure-policy", "inspect"]).args(arguments).arg(place);
    succeed(&mut inspect).unwrap_or_else(|error| panic!("{place}: {error}"))
}

#[test]
fn a_docker_archive_has_the_layers_and_the_config_of_the_image() {
    let world = world();
    for (app, image) in &world.images {
        let platform = platforms(image)[0];
        let file = world.workspace.path(&format!("layouts/{app}.docker.tar"));
        let output = format!("docker-archive:{}", file.display());
        run(&world.workspace, &["build", app, "--platform", platform, "--output", &output]);
        let config: Value =
            serde_json::from_slice(&inspected(&output, &["--config"])).expect("JSON");
        assert_eq!(config, image.config(platform).expect("a config"), "{app}");
        let answer: Value = serde_json::from_slice(&inspected(&output, &[])).expect("JSON");
        let tags = answer["Layers"].as_array().map(Vec::len);
        assert_eq!(tags, config["rootfs"]["diff_ids"].as_array().map(Vec::len), "{app}");
    }
}

#[test]
fn an_oci_archive_is_the_index_byte_for_byte() {
    let world = world();
    for (app, image) in &world.images {
        let file = world.workspace.path(&format!("layouts/{app}.oci.tar"));
        let output = format!("oci-archive:{}", file.display());
        run(&world.workspace, &["build", app, "--output", &output]);
        let index = inspected(&output, &["--raw"]);
        assert_eq!(landfall_tests::digest::of(&index), image.digest(), "{app}");
    }
}

#[test]
fn the_stores_view_of_an_app_is_a_layout_that_skopeo_reads() {
    // Its own store, because a view shows the last build, and others build for one platform.
    let workspace = landfall_tests::apps::workspace();
    run(&workspace, &["build", "--all"]);
    let views = workspace.store();
    let found = find_layouts(&views);
    assert!(found.len() >= world().images.len(), "{} views in {}", found.len(), views.display());
    let digests: std::collections::BTreeSet<_> = found
        .iter()
        .map(|folder| {
            landfall_tests::digest::of(&inspected(&format!("oci:{}", folder.display()), &["--raw"]))
        })
        .collect();
    assert!(world().digests.values().all(|digest| digests.contains(digest)), "an app has no view");
}

/// Folders with an `oci-layout` below a folder.
fn find_layouts(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").flatten();
    let folders =
        entries.map(|entry| entry.path()).filter(|path| path.is_dir() && !path.ends_with("blobs"));
    folders
        .flat_map(
            |path| if path.join("oci-layout").is_file() { vec![path] } else { find_layouts(&path) },
        )
        .collect()
}
