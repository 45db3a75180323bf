//! `apps/myapp` of this checkout under a real container runtime.

use std::time::Duration;

use landfall_testkit::{ContainerRequest, Containerd, ImageLayout, free_port, succeed};

use crate::unpacked::line;
use crate::world::{checkout, myapp, world};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn myapp_answers_and_stops_on_both_platforms() {
    let (_, image, digest) = myapp();
    assert_eq!(image.digest(), digest);
    let containerd = Containerd::start(&world().rig).expect("containerd");
    for platform in ["linux/amd64", "linux/arm64"] {
        let port = free_port().expect("a port");
        let environment = [("PORT", &*port.to_string())];
        let request =
            ContainerRequest { image, platform, arguments: &[], environment: &environment };
        let mut container =
            containerd.run(&request).unwrap_or_else(|error| panic!("{platform}: {error}"));
        let healthy = container.get(port, "/healthcheck", PATIENCE);
        let healthy =
            healthy.unwrap_or_else(|error| panic!("{platform}: {error}\n{}", container.output()));
        assert_eq!(healthy.status, 200, "{platform}");
        let page = container.get(port, "/", PATIENCE).expect("a page");
        assert_eq!(page.status, 200, "{platform}");
        let wanted =
            std::fs::read(checkout().join("apps/myapp/files/www/index.html")).expect("the page");
        assert!(page.body == wanted, "{platform}: another page");
        let status = container.stop(PATIENCE).unwrap_or_else(|error| panic!("{platform}: {error}"));
        assert_eq!(status, 0, "{platform}: {}", container.output());
    }
}

#[test]
fn myapp_is_the_same_when_it_is_compiled_again() {
    let (workspace, _, digest) = myapp();
    let root = checkout().display().to_string();
    let again = crate::world::run(
        workspace,
        &["build", "myapp", "--locked", "--check", "--workspace", &root],
    );
    assert_eq!(again.trim(), digest);
}

#[test]
fn myapps_image_is_not_roots_and_has_nothing_but_what_was_asked_for() {
    let (_, image, _) = myapp();
    for platform in ["linux/amd64", "linux/arm64"] {
        assert_eq!(
            image.config(platform).expect("a config")["config"]["User"],
            "65532:65532",
            "{platform}"
        );
        let entries = world()
            .rig
            .unpack(image, platform)
            .unwrap_or_else(|error| panic!("{platform}: {error}"));
        let lines: Vec<_> = entries.iter().map(line).collect();
        assert_eq!(lines.join("\n"), wanted(image, platform), "{platform}");
    }
}

/// What umoci is to unpack: modes, owners, times, and the bytes that stand in the checkout. Those of
/// the program follow the compiler; they are what the layer of its name holds.
fn wanted(image: &ImageLayout, platform: &str) -> String {
    let folder = |path: &str| format!("{path} 0755 0:0 1 folder");
    let file = |path: &str, mode: &str, bytes: &[u8]| {
        format!("{path} {mode} 0:0 1 file {}", &landfall_tests::digest::of(bytes)[7..19])
    };
    let page = |name: &str| {
        let path = checkout().join("apps/myapp/files/www").join(name);
        file(&format!("var/www/{name}"), "0644", &std::fs::read(path).expect("a page"))
    };
    let settings = "# The settings of myapp 1.0.0 that are the same wherever the image runs.\n\
                    banner = myapp/1.0.0\ncache_seconds = 300\nindex = index.html\n";
    let lines = [
        folder("etc"),
        folder("etc/myapp"),
        file("etc/myapp/server.conf", "0644", settings.as_bytes()),
        folder("usr"),
        folder("usr/bin"),
        file("usr/bin/myapp-server", "0755", &program(image, platform)),
        folder("var"),
        folder("var/www"),
        page("icon.svg"),
        page("index.html"),
        page("robots.txt"),
        page("style.css"),
    ];
    lines.join("\n")
}

/// The program, as GNU tar takes it out of the first layer.
fn program(image: &ImageLayout, platform: &str) -> Vec<u8> {
    let manifest = image.manifest(platform).expect("an image manifest");
    let digest = manifest["layers"][0]["digest"].as_str().expect("a digest").replace(':', "/");
    let layer = image.folder().join("blobs").join(digest);
    let mut tar = world().rig.program("tar");
    tar.args(["--extract", "--gzip", "--to-stdout", "usr/bin/myapp-server", "--file"]);
    succeed(tar.arg(layer)).expect("tar reads it")
}

#[test]
fn crane_finds_nothing_wrong_with_myapp() {
    let (workspace, image, _) = myapp();
    for platform in ["linux/amd64", "linux/arm64"] {
        let file = workspace.path(&format!("{}.tar", platform.replace('/', "-")));
        let output = format!("docker-archive:{}", file.display());
        let root = checkout().display().to_string();
        crate::world::run(
            workspace,
            &[
                "build",
                "myapp",
                "--locked",
                "--workspace",
                &root,
                "--platform",
                platform,
                "--output",
                &output,
            ],
        );
        succeed(world().rig.crane().args(["validate", "--tarball"]).arg(&file))
            .unwrap_or_else(|error| panic!("{platform}: {error}"));
        let layers =
            image.manifest(platform).expect("a manifest")["layers"].as_array().map(Vec::len);
        assert_eq!(layers, Some(3), "{platform}");
    }
}
