//! `apps/myapp` of this checkout under a real container runtime.

use std::time::Duration;

use landfall_testkit::{ContainerRequest, Containerd, free_port, succeed};

use crate::world::{myapp, world};

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
            std::fs::read(crate::world::checkout().join("apps/myapp/files/www/index.html"))
                .expect("the page");
        assert!(page.body == wanted, "{platform}: another page");
        let status = container.stop(PATIENCE).unwrap_or_else(|error| panic!("{platform}: {error}"));
        assert_eq!(status, 0, "{platform}: {}", container.output());
    }
}

#[test]
fn myapp_is_the_same_when_it_is_compiled_again() {
    let (workspace, _, digest) = myapp();
    let root = crate::world::checkout().display().to_string();
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
        let paths: Vec<_> =
            entries.iter().map(|entry| entry.path.to_string_lossy().into_owned()).collect();
        let wanted = [
            "etc",
            "etc/myapp",
            "etc/myapp/server.conf",
            "usr",
            "usr/bin",
            "usr/bin/myapp-server",
            "var",
            "var/www",
            "var/www/icon.svg",
            "var/www/index.html",
            "var/www/robots.txt",
            "var/www/style.css",
        ];
        assert_eq!(paths, wanted, "{platform}");
        assert!(entries.iter().all(|entry| (entry.user, entry.group) == (0, 0)), "{entries:?}");
    }
}

#[test]
fn crane_finds_nothing_wrong_with_myapp() {
    let (workspace, image, _) = myapp();
    for platform in ["linux/amd64", "linux/arm64"] {
        let file = workspace.path(&format!("{}.tar", platform.replace('/', "-")));
        let output = format!("docker-archive:{}", file.display());
        let root = crate::world::checkout().display().to_string();
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
