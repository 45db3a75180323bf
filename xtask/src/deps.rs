//! Licences, sources and duplicates of dependencies, judged by cargo-deny.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::paths::{root, target};
use crate::{process, wheels};

/// What judges, as `cargo-deny --version` says it.
const VERSION: &str = "0.20.2";

/// Runs the checks of `.deny.toml` that need no network. Advisories need a clone of their database
/// and are asked for by hand: `cargo deny check advisories`.
pub fn run() -> Result<(), String> {
    let program = provide()?;
    // What other systems need is judged, too, and no build here has fetched it.
    process::run(Command::new("cargo").args(["fetch", "--locked", "--quiet"]).current_dir(root()))?;
    let words = ["--offline", "--all-features", "--locked", "check", "licenses", "bans", "sources"];
    process::run(Command::new(program).args(words).current_dir(root()))
}

/// The program: from the PATH, from the pinned tools, or compiled, whichever is there first.
fn provide() -> Result<PathBuf, String> {
    let folder = target().join("tools");
    let compiled = folder.join("bin/cargo-deny");
    let wheel = || wheels::programs().join("cargo-deny");
    let known = std::iter::once("cargo-deny".into())
        .chain(std::iter::once_with(wheel))
        .chain([compiled.clone()]);
    if let Some(program) = known.into_iter().find(|program: &PathBuf| is_right(program)) {
        return Ok(program);
    }
    eprintln!("xtask: cargo install cargo-deny {VERSION}");
    let words = ["install", "--locked", "--quiet", "cargo-deny", "--version", VERSION, "--root"];
    process::run(Command::new("cargo").args(words).arg(&folder))?;
    Ok(compiled)
}

fn is_right(program: &Path) -> bool {
    let output = Command::new(program).arg("--version").output();
    output.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(VERSION))
}
