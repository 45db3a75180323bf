//! Forwards product commands to the binary, and makes the binary where it is not fresh.
//!
//! Whether it is fresh is judged by the stats of its sources, so that a second run starts no inner
//! cargo.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::paths::{files, root, target};
use crate::process::run as run_program;

/// What an image for both platforms is compiled for.
const TARGETS: [&str; 2] = ["x86_64-unknown-linux-musl", "aarch64-unknown-linux-musl"];

/// Commands of the second program, which takes minutes to compile and is not built for others.
const OPERATE: [&str; 7] =
    ["plan", "apply", "release", "status", "history", "rollback", "uninstall"];

/// A program of the product, and how long it takes.
struct Program {
    name: &'static str,
    minutes: &'static str,
}

const LANDFALL: Program = Program { name: "landfall", minutes: "about two minutes" };
const LANDFALL_OPERATE: Program =
    Program { name: "landfall-operate", minutes: "about three minutes more" };

/// Becomes `landfall WORDS…`; comes back only where that cannot be.
pub fn run(words: &[OsString]) -> Result<(), String> {
    let binary = if operates(words) { fresh_with_operate()? } else { fresh()? };
    let error = Command::new(&binary).args(words).exec();
    Err(format!("{} cannot be started: {error}", binary.display()))
}

/// Whether a word is a command of the second program. An app of such a name costs a build.
fn operates(words: &[OsString]) -> bool {
    words.iter().any(|word| OPERATE.iter().any(|command| word == command))
}

/// The product's first program, built where a source differs from when it was built last.
pub fn fresh() -> Result<PathBuf, String> {
    LANDFALL.fresh(&stats())
}

/// The same, with the second one beside it.
pub fn fresh_with_operate() -> Result<PathBuf, String> {
    let sources = stats();
    let binary = LANDFALL.fresh(&sources)?;
    LANDFALL_OPERATE.fresh(&sources)?;
    Ok(binary)
}

impl Program {
    fn fresh(&self, sources: &str) -> Result<PathBuf, String> {
        let Self { name, minutes } = self;
        let folder = target().join("product");
        let (binary, stamp) = (folder.join(name), folder.join(format!("{name}.sources")));
        let known = std::fs::read_to_string(&stamp).unwrap_or_default();
        if binary.exists() && known == sources {
            return Ok(binary);
        }
        add_targets()?;
        eprintln!("xtask: building {name} ({minutes} on a fresh machine, seconds later)");
        let mut cargo = Command::new("cargo");
        cargo.args(["build", "--locked", "--profile", "product", "--package", name]);
        run_program(cargo.current_dir(root()))?;
        std::fs::write(&stamp, sources)
            .map_err(|error| format!("{} cannot be written: {error}", stamp.display()))?;
        Ok(binary)
    }
}

/// One line a source: path, length, time and inode.
fn stats() -> String {
    let source = |path: &Path| path.extension().is_some_and(|kind| kind == "rs" || kind == "toml");
    let mut paths = files(&root().join("crates"), &source);
    paths.extend(
        ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", ".cargo/config.toml"]
            .map(|name| root().join(name)),
    );
    paths.iter().fold(String::new(), |mut text, path| {
        if let Ok(stat) = path.metadata() {
            let (seconds, nanoseconds) = (stat.mtime(), stat.mtime_nsec());
            let line = writeln!(
                text,
                "{} {} {seconds}.{nanoseconds} {}",
                path.display(),
                stat.len(),
                stat.ino()
            );
            line.expect("writing into a text does not fail");
        }
        text
    })
}

/// A fresh toolchain compiles for its own machine alone; cargo inputs want static targets.
fn add_targets() -> Result<(), String> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).current_dir(root()).output();
    let sysroot = output
        .map_err(|error| format!("rustc cannot be started: {error}; install Rust by rustup"))?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
    let missing = |target: &&str| !sysroot.join("lib/rustlib").join(target).join("lib").is_dir();
    let missing: Vec<_> = TARGETS.into_iter().filter(missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    eprintln!("xtask: rustup target add {}", missing.join(" "));
    run_program(Command::new("rustup").args(["target", "add"]).args(&missing).current_dir(root()))
}
