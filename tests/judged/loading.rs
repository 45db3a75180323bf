//! `--load` into a containerd of the test's own.

use landfall_testkit::{Containerd, succeed};

use crate::world::world;

#[test]
fn what_is_loaded_is_there_under_its_tag_with_the_digest_that_was_printed() {
    let world = world();
    let containerd = Containerd::start(&world.rig).expect("containerd");
    let mut build =
        world.workspace.command(&["build", "settings", "--load"]).expect("there is a landfall");
    let output =
        build.env("CONTAINERD_ADDRESS", containerd.socket()).output().expect("landfall starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    let digest = &world.digests["settings"];
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), digest);
    let list = succeed(containerd.ctr().args(["--namespace", "k8s.io", "images", "list"]))
        .expect("a list");
    let list = String::from_utf8_lossy(&list).into_owned();
    let tag = format!("settings:2.0.0-rc.1-{}", &digest[7..19]);
    assert!(
        list.lines().any(|line| line.contains(&tag) && line.contains(digest)),
        "no {tag} in\n{list}"
    );
    assert!(stderr.contains(&tag), "{stderr}");
}

#[test]
fn where_no_containerd_is_it_is_said() {
    let world = world();
    let mut build =
        world.workspace.command(&["build", "one-file", "--load"]).expect("there is a landfall");
    let output = build
        .env("CONTAINERD_ADDRESS", world.workspace.path("no-socket"))
        .output()
        .expect("landfall starts");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("no-socket") && stderr.contains("oci-archive"), "{stderr}");
}
