//! Cargo over a workspace with nothing of the product around it: what each defence is compared with.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use landfall_testkit::Workspace;

use crate::digest;

/// Runs `cargo build --release` in a workspace, into a target folder beside it.
///
/// # Panics
/// There is no `cargo`.
pub fn build(workspace: &Workspace, target: &Path, variables: &[(&str, &str)]) -> Output {
    let like = workspace.command(&[]).expect("there is a landfall");
    let mut cargo = Command::new("cargo");
    cargo.env_clear().envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
    cargo.args(["build", "--release", "--offline", "--target-dir"]).arg(target);
    cargo.envs(variables.iter().copied()).current_dir(workspace.root());
    cargo.output().expect("cargo starts")
}

/// The digest of the binary `server` that [`build`] makes.
///
/// # Panics
/// It does not compile.
pub fn digest_of_server(workspace: &Workspace, variables: &[(&str, &str)]) -> String {
    let target = tempfile::tempdir().expect("a folder");
    let output = build(workspace, target.path(), variables);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    digest::of(&fs::read(target.path().join("release/server")).expect("the binary"))
}
