//! Sees every part of the rig work: with the feature `rig`, because it needs the prerequisites of
//! README and the Rust targets of both platforms.
//!
//! The image that is judged here is made by GNU tar and crane, not by Landfall: if this fails, the
//! rig is broken and not the product.

mod services;
mod world;

use std::error::Error;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use landfall_testkit::{
    ContainerRequest, Containerd, ImageLayout, ImageSchemas, Registry, RegistryOptions, Rig,
    RigError, UnpackedKind, free_port, get, prerequisites, succeed,
};
use tempfile::TempDir;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Each platform, and what Rust calls its machine.
const PLATFORMS: [(&str, &str); 2] = [("linux/amd64", "x86_64"), ("linux/arm64", "aarch64")];

const PATIENCE: Duration = Duration::from_secs(60);

/// An image for both platforms, in a registry and in a layout.
struct Example {
    rig: Rig,
    registry: Registry,
    layout: ImageLayout,
    _folder: TempDir,
}

impl Example {
    fn new() -> Result<Self> {
        let rig = Rig::open()?;
        let folder = tempfile::tempdir()?;
        let registry = Registry::start(&rig, RegistryOptions::default())?;
        let both = registry.repository("example:both");
        let mut join = rig.crane();
        join.args(["index", "append", "--tag", &both]);
        for (platform, machine) in PLATFORMS {
            let image = registry.repository("example:") + machine;
            push(&rig, &image, platform, &layer(&rig, folder.path(), machine)?)?;
            join.args(["--manifest", &image]);
        }
        succeed(&mut join)?;
        let layout = pull(&rig, &both, &folder.path().join("layout"))?;
        Ok(Self { rig, registry, layout, _folder: folder })
    }
}

/// A layer with the example program and two links to it, owned by somebody in particular.
fn layer(rig: &Rig, folder: &Path, machine: &str) -> Result<PathBuf> {
    let root = folder.join(machine);
    fs::create_dir_all(root.join("bin"))?;
    compile(machine, &root.join("bin/answer"))?;
    fs::hard_link(root.join("bin/answer"), root.join("bin/same"))?;
    symlink("bin/answer", root.join("link"))?;
    let layer = folder.join(format!("{machine}.tar"));
    let mut tar = rig.program("tar");
    tar.args(["--create", "--sort=name", "--owner=1000", "--group=2000", "--numeric-owner"]);
    tar.args(["--mtime=@1700000000", "--mode=0755", "--file"]).arg(&layer);
    succeed(tar.arg("--directory").arg(&root).args(["bin", "link"]))?;
    Ok(layer)
}

/// Compiles the example program without any C toolchain, by the rustc of whoever runs the tests.
fn compile(machine: &str, program: &Path) -> Result<()> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rig/answer.rs");
    let target = format!("{machine}-unknown-linux-musl");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "--target", &target, "-Cstrip=debuginfo"]);
    rustc.args(["-Clinker=rust-lld", "-Clink-self-contained=yes"]);
    succeed(rustc.arg("-o").arg(program).arg(source))?;
    Ok(())
}

fn push(rig: &Rig, image: &str, platform: &str, layer: &Path) -> Result<()> {
    let mut append = rig.crane();
    append.args(["append", "--oci-empty-base", "--new_tag", image, "--new_layer"]).arg(layer);
    succeed(&mut append)?;
    let mut mutate = rig.crane();
    mutate.args(["mutate", "--set-platform", platform, "--user", "65532:65532"]);
    succeed(mutate.args(["--entrypoint", "/bin/answer", "--tag", image, image]))?;
    Ok(())
}

fn pull(rig: &Rig, image: &str, layout: &Path) -> Result<ImageLayout> {
    let (from, to) = (format!("docker://{image}"), format!("oci:{}:both", layout.display()));
    succeed(rig.skopeo().args(["copy", "--all", "--src-tls-verify=false", &from, &to]))?;
    Ok(ImageLayout::open(layout, Some("both"))?)
}

#[test]
fn crane_reads_back_from_the_registry_what_was_pushed_from_a_layout() -> Result<()> {
    let example = Example::new()?;
    let folder = tempfile::tempdir()?;
    let image = example.registry.repository("again:1");
    let one = example.layout.named("example.com/again:1", &folder.path().join("one"))?;
    succeed(example.rig.crane().arg("push").arg(one.folder()).arg(&image))?;
    succeed(example.rig.crane().args(["validate", "--remote", &image]))?;
    let digest = succeed(example.rig.crane().args(["digest", &image]))?;
    assert_eq!(String::from_utf8(digest)?.trim(), example.layout.digest());
    assert!(example.registry.log().contains("PUT /v2/again/manifests/1 "));
    let referrers = format!("/v2/again/referrers/{}", example.layout.digest());
    assert_eq!(get(example.registry.address(), &referrers)?.status, 404);
    Ok(())
}

#[test]
fn a_damaged_image_is_refused_by_the_judges() -> Result<()> {
    let example = Example::new()?;
    let manifest = example.layout.manifest("linux/amd64")?;
    let layer = manifest["layers"][0]["digest"].as_str().unwrap_or_default();
    let path = example.layout.folder().join("blobs").join(layer.replace(':', "/"));
    let mut bytes = fs::read(&path)?;
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes)?;
    let unpacked = example.rig.unpack(&example.layout, "linux/amd64");
    assert!(matches!(unpacked, Err(RigError::Failed { .. })), "{unpacked:?}");
    let folder = tempfile::tempdir()?;
    let from = format!("oci:{}:both", example.layout.folder().display());
    let to = format!("oci:{}:both", folder.path().display());
    let copied = succeed(example.rig.skopeo().args(["copy", "--all", &from, &to]));
    assert!(matches!(copied, Err(RigError::Failed { .. })), "{copied:?}");
    Ok(())
}

#[test]
fn umoci_gives_owners_times_and_links() -> Result<()> {
    let example = Example::new()?;
    let entries = example.rig.unpack(&example.layout, "linux/arm64")?;
    let paths: Vec<_> = entries.iter().map(|entry| entry.path.to_string_lossy()).collect();
    assert_eq!(paths, ["bin", "bin/answer", "bin/same", "link"]);
    for entry in &entries {
        let owner = (entry.user, entry.group);
        let modified = (entry.modified_seconds, entry.modified_nanoseconds);
        assert_eq!((owner, modified), ((1000, 2000), (1_700_000_000, 0)), "{entry:?}");
    }
    assert!(matches!(&entries[1].kind, UnpackedKind::File { sha256 } if sha256.len() == 64));
    assert_eq!((entries[1].mode, &entries[1].hard_link_to), (0o755, &None));
    assert_eq!(entries[2].hard_link_to.as_deref(), Some(Path::new("bin/answer")));
    assert_eq!(entries[3].kind, UnpackedKind::Symlink { target: "bin/answer".into() });
    Ok(())
}

#[test]
fn containers_of_both_platforms_run_answer_and_stop() -> Result<()> {
    let example = Example::new()?;
    let containerd = Containerd::start(&example.rig)?;
    for (platform, machine) in PLATFORMS {
        let port = free_port()?;
        let environment = [("GREETING", "hello"), ("PORT", &port.to_string())];
        let image = &example.layout;
        let request =
            ContainerRequest { image, platform, arguments: &[], environment: &environment };
        let mut container = containerd.run(&request)?;
        let answer = container.get(port, "/", PATIENCE)?;
        assert_eq!((answer.status, answer.body), (200, format!("{machine}\n").into_bytes()));
        assert_eq!(container.stop(PATIENCE)?, 7);
        assert_eq!(container.output(), format!("{machine} 65532 hello [\"/bin/answer\"]\n"));
    }
    let digests: Vec<String> = containerd.images()?.into_iter().map(|(_, digest)| digest).collect();
    assert_eq!(digests, [example.layout.digest(), example.layout.digest()]);
    Ok(())
}

#[test]
fn a_container_may_be_given_another_command_line_or_dropped_while_it_runs() -> Result<()> {
    let example = Example::new()?;
    let containerd = Containerd::start(&example.rig)?;
    let arguments = ["/bin/same", "-x"];
    for (platform, machine) in PLATFORMS {
        let image = &example.layout;
        let request = ContainerRequest { image, platform, arguments: &arguments, environment: &[] };
        let mut container = containerd.run(&request)?;
        assert_eq!(container.wait(PATIENCE)?, 0);
        assert_eq!(container.output(), format!("{machine} 65532  [\"/bin/same\", \"-x\"]\n"));
        let port = free_port()?.to_string();
        let environment = [("PORT", port.as_str())];
        drop(containerd.run(&ContainerRequest { environment: &environment, ..request })?);
        assert!(get(&format!("127.0.0.1:{port}"), "/").is_err());
    }
    Ok(())
}

#[test]
fn the_schemas_tell_documents_from_nonsense() -> Result<()> {
    let example = Example::new()?;
    let schemas = ImageSchemas::open(&example.rig)?;
    let platform = "linux/amd64";
    let manifest = example.layout.manifest(platform)?;
    let config = example.layout.config(platform)?;
    let manifest_type = "application/vnd.oci.image.manifest.v1+json";
    let config_type = "application/vnd.oci.image.config.v1+json";
    schemas.validate(manifest.to_string().as_bytes(), manifest_type)?;
    schemas.validate(config.to_string().as_bytes(), config_type)?;
    let layout = fs::read(example.layout.folder().join("oci-layout"))?;
    schemas.validate(&layout, "application/vnd.oci.layout.header.v1+json")?;
    let index = fs::read(example.layout.folder().join("index.json"))?;
    schemas.validate(&index, "application/vnd.oci.image.index.v1+json")?;

    let mut broken = manifest.clone();
    broken["layers"][0]["digest"] = "sha256".into();
    broken["annotations"] = serde_json::json!({ "number": 1 });
    let problem = schemas.validate(broken.to_string().as_bytes(), manifest_type).unwrap_err();
    let lines: Vec<&str> = problem.0.lines().collect();
    assert!(lines.iter().any(|line| line.starts_with("/layers/0/digest: ")), "{problem}");
    assert!(lines.iter().any(|line| line.starts_with("/annotations/number: ")), "{problem}");
    assert_eq!(lines.len(), 2);
    let mut config = config;
    config["created"] = "yesterday".into();
    let problem = schemas.validate(config.to_string().as_bytes(), config_type).unwrap_err();
    assert!(problem.0.starts_with("/created: "), "{problem}");
    assert!(schemas.validate(b"{}", "text/plain").is_err());
    assert!(schemas.validate(b"{", config_type).is_err());
    Ok(())
}

#[test]
fn every_other_program_answers() -> Result<()> {
    let rig = Rig::open()?;
    for wanted in prerequisites::ALL {
        if let Some(arguments) = wanted.version_arguments {
            succeed(rig.program(wanted.program).args(arguments))?;
        }
    }
    succeed(rig.buildah().arg("images"))?;
    let mut date = rig.program("faketime");
    let date =
        succeed(date.args(["2001-02-03 04:05:06", "date", "--utc", "+%s"]).env("TZ", "UTC"))?;
    assert_eq!(date, b"981173106\n");
    Ok(())
}
