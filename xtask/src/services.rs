//! `cargo xtask services`: forwarded to `landfall-rig`, which knows the servers.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::paths::root;

/// Becomes `landfall-rig services WORDS…`, so that its exit status is ours; comes back only where
/// that cannot be.
pub fn run(words: &[String]) -> Result<(), String> {
    let mut cargo = Command::new("cargo");
    cargo.args(["run", "--locked", "--quiet", "--manifest-path"]).arg(root().join("Cargo.toml"));
    cargo.args(["--package", "landfall-testkit", "--bin", "landfall-rig", "--", "services"]);
    let error = cargo.args(words).exec();
    Err(format!("cargo cannot be started: {error}"))
}
