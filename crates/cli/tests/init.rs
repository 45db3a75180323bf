//! What `init` writes is a workspace that plain cargo takes, too.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::fs;
use std::path::Path;
use std::process::Command;

fn init(workspace: &Path, name: &str) {
    let mut landfall = Command::new(env!("CARGO_BIN_EXE_landfall"));
    let output = landfall.args(["init", name, "--workspace"]).arg(workspace).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The names of the members, where cargo finds nothing to change in the lock.
fn members(folder: &Path) -> Vec<String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--locked", "--offline", "--format-version", "1"]);
    let output = cargo.current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| package["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_second_app_is_one_more_member() {
    let workspace = tempfile::tempdir().unwrap();
    for name in ["beta", "alpha"] {
        init(workspace.path(), name);
    }
    assert_eq!(members(workspace.path()), ["alpha", "beta"]);
    assert!(workspace.path().join("rust-toolchain.toml").is_file());
}

#[test]
fn beside_a_package_of_the_users_it_is_a_workspace_of_its_own() {
    let workspace = tempfile::tempdir().unwrap();
    let manifest = "[package]\nname = \"theirs\"\nversion = \"1.0.0\"\nedition = \"2024\"\n";
    let lock = "version = 4\n\n[[package]]\nname = \"theirs\"\nversion = \"1.0.0\"\n";
    let files = [("Cargo.toml", manifest), ("Cargo.lock", lock), ("rust-toolchain", "1.95.0\n")];
    for (path, text) in files {
        fs::write(workspace.path().join(path), text).unwrap();
    }
    fs::create_dir(workspace.path().join("src")).unwrap();
    fs::write(workspace.path().join("src/lib.rs"), "").unwrap();
    init(workspace.path(), "hello");
    assert_eq!(members(workspace.path()), ["theirs"]);
    let program = workspace.path().join("apps/hello/program");
    assert_eq!(members(&program), ["hello"]);
    for folder in [workspace.path(), &program] {
        assert!(!folder.join("rust-toolchain.toml").exists(), "one is pinned");
    }
    for (path, text) in files {
        assert_eq!(fs::read_to_string(workspace.path().join(path)).unwrap(), text, "{path}");
    }
}
