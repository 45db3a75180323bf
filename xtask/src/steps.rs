//! The developer tasks that are a program with arguments.

use std::path::Path;
use std::process::Command;

use crate::forward;
use crate::paths::root;
use crate::process::run;

fn cargo(words: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(words).current_dir(root());
    cargo
}

/// Provides what the tests need, then runs them all: those without a server first.
pub fn test(words: &[String]) -> Result<(), String> {
    run(&mut cargo(&[
        "run",
        "--locked",
        "--quiet",
        "--package",
        "landfall-testkit",
        "--bin",
        "landfall-rig",
        "--",
        "prepare",
    ]))?;
    let binary = forward::fresh()?;
    run(cargo(&["test", "--locked", "--workspace", "--no-fail-fast"])
        .args(words)
        .env("LANDFALL_BIN", &binary))?;
    run(cargo(&[
        "test",
        "--locked",
        "--package",
        "landfall-testkit",
        "--features",
        "rig",
        "--test",
        "rig",
    ])
    .args(words))?;
    run(cargo(&[
        "test",
        "--locked",
        "--package",
        "landfall-tests",
        "--features",
        "rig",
        "--test",
        "judged",
    ])
    .args(words)
    .env("LANDFALL_BIN", &binary))
}

/// Measures beside the peers.
pub fn bench(words: &[String]) -> Result<(), String> {
    let binary = forward::fresh()?;
    run(cargo(&[
        "run",
        "--locked",
        "--quiet",
        "--release",
        "--package",
        "landfall-tests",
        "--bin",
        "bench",
        "--",
    ])
    .args(words)
    .env("LANDFALL_BIN", binary))
}

/// Clippy, with the workspace's lints as errors.
pub fn lint() -> Result<(), String> {
    run(&mut cargo(&[
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "--deny",
        "warnings",
    ]))
}

/// rustfmt over every package.
pub fn fmt(words: &[String]) -> Result<(), String> {
    run(cargo(&["fmt", "--all", "--"]).args(words))
}

/// Makes the archives of the tests again: their listings are those of Python and GNU tar.
pub fn archives() -> Result<(), String> {
    let script = "tests/fixtures/archives/generate.py";
    run(Command::new("python3").args([script, "--check"]).current_dir(root()))
}

/// Parses the flake and evaluates it over a stand-in for nixpkgs.
pub fn nix() -> Result<(), String> {
    run(Command::new("bash").arg("tests/nix/check.sh").current_dir(root()))
}

/// Writes what is generated from code, or says that it is stale.
pub fn codegen(words: &[String]) -> Result<(), String> {
    let binary = forward::fresh()?;
    let check = words.iter().any(|word| word == "--check");
    generate(&binary, &root().join("docs/reference/app.schema.json"), &["schema"], check)
}

fn generate(binary: &Path, path: &Path, arguments: &[&str], check: bool) -> Result<(), String> {
    let output = Command::new(binary).args(arguments).output();
    let output =
        output.map_err(|error| format!("{} cannot be started: {error}", binary.display()))?;
    if !output.status.success() {
        return Err(format!("landfall {} ended with {}", arguments.join(" "), output.status));
    }
    if check {
        let stands = std::fs::read(path).unwrap_or_default();
        let stale = || format!("{} is stale: run `cargo xtask codegen`", path.display());
        return if stands == output.stdout { Ok(()) } else { Err(stale()) };
    }
    std::fs::write(path, &output.stdout)
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))
}
