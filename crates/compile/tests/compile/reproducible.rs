//! The same bytes, whatever the machine is like.

use std::error::Error;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::num::NonZeroUsize;
use std::os::unix::fs::symlink;
use std::process::{Command, ExitCode, Stdio};

use landfall_compile::Walls;
use libtest_mimic::Trial;
use rustix::fs::Mode;
use tempfile::TempDir;

use crate::fixture::{Fixture, Run, fetched_packages, places, walls};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("reproducible::disturbed_compiles_give_the_same_bytes", disturbed),
        trial("reproducible::weaker_walls_give_the_same_bytes", weaker_walls),
        trial("reproducible::folder_names_in_the_binary_are_refused", folder_names),
        trial("reproducible::what_a_build_script_left_behind_is_gone", left_behind),
        trial("reproducible::an_older_edit_is_compiled", older_edit),
        trial("reproducible::the_other_architecture", other_architecture),
        trial("reproducible::a_killed_compile_spoils_nothing", killed),
    ]
}

/// Two packages from a registry, one of them a procedural macro with build scripts below it; a
/// build script, a procedural macro and a library of the workspace's own. Panics name files.
const WORKSPACE: &str = r#"
=== Cargo.toml
[workspace]
resolver = "3"
members = ["server", "macros", "other"]
[workspace.dependencies]
library = { path = "library" }
thiserror = "2"
[profile.release]
opt-level = 1
=== server/Cargo.toml
[package]
name = "server"
version = "0.1.0"
edition = "2024"
[dependencies]
itoa = "1"
library.workspace = true
macros = { path = "../macros" }
thiserror.workspace = true
=== server/build.rs
fn main() {
    let folder = std::env::var("OUT_DIR").unwrap();
    std::fs::write(format!("{folder}/generated.rs"), "pub fn pick(bytes: &[u8], at: usize) -> u8 { bytes[at] }").unwrap();
    println!("cargo::rerun-if-changed=build.rs");
}
=== server/src/main.rs
include!(concat!(env!("OUT_DIR"), "/generated.rs"));
#[derive(Debug, thiserror::Error)]
#[error("number {0}")]
struct Number(String);
#[derive(macros::Hello)]
struct Server;
fn main() {
    let count = std::env::args().count();
    println!("{} {}", Server::hello(), Number(itoa::Buffer::new().format(count).into()));
    println!("{} {}", library::pick(count), pick(b"abc", count));
}
=== library/Cargo.toml
[package]
name = "library"
version = "0.1.0"
edition = "2024"
=== library/src/lib.rs
pub fn pick(at: usize) -> u32 { vec![1, 2, 3][at] }
=== macros/Cargo.toml
[package]
name = "macros"
version = "0.1.0"
edition = "2024"
[lib]
proc-macro = true
=== macros/src/lib.rs
use proc_macro::TokenStream;
#[proc_macro_derive(Hello)]
pub fn hello(item: TokenStream) -> TokenStream {
    let name = item.into_iter().nth(1).unwrap();
    format!("impl {name} {{ fn hello() -> &'static str {{ \"hello\" }} }}").parse().unwrap()
}
=== other/Cargo.toml
[package]
name = "other"
version = "0.1.0"
edition = "2024"
[dependencies]
serde_json = "1"
=== other/src/lib.rs
=== Cargo.lock
version = 4
[[package]]
name = "server"
version = "0.1.0"
dependencies = ["itoa", "library", "macros", "thiserror"]
[[package]]
name = "library"
version = "0.1.0"
[[package]]
name = "macros"
version = "0.1.0"
[[package]]
name = "other"
version = "0.1.0"
dependencies = ["serde_json"]
"#;

fn workspace(folder: &str) -> Fixture {
    Fixture::at(&format!("{WORKSPACE}{}", fetched_packages()), folder)
}

fn disturbed() {
    let (here, cache) = (workspace("here"), TempDir::new().unwrap());
    let calm = Run::with_cache(cache.path().into());
    let expected = calm.digest(&here, "server");

    let mut disturbed = Run::cold();
    let home = TempDir::new().unwrap();
    symlink(places().cargo_home.join("registry"), home.path().join("registry")).unwrap();
    disturbed.cargo_home = home.path().into();
    let traces = TempDir::new().unwrap();
    for (name, value) in [
        ("HOME", "/nonexistent"),
        ("RUSTFLAGS", "-Ctarget-cpu=native -Copt-level=0"),
        ("CARGO_ENCODED_RUSTFLAGS", "-Cdebuginfo=2"),
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
        ("CARGO_BUILD_TARGET", "wasm32-unknown-unknown"),
        ("RUSTC_WRAPPER", "/nonexistent"),
        ("TZ", "Asia/Seoul"),
        ("LC_ALL", "tr_TR.UTF-8"),
        ("SOURCE_DATE_EPOCH", "1700000000"),
        // The dynamic loader of each program that heeds these writes a file.
        ("LD_DEBUG", "files"),
        ("LD_DEBUG_OUTPUT", traces.path().join("trace").to_str().unwrap()),
    ] {
        disturbed.environment.insert(name.into(), value.into());
    }
    disturbed.jobs = NonZeroUsize::new(1);
    let elsewhere = workspace("some where/else");
    let before = rustix::process::umask(Mode::from_raw_mode(0o077));
    assert_eq!(
        disturbed.digest(&elsewhere, "server"),
        expected,
        "everything disturbed, from nothing"
    );
    rustix::process::umask(before);
    assert_eq!(traces.path().read_dir().unwrap().count(), 0, "the loader was told something");

    let warm = Run::with_cache(cache.path().into());
    let third = workspace("third");
    assert_eq!(warm.digest(&third, "server"), expected, "with dependencies compiled before");
    let lines = std::cell::RefCell::new(Vec::new());
    let again = Run::with_cache(cache.path().into());
    again
        .compile_loudly(&third, "server", &|line| lines.borrow_mut().push(line.to_owned()))
        .unwrap();
    let compiled =
        |name: &str| lines.borrow().iter().any(|line| line.contains(&format!("Compiling {name} ")));
    assert!(compiled("server") && !compiled("itoa"), "{lines:?}");
}

fn weaker_walls() {
    let fixture = workspace("here");
    let expected = Run::cold().digest(&fixture, "server");
    for weaker in [Walls::Landlock, Walls::Open] {
        let mut run = Run::cold();
        run.walls = weaker;
        assert_eq!(run.digest(&workspace("there"), "server"), expected, "{weaker:?}");
    }
}

const NAMES: &str = r#"
=== Cargo.toml
[package]
name = "names"
version = "0.1.0"
edition = "2024"
=== src/main.rs
fn main() { println!("{}", env!("CARGO_MANIFEST_DIR")); }
=== Cargo.lock
version = 4
[[package]]
name = "names"
version = "0.1.0"
"#;

fn folder_names() {
    let fixture = Fixture::new(NAMES);
    if walls().walls == Walls::Namespaces {
        let run = Run::cold();
        let compiled = run.compile(&fixture, "names").unwrap();
        let said = Command::new(compiled.binary).output().unwrap().stdout;
        assert_eq!(String::from_utf8(said).unwrap(), "/landfall/source\n");
    }
    let mut open = Run::cold();
    open.walls = Walls::Open;
    let error = open.error(&fixture, "names").to_string();
    let folder = open.scratch.path().display();
    assert!(
        error.starts_with(&format!("the binary `names` holds the name of the folder `{folder}`")),
        "{error}"
    );
}

const COUNTING: &str = r#"
=== Cargo.toml
[package]
name = "counting"
version = "0.1.0"
edition = "2024"
=== build.rs
fn main() {
    let file = std::path::Path::new(&std::env::var_os("OUT_DIR").unwrap()).join("count");
    let count: u32 = std::fs::read_to_string(&file).map_or(0, |text| text.parse().unwrap());
    std::fs::write(file, (count + 1).to_string()).unwrap();
}
=== src/main.rs
fn main() { print!("{}", include_str!(concat!(env!("OUT_DIR"), "/count"))); }
=== Cargo.lock
version = 4
[[package]]
name = "counting"
version = "0.1.0"
"#;

fn left_behind() {
    let (fixture, cache) = (Fixture::new(COUNTING), TempDir::new().unwrap());
    let digests =
        [(), ()].map(|()| Run::with_cache(cache.path().into()).digest(&fixture, "counting"));
    assert_eq!(digests[0], digests[1]);
}

/// A checkout of an older commit has files that look older than the last compile.
fn older_edit() {
    let (fixture, cache) = (Fixture::new(COUNTING), TempDir::new().unwrap());
    let first = Run::with_cache(cache.path().into()).digest(&fixture, "counting");
    fixture.write("src/main.rs", "fn main() { print!(\"older\"); }");
    let file = fs::File::open(fixture.path().join("src/main.rs")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    let run = Run::with_cache(cache.path().into());
    let compiled = run.compile(&fixture, "counting").unwrap();
    assert_eq!(Command::new(&compiled.binary).output().unwrap().stdout, b"older");
    assert_eq!(compiled.size_bytes, compiled.binary.metadata().unwrap().len());
    fixture.write(
        "src/main.rs",
        COUNTING.split("=== src/main.rs\n").nth(1).unwrap().split("===").next().unwrap(),
    );
    assert_eq!(Run::with_cache(cache.path().into()).digest(&fixture, "counting"), first);
}

fn other_architecture() {
    let machines = [("aarch64", 0xb7), ("x86_64", 0x3e)];
    for (architecture, machine) in machines {
        let mut run = Run::cold();
        run.target = format!("{architecture}-unknown-linux-musl");
        let compiled =
            run.compile(&Fixture::new(NAMES), "names").unwrap_or_else(|error| panic!("{error}"));
        let bytes = fs::read(compiled.binary).unwrap();
        assert_eq!((&bytes[..4], bytes[18]), (&b"\x7fELF"[..], machine));
        assert!(
            !bytes.windows(4).any(|window| window == b"/ld-"),
            "{architecture} asks for a loader"
        );
    }
}

/// The compile runs in a process of its own, which is killed when it says its nth line.
fn killed() {
    let (fixture, cache) = (workspace("here"), TempDir::new().unwrap());
    let expected = Run::cold().digest(&fixture, "server");
    for lines in [1, 3, 9] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("compile-once").arg(fixture.path()).arg(cache.path()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(said.take(lines).count(), lines, "the compile says less than it did");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let run = Run::with_cache(cache.path().into());
    assert_eq!(run.digest(&fixture, "server"), expected);
}

/// What `compile-once WORKSPACE CACHE` does. An error is printed with its causes, a line each.
pub fn once(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let fixture = Fixture::of(arguments.next().unwrap().into());
    let run = Run::with_cache(arguments.next().unwrap().into());
    let Err(error) = run.compile_loudly(&fixture, "server", &|line| println!("{line}")) else {
        return ExitCode::SUCCESS;
    };
    println!("\noutside: {}", error.is_outside());
    let mut cause: Option<&dyn Error> = Some(&error);
    while let Some(error) = cause {
        println!("{error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}
