//! What `docs/formats` says of ids and locks is what this crate does, and every digest there is
//! that of the text beside it.

#![allow(clippy::unwrap_used, reason = "functions beside the tests are part of them")]

use std::fs;
use std::path::{Path, PathBuf};

use landfall_derivation::build::{Build, UNPACKER};
use landfall_derivation::lock::{Lock, LockedInput};
use landfall_hashing::Digest;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn formats() -> PathBuf {
    root().join("docs/formats")
}

fn vector(name: &str) -> String {
    fs::read_to_string(formats().join("vectors").join(name)).unwrap()
}

fn written(build: &Build) -> String {
    String::from_utf8(build.to_bytes()).unwrap()
}

#[test]
fn an_unpack_is_written_as_documented() {
    let build = Build::Unpack {
        unpacker: UNPACKER,
        archive: Digest::of("an archive\n"),
        format: "tar.gz".into(),
        strip: 1,
        include: Vec::new(),
        exclude: vec!["**/*.md".into()],
        allow_special: Vec::new(),
    };
    let wanted = vector("build-unpack.json");
    assert_eq!(written(&build), wanted);
    assert_eq!(build.id(), Digest::of(wanted));
}

#[test]
fn a_compile_is_written_as_documented() {
    let wanted = vector("build-cargo.json");
    let mut document: Value = serde_json::from_str(&wanted).unwrap();
    let build = Build::Cargo { identity: document["identity"].take() };
    assert_eq!(written(&build), wanted);
    assert_eq!(build.id(), Digest::of(wanted));
}

fn locked(name: &str, platform: Option<&str>, file: &str, content: &str) -> LockedInput {
    LockedInput {
        name: name.into(),
        platform: platform.map(Into::into),
        url: format!("https://example.org/{file}"),
        digest: Digest::of(content),
        size_bytes: content.len() as u64,
    }
}

#[test]
fn a_lock_is_written_and_sealed_as_documented() {
    let release = |architecture: &str| {
        let platform = format!("linux/{architecture}");
        let file = format!("hello-1.0.0-{architecture}.tar.gz");
        locked("release", Some(&platform), &file, &format!("{architecture}\n"))
    };
    let fonts = locked("fonts", None, "fonts.zip", "fonts\n");
    let lock = Lock::new(1, vec![release("arm64"), fonts, release("amd64")]);
    let wanted = vector("lock.toml");
    assert_eq!(lock.to_text(), wanted);
    assert_eq!(lock.seal(), Digest::of(vector("lock-sealed.json")));
    assert_eq!(Lock::from_text(&wanted), Ok(lock));
}

/// `sha256sum --check SHA256SUMS`, and no file that it does not name.
#[test]
fn the_sums_are_those_of_all_vectors() {
    let folder = formats().join("vectors");
    let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
    let names = entries.map(|name| name.into_string().unwrap());
    let mut names: Vec<_> =
        names.filter(|name| !name.starts_with('.') && name != "SHA256SUMS").collect();
    names.sort();
    let line = |name: &String| {
        format!("{}  {name}\n", Digest::of(fs::read(folder.join(name)).unwrap()).hex())
    };
    assert_eq!(vector("SHA256SUMS"), names.iter().map(line).collect::<String>());
}

/// In a document, a line `$ printf '%s' 'TEXT' | sha256sum` or `$ sha256sum FILE` is followed by
/// what it prints.
#[test]
fn every_sum_in_the_documents_is_right() {
    let mut checked = 0;
    for entry in fs::read_dir(formats()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "md") {
            continue;
        }
        let document = fs::read_to_string(&path).unwrap();
        let mut lines = document.lines();
        while let Some(line) = lines.next() {
            let Some((bytes, shown)) = summed(line) else { continue };
            let wanted = format!("{}  {shown}", Digest::of(bytes).hex());
            assert_eq!(lines.next(), Some(wanted.as_str()), "{}: {line}", path.display());
            checked += 1;
        }
    }
    assert!(checked >= 12, "only {checked} sums were found");
}

/// The bytes that a line sums, and how `sha256sum` names them.
fn summed(line: &str) -> Option<(Vec<u8>, &str)> {
    if let Some(text) = line.strip_prefix("$ printf '%s' '") {
        return Some((text.strip_suffix("' | sha256sum")?.into(), "-"));
    }
    let path = line.strip_prefix("$ sha256sum ")?;
    Some((fs::read(root().join(path)).unwrap(), path))
}
