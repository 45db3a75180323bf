//! A disk that is full while a package is compiled is said to be full, whoever notices.

use std::path::Path;
use std::process::{Command, Output};

use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::fixture::Fixture;
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![trial("full_disk::is_said_and_not_taken_for_an_error_of_the_package", full)]
}

const PACKAGE: &str = r#"
=== Cargo.toml
[package]
name = "server"
version = "0.1.0"
edition = "2024"
[dependencies]
library = { path = "library" }
=== src/main.rs
fn main() { println!("{}", library::text(1)); }
=== library/Cargo.toml
[package]
name = "library"
version = "0.1.0"
edition = "2024"
=== library/src/lib.rs
pub fn text(count: usize) -> String { "library".repeat(count) }
=== Cargo.lock
version = 4
[[package]]
name = "library"
version = "0.1.0"
[[package]]
name = "server"
version = "0.1.0"
dependencies = ["library"]
"#;

/// Too small for the folders, for cargo, for rustc, for the linker.
const TOO_SMALL: &[&str] = &["nr_inodes=2", "size=4k", "size=32k", "size=64k", "size=128k"];

fn full() {
    for options in TOO_SMALL {
        let output = compile_on(options);
        let said = String::from_utf8_lossy(&output.stdout);
        if output.status.code() == Some(NO_MOUNT) {
            return println!("LEFT OUT: a full disk: nothing can be mounted here");
        }
        assert!(!output.status.success(), "{options}: it compiles");
        assert!(said.contains("\noutside: true\n"), "{options}: {said}");
        assert!(said.contains("\nNo space left on device (os error 28)\n"), "{options}: {said}");
    }
    let output = compile_on("size=64m");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// What the script ends with where it may not mount.
const NO_MOUNT: i32 = 99;

/// Compiles in a process of its own, with its cache on a disk that is made as said.
fn compile_on(options: &str) -> Output {
    let (fixture, cache) = (Fixture::new(PACKAGE), TempDir::new().unwrap());
    let script =
        "mount -t tmpfs -o \"$1\" none \"$4\" || exit 99; exec \"$2\" compile-once \"$3\" \"$4\"";
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh", options]);
    let paths: [&Path; 3] = [&program, fixture.path(), cache.path()];
    command.args(paths).output().unwrap()
}
