//! Processes that die in the middle of their work, and processes that work at the same time.
//!
//! This program starts itself again as the process that dies: at each failpoint, each time that the
//! work comes by it, and at moments that nothing chose. After every death the store must be in
//! order, the same work done again must succeed, and leave what it leaves when nothing dies.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use landfall_hashing::Digest;
use landfall_store::{Fault, GcOptions, Root, StatCache, Store};
use landfall_tree::Tree;
use libtest_mimic::{Arguments, Failed, Trial};
use tempfile::TempDir;

/// The points that this crate has; the others stand in other crates.
const POINTS: [&str; 12] = [
    "blob::half-written",
    "blob::before-rename",
    "blob::after-rename",
    "record::before-rename",
    "record::after-rename",
    "root::before-rename",
    "root::after-rename",
    "view::before-rename",
    "view::between-renames",
    "view::after-rename",
    "gc::before-remove",
    "gc::after-remove",
];
const ABORTED: i32 = 6;
const KILLED: i32 = 9;

fn main() {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match arguments.get(1).and_then(|first| first.to_str()) {
        Some("work") => return child(&arguments[2..], work),
        Some("build") => {
            return child(&arguments[2..], |folder| (0..40).for_each(|round| build(folder, round)));
        }
        Some("collect") => {
            return child(&arguments[2..], |folder| (0..60).for_each(|_| collect(folder)));
        }
        _ => {}
    }
    let mut trials: Vec<_> = POINTS.map(|point| Trial::test(point, move || dies_at(point))).into();
    trials.push(Trial::test("killed at any moment", killed_at_any_moment));
    trials.push(Trial::test("four builds and a collector", four_builds_and_a_collector));
    trials.push(Trial::test("every point is here", every_point_is_here));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// `FOLDER [POINT NTH]`
fn child(arguments: &[OsString], work: impl Fn(&Path)) {
    if let [_, point, nth] = arguments {
        let nth = nth.to_str().unwrap().parse().unwrap();
        assert!(landfall_failpoint::arm(point.to_str().unwrap(), nth));
    }
    work(Path::new(&arguments[0]));
}

/// Everything that the store can do, in a row, so that each failpoint is passed several times.
fn work(folder: &Path) {
    let store = Store::open(folder).unwrap();
    say("open");
    let damaged = store.put_blob(b"a blob whose bits will flip").unwrap();
    flip_bit(&store.blob_path(&damaged));
    store.verify(&|_| ()).unwrap();
    say("verified");
    for version in 1..=2 {
        hold(&store, "myapp", version);
    }
    hold(&store, "old", 0);
    say("built");
    assert!(store.remove_root("old").unwrap());
    remember(&store);
    store.collect_garbage(GcOptions::default()).unwrap();
    say("collected");
}

fn hold(store: &Store, name: &str, version: u64) {
    let mut writer = store.blob_writer().unwrap();
    writer.write_all(format!("layer {version}").as_bytes()).unwrap();
    let layer = writer.commit().unwrap().0;
    say("layer");
    let config = store.put_blob(format!("config {version}").as_bytes()).unwrap();
    let tree = store.put_tree(&Tree::file(layer, version, 0o644)).unwrap();
    store.put_realisation(&config, &tree).unwrap();
    say("realised");
    let blobs = BTreeSet::from([layer, config]);
    let root = Root {
        workspace: "/src".into(),
        app: name.into(),
        blobs: blobs.clone(),
        trees: BTreeSet::from([tree]),
        realisations: BTreeSet::from([config]),
        record: version.into(),
    };
    store.put_root(name, &root).unwrap();
    say("root");
    store.write_view(name, format!("{version}").as_bytes(), &Vec::from_iter(blobs)).unwrap();
    say("view");
}

/// The program itself is older than the moment at which it was started.
fn remember(store: &Store) {
    let program = std::env::current_exe().unwrap();
    let cache = StatCache::load(store, "cache").unwrap();
    cache.insert(&program, &fs::metadata(&program).unwrap(), &Digest::of("program"));
    cache.save().unwrap();
}

fn flip_bit(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    let mut bytes = fs::read(path).unwrap();
    bytes[0] ^= 1;
    fs::OpenOptions::new().write(true).mode(0o444).open(path).unwrap().write_all(&bytes).unwrap();
}

/// A line for whoever decides when this process is killed.
fn say(word: &str) {
    let mut out = std::io::stdout();
    // Nobody may be listening any more.
    let _ = writeln!(out, "{word}").and_then(|()| out.flush());
}

fn start(verb: &str, folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(verb).arg(folder).args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn new_folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn dies_at(point: &'static str) -> Result<(), Failed> {
    let reference = undisturbed();
    let mut deaths = 0;
    loop {
        let folder = new_folder();
        let nth = (deaths + 1).to_string();
        let output = start("work", folder.path(), &[point, &nth]).wait_with_output()?;
        if output.status.success() {
            break;
        }
        assert_eq!(output.status.signal(), Some(ABORTED), "{point} {nth}: {}", output.status);
        deaths += 1;
        mends(folder.path(), &reference);
    }
    assert!(deaths > 0, "the work never comes by {point}");
    println!("{point}: {deaths} deaths");
    Ok(())
}

fn killed_at_any_moment() -> Result<(), Failed> {
    let reference = undisturbed();
    let folder = new_folder();
    for round in 0..60 {
        let mut process = start("work", folder.path(), &[]);
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let heard = (0..round % 20).take_while(|_| lines.next().is_some()).count();
        process.kill().unwrap();
        let status = process.wait().unwrap();
        assert!(
            status.success() || status.signal() == Some(KILLED),
            "round {round}, {heard} lines: {status}"
        );
        if round % 4 == 3 {
            mends(folder.path(), &reference);
        }
    }
    Ok(())
}

/// The content that the work leaves where nothing disturbs it.
fn undisturbed() -> BTreeMap<PathBuf, Digest> {
    let folder = new_folder();
    assert!(start("work", folder.path(), &[]).wait().unwrap().success());
    content(folder.path())
}

/// After a death: the store is in order, nothing is left behind, and the same work succeeds.
fn mends(folder: &Path, reference: &BTreeMap<PathBuf, Digest>) {
    {
        let store = Store::open(folder).unwrap();
        let problems = store.verify(&|_| ()).unwrap().problems;
        // The bit that the work itself flips may not have been found when it died.
        let flipped = Digest::of("a blob whose bits will flip");
        let own = |fault: &Fault| match fault {
            Fault::Damaged { expected, .. } => *expected == flipped,
            _ => false,
        };
        assert!(problems.iter().all(|problem| own(&problem.fault)), "{problems:?}");
        assert_eq!(store.verify(&|_| ()).unwrap().problems, []);
        assert_eq!(fs::read_dir(folder.join("tmp")).unwrap().count(), 0);
        assert_eq!(fs::read_dir(folder.join("leases")).unwrap().count(), 1);
    }
    assert!(start("work", folder, &[]).wait().unwrap().success());
    assert_eq!(Store::open(folder).unwrap().verify(&|_| ()).unwrap().problems, []);
    assert_eq!(&content(folder), reference);
}

/// Every file of a store by its path; not the stat cache, which may remember less.
fn content(folder: &Path) -> BTreeMap<PathBuf, Digest> {
    let mut content = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else {
                let path = entry.path().strip_prefix(folder).unwrap().to_path_buf();
                if !path.starts_with("stat") {
                    content.insert(path, Digest::of(fs::read(entry.path()).unwrap()));
                }
            }
        }
    }
    content
}

fn four_builds_and_a_collector() -> Result<(), Failed> {
    let folder = new_folder();
    Store::open(folder.path())?;
    let verbs = ["build", "build", "build", "build", "collect"];
    let processes = verbs.map(|verb| start(verb, folder.path(), &[]));
    for process in processes {
        let output = process.wait_with_output()?;
        assert!(output.status.success(), "{}", output.status);
    }
    let store = Store::open(folder.path())?;
    assert_eq!(store.verify(&|_| ())?.problems, []);
    assert_eq!(fs::read_dir(folder.path().join("tmp"))?.count(), 0);
    Ok(())
}

/// All builds share the same few versions, so that they write and count on the same objects.
fn build(folder: &Path, round: u64) {
    let store = Store::open(folder).unwrap();
    let name = format!("app{}", std::process::id());
    hold(&store, &name, round % 5);
    for blob in store.root(&name).unwrap().unwrap().blobs {
        store.read_blob(&blob).unwrap();
    }
}

fn collect(folder: &Path) {
    Store::open_existing(folder).unwrap().collect_garbage(GcOptions::default()).unwrap();
}

/// A point that is added to this crate is added to this test.
fn every_point_is_here() -> Result<(), Failed> {
    let elsewhere = [
        "apply::",
        "compile-cache::",
        "init::",
        "ledger::",
        "lock-file::",
        "output::",
        "shadow::",
        "uninstall::",
    ];
    let ours = landfall_failpoint::ALL
        .iter()
        .filter(|point| !elsewhere.iter().any(|name| point.starts_with(name)));
    assert_eq!(ours.copied().collect::<Vec<_>>(), POINTS);
    Ok(())
}
