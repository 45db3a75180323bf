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

/// The suites: those that need nothing but Rust, the rig's own, the product under judges and servers.
const SUITES: [(&str, &[&str]); 3] = [
    ("workspace", &["--workspace", "--no-fail-fast"]),
    ("rig", &["--package", "landfall-testkit", "--features", "rig", "--test", "rig"]),
    ("judged", &["--package", "landfall-tests", "--features", "rig", "--test", "judged"]),
];

/// Provides what the tests need, then runs every suite, even after one failed.
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
    let binary = forward::fresh_with_operate()?;
    run_all(SUITES.map(|(name, selection)| {
        let mut suite = cargo(&["test", "--locked"]);
        suite.args(selection).args(words).env("LANDFALL_BIN", &binary);
        (name, suite)
    }))
}

/// Runs programs one after the other, and names at the end all that failed.
fn run_all<const COUNT: usize>(programs: [(&str, Command); COUNT]) -> Result<(), String> {
    let results = programs.map(|(name, mut program)| (name, run(&mut program)));
    let failed = results.into_iter().filter_map(|(name, result)| Some((name, result.err()?)));
    let failed: Vec<_> = failed.map(|(name, error)| format!("{name}: {error}")).collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_after_a_failure_runs_and_every_failure_is_named() {
        let [one, two, three] = ["false", "true", "false"].map(Command::new);
        let ended = run_all([("one", one), ("two", two), ("three", three)]);
        let status = "\"false\" ended with exit status: 1";
        assert_eq!(ended, Err(format!("one: {status}\nthree: {status}")));
    }
}
