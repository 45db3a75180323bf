//! Licences, sources and duplicates of dependencies, judged by cargo-deny.

use std::process::Command;

use crate::paths::root;
use crate::steps;

/// What judges, as `cargo-deny --version` says it. Installed from source where it is missing.
const VERSION: &str = "0.20.2";

/// Runs the checks of `deny.toml` that need no network. Advisories need a clone of their database
/// and are asked for by hand: `cargo deny check advisories`.
pub fn run() -> Result<(), String> {
    provide()?;
    steps::run(Command::new("cargo").args(["deny", "--offline", "--all-features", "check", "licenses", "bans", "sources"]).current_dir(root()))
}

fn provide() -> Result<(), String> {
    let found = Command::new("cargo").args(["deny", "--version"]).output();
    let there = found.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(VERSION));
    if there {
        return Ok(());
    }
    eprintln!("xtask: cargo install cargo-deny {VERSION}");
    run_install()
}

fn run_install() -> Result<(), String> {
    steps::run(Command::new("cargo").args(["install", "--locked", "--quiet", "cargo-deny", "--version", VERSION]).current_dir(root()))
}
