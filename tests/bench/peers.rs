//! What others make of the same archive, each with the options that make it fastest.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use landfall_testkit::{Registry, RegistryOptions, succeed};
use serde_json::Value;

use crate::error::BenchError;
use crate::inputs::{self, Input};
use crate::landfall::{largest_file, size_bytes};
use crate::measure::Usage;
use crate::surroundings::Surroundings;
use crate::turns::{Contender, Outcome, Turn};

/// `crane append` that pushes to a registry of this machine.
pub const CRANE_REGISTRY: &str = "crane append, pushed";
/// `crane append` that writes an archive.
pub const CRANE_ARCHIVE: &str = "crane append, to a file";
/// `umoci raw add-layer` into a layout.
pub const UMOCI: &str = "umoci raw add-layer";
/// `buildah` from nothing to a layout.
pub const BUILDAH: &str = "buildah add, commit";
/// Nothing but the digest of the input, in this process.
pub const FLOOR: &str = "SHA-256 alone";

/// Every peer, and the floor.
pub fn contenders<'a>(
    around: &'a Surroundings,
    input: &'a Input,
) -> Result<Vec<Contender<'a>>, BenchError> {
    let registry = Registry::start(&around.rig, RegistryOptions::default())?;
    Ok(vec![
        Contender::new(CRANE_REGISTRY, move |turn| crane_registry(around, input, &registry, turn)),
        Contender::new(CRANE_ARCHIVE, |turn| crane_archive(around, input, turn)),
        Contender::new(UMOCI, |turn| umoci(around, input, turn)),
        Contender::new(BUILDAH, |turn| buildah(around, input, turn)),
        Contender::new(FLOOR, |_| floor(input)),
    ])
}

/// Every turn has a repository of its own, because a blob that is there is not pushed again.
fn crane_registry(
    around: &Surroundings,
    input: &Input,
    registry: &Registry,
    turn: Turn,
) -> Result<Outcome, BenchError> {
    let image = format!("{}:1", registry.repository(&format!("bench-{}", turn.number())));
    let mut crane = around.rig.crane();
    crane.args(["append", "--insecure", "--oci-empty-base", "--new_tag", &image, "--new_layer"]);
    let mut outcome = Outcome::default();
    turn.run(crane.arg(&input.path), &mut outcome)?;
    let manifest = succeed(around.rig.crane().args(["manifest", "--insecure", &image]))?;
    let manifest: Value = serde_json::from_slice(&manifest).unwrap_or_default();
    outcome.size_bytes = manifest["layers"][0]["size"].as_u64();
    Ok(outcome)
}

fn crane_archive(around: &Surroundings, input: &Input, turn: Turn) -> Result<Outcome, BenchError> {
    let archive = around.fresh("crane.tar")?;
    let mut crane = around.rig.crane();
    crane.args(["append", "--oci-empty-base", "--new_tag", "bench:1", "--new_layer"]);
    crane.arg(&input.path).arg("--output").arg(&archive);
    let mut outcome = Outcome::default();
    turn.run(&mut crane, &mut outcome)?;
    outcome.size_bytes = largest_member(&archive)?;
    Ok(outcome)
}

fn largest_member(archive: &Path) -> Result<Option<u64>, BenchError> {
    let sizes = File::open(archive).and_then(|file| {
        let mut archive = tar::Archive::new(file);
        archive
            .entries_with_seek()?
            .map(|entry| entry?.header().size())
            .collect::<Result<Vec<_>, _>>()
    });
    Ok(sizes.map_err(BenchError::at(archive))?.into_iter().max())
}

/// Where umoci's last image is.
pub fn umoci_layout(around: &Surroundings) -> PathBuf {
    around.place("umoci")
}

fn umoci(around: &Surroundings, input: &Input, turn: Turn) -> Result<Outcome, BenchError> {
    let layout = around.fresh("umoci")?;
    let image = format!("{}:bench", layout.display());
    succeed(around.rig.umoci().arg("init").arg("--layout").arg(&layout))?;
    succeed(around.rig.umoci().args(["new", "--image", &image]))?;
    let mut umoci = around.rig.umoci();
    let mut outcome = Outcome::default();
    let add = umoci.args(["raw", "add-layer", "--image", &image]).arg(&input.path);
    turn.run(add, &mut outcome)?;
    outcome.size_bytes = Some(layer_bytes(&layout)?);
    Ok(outcome)
}

/// Committing straight to a layout spares it the copy that a push would be; compression is what
/// the others do too.
fn buildah(around: &Surroundings, input: &Input, turn: Turn) -> Result<Outcome, BenchError> {
    let layout = around.fresh("buildah")?;
    let mut outcome = Outcome::default();
    let container = turn.run(around.rig.buildah().args(["from", "scratch"]), &mut outcome)?;
    let container = container.trim();
    let mut add = around.rig.buildah();
    turn.run(add.args(["add", "--quiet", container]).arg(&input.path).arg("/data"), &mut outcome)?;
    let mut commit = around.rig.buildah();
    commit.args(["commit", "--quiet", "--format", "oci", "--disable-compression=false"]);
    let target = format!("oci:{}:bench", layout.display());
    turn.run(commit.args([container, &target]), &mut outcome)?;
    succeed(around.rig.buildah().args(["rm", container]))?;
    outcome.size_bytes = Some(layer_bytes(&layout)?);
    Ok(outcome)
}

fn layer_bytes(layout: &Path) -> Result<u64, BenchError> {
    size_bytes(&largest_file(layout).map_err(BenchError::at(layout))?)
}

/// What no builder can be faster than on one core: each byte has to enter a digest.
fn floor(input: &Input) -> Result<Outcome, BenchError> {
    let start = Instant::now();
    File::open(&input.path).and_then(inputs::hash).map_err(BenchError::at(&input.path))?;
    let wall_seconds = start.elapsed().as_secs_f64();
    let usage = Usage { wall_seconds, processor_seconds: wall_seconds, peak_bytes: 0 };
    Ok(Outcome { usage, ..Outcome::default() })
}

/// How small `pigz -6` makes the input: the measure of size, not of time.
pub fn pigz_bytes(around: &Surroundings, input: &Input) -> Result<u64, BenchError> {
    let packed = around.fresh("pigz.gz")?;
    let output = File::create(&packed).map_err(BenchError::at(&packed))?;
    let mut pigz = around.program("pigz");
    let pigz = pigz.args(["-6", "-p2", "--no-name", "--stdout"]).arg(&input.path);
    let start = |source| BenchError::Start { command: "pigz".into(), source };
    let status = pigz.stdout(output).status().map_err(start)?;
    if !status.success() {
        return Err(BenchError::wrong("pigz", status.to_string()));
    }
    let size = size_bytes(&packed)?;
    around.fresh("pigz.gz")?;
    Ok(size)
}
