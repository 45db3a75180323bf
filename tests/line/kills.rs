//! Killed at any moment: the next command is right, and the store is whole.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use landfall_testkit::Workspace;
use landfall_tests::apps::{compiled_workspace, mixed};
use landfall_tests::{deaths, digest};

const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;

/// How often one failpoint is killed at, each time one pass later.
const PASSES: usize = 8;

const APP: &str = r#"
//- apps/x/app.toml
[app]
name = "x"
version = "1.0.0"
environments = ["prod"]
[inputs.release]
path = "files/release.tar"
[[layers]]
name = "unpacked"
unpack = { input = "release", to = "/opt" }
[[layers]]
name = "content"
files = { "files/big" = "/srv/big" }
//- apps/x/files/big
"#;

/// The commands that reach a failpoint, by the part of its name before the colons.
fn command_of(name: &str) -> &'static [&'static str] {
    match name.split_once("::").expect("PART::PLACE").0 {
        "lock-file" => &["lock", "x"],
        "output" => &["build", "x", "--output", "oci-archive:out.tar"],
        "gc" => &["store", "gc"],
        "compile-cache" => &["store", "gc", "--compile-cache"],
        _ => &["build", "x"],
    }
}

fn workspace() -> Workspace {
    let workspace = Workspace::from_text(APP).expect("a workspace");
    let archive = landfall_tests::apps::fixtures_folder().join("archives/accepted/modes.tar");
    fs::copy(archive, workspace.path("apps/x/files/release.tar")).expect("an archive");
    workspace
}

fn fill(workspace: &Workspace, variant: usize, length: usize) {
    let mut bytes = mixed(length);
    bytes.extend(variant.to_string().bytes());
    fs::write(workspace.path("apps/x/files/big"), bytes).expect("a file");
}

/// No store, no lock, no output.
fn clean(workspace: &Workspace) {
    let _ = fs::remove_dir_all(workspace.store());
    let _ = fs::remove_file(workspace.path("apps/x/app.lock"));
    let _ = fs::remove_file(workspace.path("out.tar"));
    let _ = fs::remove_dir_all(workspace.path("out"));
}

fn run(workspace: &Workspace, arguments: &[&str]) -> String {
    let outcome = workspace.landfall(arguments).expect("landfall starts");
    assert_eq!(outcome.status, Some(0), "{arguments:?}: {}", outcome.stderr);
    outcome.stdout
}

/// What the command needs to come by the failpoint: for a collection the layers of two builds
/// before the last two or the cache of a compile, and another view where one is replaced.
fn prepare(workspace: &Workspace, name: &str) {
    clean(workspace);
    match name {
        "view::between-renames" => build_variants(workspace, 1..2),
        name if name.starts_with("gc::") => {
            build_variants(workspace, 1..4);
            run(workspace, &["build", "x"]);
        }
        name if name.starts_with("compile-cache::") => drop(run(workspace, &["build", "x"])),
        _ => {}
    }
}

/// Builds with other content, and leaves the content of variant 0.
fn build_variants(workspace: &Workspace, variants: std::ops::Range<usize>) {
    for variant in variants {
        fill(workspace, variant, 1000);
        run(workspace, &["build", "x"]);
    }
    fill(workspace, 0, 1000);
}

/// Whether the failpoint was reached.
fn killed_at(workspace: &Workspace, name: &str, pass: usize) -> bool {
    let mut command = workspace.command(command_of(name)).expect("there is a landfall");
    let output = command
        .env("LANDFALL_FAILPOINT", format!("{name}:{pass}"))
        .output()
        .expect("landfall starts");
    match output.status.signal() {
        Some(signal) => assert_eq!(signal, SIGABRT, "{name}"),
        None => {
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr))
        }
    }
    output.status.signal().is_some()
}

/// What must hold after any death.
fn check(workspace: &Workspace, name: &str, wanted: &str) {
    if name.starts_with("compile-cache::") {
        // What was made of which is forgotten, so that the death's caches are compiled with again.
        fs::remove_dir_all(workspace.store().join("realisations")).expect("there was a build");
        assert_eq!(run(workspace, &["build", "x"]), wanted, "{name}");
    }
    run(workspace, command_of(name));
    assert_eq!(run(workspace, &["build", "x"]), wanted, "{name}");
    run(workspace, &["store", "verify"]);
    let output = run(workspace, &["build", "x", "--output", "oci-archive:out.tar"]);
    assert_eq!(output, wanted, "{name}");
}

/// Removes what is beside the app's own files after a death and a run that went well, and names it.
fn swept(workspace: &Workspace) -> Vec<String> {
    let own = ["apps", "out", "out.tar", "app.toml", "app.lock", "files"];
    let known: Vec<_> = own.iter().chain(&["Cargo.toml", "Cargo.lock", "server"]).collect();
    let folders = [workspace.root(), workspace.path("apps/x")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder"));
    let names = entries.map(|entry| entry.expect("an entry").path());
    let foreign = names.filter(|path| !known.iter().any(|known| path.ends_with(known)));
    foreign
        .map(|path| {
            fs::remove_file(&path)
                .or_else(|_| fs::remove_dir_all(&path))
                .expect("it can be removed");
            path.file_name().expect("a name").to_string_lossy().into_owned()
        })
        .collect()
}

/// Kills at each of some failpoints, pass after pass; each death has to be mended by what follows.
fn die_at(workspace: &Workspace, names: &[&str]) {
    let wanted = run(workspace, &["build", "x"]);
    let (mut hits, mut left) = (BTreeMap::new(), Vec::new());
    for name in names {
        for pass in 1..=PASSES {
            prepare(workspace, name);
            if !killed_at(workspace, name, pass) {
                break;
            }
            *hits.entry(*name).or_insert(0) += 1;
            check(workspace, name, &wanted);
            left.extend(swept(workspace).into_iter().map(|file| format!("{name} leaves {file}")));
        }
    }
    let missed: Vec<_> = names.iter().filter(|name| !hits.contains_key(**name)).collect();
    assert!(missed.is_empty(), "never reached: {missed:?}; reached: {hits:?}");
    assert!(
        left.is_empty(),
        "what a death leaves beside the user's files is mended by nobody:\n{}",
        left.join("\n")
    );
}

#[test]
fn a_death_at_every_failpoint_is_mended_by_the_next_command() {
    let workspace = workspace();
    fill(&workspace, 0, 1000);
    die_at(&workspace, &deaths::failpoints(deaths::BUILDS));
}

#[test]
fn a_death_around_a_compile_is_mended_by_the_next_command() {
    let workspace = compiled_workspace();
    die_at(&workspace, &deaths::failpoints(deaths::COMPILES));
}

/// Numbers that look random and are the same in every run.
fn numbers() -> impl Iterator<Item = u64> {
    let mut state = 88_172_645_463_325_252_u64;
    std::iter::from_fn(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some(state)
    })
}

/// Runs a command until the moment has come, and tells whether it was killed then.
fn kill_after(command: &mut Command, moment: Duration) -> bool {
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("landfall starts");
    let end = Instant::now() + moment;
    while Instant::now() < end {
        if child.try_wait().expect("it can be asked").is_some() {
            return false;
        }
        std::thread::yield_now();
    }
    // It may have ended meanwhile.
    let _ = child.kill();
    child.wait().expect("it ends").signal() == Some(SIGKILL)
}

const VARIANTS: usize = 4;
const BIG_BYTES: usize = 4_000_000;

/// What is killed at random moments, in turn, so that each one meets each variant.
const VICTIMS: [&[&str]; 3] =
    [&["build", "x"], &["build", "x", "--output", "oci:out"], &["store", "gc"]];

/// The digest of each variant, and how long each victim takes at the most.
fn undisturbed(workspace: &Workspace) -> (Vec<String>, [Duration; VICTIMS.len()]) {
    let mut longest = [Duration::ZERO; VICTIMS.len()];
    let mut digests = Vec::new();
    for variant in 0..VARIANTS {
        clean(workspace);
        fill(workspace, variant, BIG_BYTES);
        for (victim, longest) in VICTIMS.iter().zip(&mut longest) {
            let start = Instant::now();
            run(workspace, victim);
            *longest = start.elapsed().max(*longest);
        }
        digests.push(run(workspace, &["build", "x"]));
    }
    (digests, longest)
}

/// A collection that goes on beside what is killed, where there is a store.
fn collector(workspace: &Workspace) -> Option<std::process::Child> {
    let mut gc = workspace.command(&["store", "gc"]).expect("there is a landfall");
    let gc = gc.stdout(Stdio::null()).stderr(Stdio::piped());
    workspace.store().exists().then(|| gc.spawn().expect("landfall starts"))
}

/// What must hold after any death: the digest, and a layout with nothing broken or beside it.
fn is_mended(workspace: &Workspace, wanted: &str, round: usize) {
    for victim in [VICTIMS[0], VICTIMS[1]] {
        assert_eq!(run(workspace, victim), wanted, "round {round}: {victim:?}");
    }
    let read = |path: &str| fs::read(workspace.path(path)).expect("a file of the layout");
    let index = String::from_utf8(read("out/index.json")).expect("UTF-8");
    assert!(index.contains(wanted.trim()), "round {round}: {index}");
    for entry in fs::read_dir(workspace.path("out/blobs/sha256")).expect("blobs") {
        let name = entry.expect("a blob").file_name().into_string().expect("UTF-8");
        let found = digest::of(&read(&format!("out/blobs/sha256/{name}")));
        assert_eq!(found, format!("sha256:{name}"), "round {round}");
    }
    assert_eq!(swept(workspace), [""; 0], "round {round}");
}

#[test]
fn a_hundred_deaths_at_random_moments_are_mended_by_the_next_build() {
    let workspace = workspace();
    let (wanted, longest) = undisturbed(&workspace);
    let longest = longest.map(|time| u64::try_from(time.as_micros()).expect("not that long"));
    let (mut killed, mut rounds) = ([0; VICTIMS.len()], 0);
    for number in numbers().take(400) {
        let (variant, victim) = (rounds % VARIANTS, rounds % VICTIMS.len());
        if variant == 0 {
            clean(&workspace);
        }
        rounds += 1;
        fill(&workspace, variant, BIG_BYTES);
        let beside = collector(&workspace);
        let mut command = workspace.command(VICTIMS[victim]).expect("there is a landfall");
        let moment = Duration::from_micros(number % longest[victim]);
        killed[victim] += usize::from(kill_after(&mut command, moment));
        if let Some(output) = beside.map(|gc| gc.wait_with_output().expect("it ends")) {
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "round {rounds}: {stderr}");
        }
        is_mended(&workspace, &wanted[variant], rounds);
        if variant == VARIANTS - 1 {
            run(&workspace, &["store", "verify"]);
        }
        if killed.iter().sum::<usize>() == 100 {
            break;
        }
    }
    assert_eq!(killed.iter().sum::<usize>(), 100, "of {rounds} rounds");
    assert!(killed.iter().all(|count| *count > 0), "{killed:?}");
}
