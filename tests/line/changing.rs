//! A file that somebody writes to while it is read: refused, or built as it was, and never
//! remembered as something else.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use landfall_testkit::{Outcome, Workspace};
use landfall_tests::built;

use crate::bad_input::{complaints, workspace};

/// How long the content is that changes.
const LENGTH: usize = 3_000_000;
/// Refusals are the rule; so many builds without one are none by chance.
const MOST_BUILDS: usize = 40;

/// Writes letters over a part of a file, one after the other, until its input ends: by `pwrite`, or
/// through a memory map, which changes no time while its pages are dirty.
const WRITER: &str = r#"
    use std::fs::OpenOptions;
    use std::io::{Read, Write};
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::FileExt;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::Arc;

    unsafe extern "C" {
        fn mmap(place: *mut u8, length: usize, may: i32, how: i32, file: i32, offset: i64) -> *mut u8;
    }

    fn main() {
        let words: Vec<String> = std::env::args().collect();
        let (way, offset, length) = (&words[2], words[3].parse().unwrap(), words[4].parse().unwrap());
        let file = OpenOptions::new().read(true).write(true).open(&words[1]).unwrap();
        let map = match way.as_str() {
            "pwrite" => None,
            _ => Some(unsafe { mmap(std::ptr::null_mut(), offset + length, 3, 1, file.as_raw_fd(), 0) }),
        };
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        std::thread::spawn(move || {
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
            stopped.store(true, Ordering::Relaxed);
        });
        let mut begun = false;
        for letter in [b'b', b'a'].into_iter().cycle() {
            match map {
                None => file.write_all_at(&vec![letter; length], offset as u64).unwrap(),
                Some(map) => unsafe { std::ptr::write_bytes(map.add(offset), letter, length) },
            }
            if !std::mem::replace(&mut begun, true) {
                println!("begun");
                std::io::stdout().flush().unwrap();
            }
            if stop.load(Ordering::Relaxed) && letter == b'a' {
                return;
            }
        }
    }
"#;

fn writer(folder: &Path) -> PathBuf {
    let (source, program) = (folder.join("writer.rs"), folder.join("writer"));
    fs::write(&source, WRITER).expect("a file");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "-O", "-o"]).arg(&program).arg(&source);
    assert!(rustc.status().expect("rustc starts").success(), "the writer compiles");
    program
}

/// A writer that has begun, and stops with its input.
struct Writing(Child);

impl Writing {
    fn start(program: &Path, place: &Path, way: &str, offset: usize) -> Self {
        let mut command = Command::new(program);
        command.arg(place).arg(way).args([offset.to_string(), LENGTH.to_string()]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the writer starts");
        let mut begun = [0; 6];
        let stdout = child.stdout.as_mut().expect("its output");
        stdout.read_exact(&mut begun).expect("it begins");
        Self(child)
    }

    fn stop(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().expect("it ends").success());
    }
}

/// What is written to: `apps/x/files/a` as it is, or packed.
struct Changing {
    name: &'static str,
    /// The line of the layer, and what follows it.
    layer: &'static str,
    /// Where the content stands in the image.
    placed: &'static str,
}

const CHANGING: [Changing; 2] = [
    Changing { name: "a", layer: "files = { \"files/a\" = \"/srv/a\" }\n", placed: "srv/a" },
    Changing {
        name: "a.tar",
        layer: "unpack = { input = \"a\", to = \"/opt\" }\n[inputs.a]\npath = \"files/a.tar\"\n",
        placed: "opt/a",
    },
];

impl Changing {
    fn workspace(&self) -> Workspace {
        let workspace = workspace();
        let toml = workspace.path("apps/x/app.toml");
        let text = fs::read_to_string(&toml).expect("app.toml");
        let old = "files = { \"files/a\" = \"/srv/a\" }\n";
        assert!(text.contains(old), "{text}");
        fs::write(toml, text.replace(old, self.layer)).expect("app.toml");
        workspace
    }

    fn place(&self, workspace: &Workspace) -> PathBuf {
        workspace.path(&format!("apps/x/files/{}", self.name))
    }

    /// The whole file with this content, and where the content begins.
    fn bytes(&self, content: &[u8]) -> (Vec<u8>, usize) {
        if self.name == "a" {
            return (content.into(), 0);
        }
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_ustar();
        header.set_size(LENGTH as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append_data(&mut header, "a", content).expect("an entry");
        (builder.into_inner().expect("a tar"), 512)
    }
}

fn build(workspace: &Workspace, more: &[&str]) -> Outcome {
    let words: Vec<_> = ["build", "x"].iter().chain(more).copied().collect();
    workspace.landfall(&words).expect("landfall starts")
}

/// The image is the one of the content that stands in its layer.
fn check_content(workspace: &Workspace, changing: &Changing, json: &str) {
    let built = built::read(json).remove("x").expect("the app");
    let layer = built.layers.values().next().expect("a layer");
    let hex = &layer[7..];
    let blob = workspace.store().join("blobs/sha256").join(&hex[..2]).join(hex);
    let blob = flate2::read::MultiGzDecoder::new(fs::File::open(blob).expect("the blob"));
    let mut layer = tar::Archive::new(blob);
    let mut entries = layer.entries().expect("a tar").map(|entry| entry.expect("an entry"));
    let placed = |entry: &tar::Entry<'_, _>| entry.path_bytes() == changing.placed.as_bytes();
    let mut content = Vec::new();
    entries.find(placed).expect("the file").read_to_end(&mut content).expect("its content");
    assert_eq!(content.len(), LENGTH);
    let fresh = changing.workspace();
    fs::write(changing.place(&fresh), changing.bytes(&content).0).expect("a file");
    assert_eq!(build(&fresh, &[]).stdout.trim(), built.digest, "{}", changing.name);
}

fn refusals(workspace: &Workspace, changing: &Changing) -> usize {
    let mut refused = 0;
    for _ in 0..MOST_BUILDS {
        // What was written to the moment before is not believed by its stat.
        let outcome = build(workspace, &["--json", "--paranoid"]);
        match outcome.status {
            Some(0) => check_content(workspace, changing, &outcome.stdout),
            _ => {
                let said = complaints(changing.name, &outcome, 1, &["changed".into()]);
                assert_eq!(said, Vec::<String>::new());
                refused += 1;
            }
        }
        if refused == 5 {
            break;
        }
    }
    refused
}

/// Afterwards each whole content gives what it gives in a store that never saw another.
fn check_store(workspace: &Workspace, changing: &Changing, way: &str) {
    for letter in [b'a', b'b'] {
        let bytes = changing.bytes(&vec![letter; LENGTH]).0;
        let fresh = changing.workspace();
        for workspace in [workspace, &fresh] {
            fs::write(changing.place(workspace), &bytes).expect("a file");
        }
        let wanted = build(&fresh, &[]);
        assert_eq!(wanted.status, Some(0), "{}", wanted.stderr);
        let found = build(workspace, &[]);
        assert_eq!(found.stdout, wanted.stdout, "{} by {way}: {}", changing.name, found.stderr);
    }
    let verified = workspace.landfall(&["store", "verify"]).expect("landfall starts");
    assert_eq!(complaints("the store", &verified, 0, &[]), Vec::<String>::new());
}

/// Bytes that are read are those that were hashed, or there is no image.
#[test]
fn a_file_that_changes_while_it_is_read_is_refused_or_built_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let writer = writer(folder.path());
    for changing in &CHANGING {
        for way in ["pwrite", "mmap"] {
            let workspace = changing.workspace();
            let (bytes, offset) = changing.bytes(&vec![b'a'; LENGTH]);
            fs::write(changing.place(&workspace), bytes).expect("a file");
            let writing = Writing::start(&writer, &changing.place(&workspace), way, offset);
            let refused = refusals(&workspace, changing);
            writing.stop();
            let still = build(&workspace, &["--json", "--paranoid"]);
            check_content(&workspace, changing, &still.stdout);
            assert!(refused > 0, "{} by {way}: nothing was refused", changing.name);
            check_store(&workspace, changing, way);
        }
    }
}
