//! The binary starts. That this test stands here also lets a plain `cargo test` build the binary,
//! which the end-to-end tests of the package `landfall-tests` look for.

use std::process::Command;

#[test]
fn the_binary_says_its_version() {
    let output = Command::new(env!("CARGO_BIN_EXE_landfall")).arg("--version").output().unwrap();
    let version = format!("landfall {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8_lossy(&output.stdout), version);
}
