//! The layers and documents in `docs/formats/vectors` are what this crate writes, byte for byte.
//!
//! A change that breaks this test changes digests: it needs a new encoding, never new vectors.

#![allow(clippy::unwrap_used, reason = "functions beside the tests are part of them")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use landfall_hashing::{Digest, canonical};
use landfall_image::compress::{Input, Threads, compress};
use landfall_image::document::{
    Descriptor, Empty, Execution, Image, Layer, Platform, PlatformImage,
};
use landfall_image::layer::{self, LayerDerivation};
use landfall_image::{Compression, Encoding, TarStream};
use landfall_tree::{Contents, MissingContent, Tree};
use rayon::ThreadPool;
use serde_json::json;

fn formats() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats")
}

fn vector(name: &str) -> Vec<u8> {
    fs::read(formats().join("vectors").join(name)).unwrap()
}

fn pool() -> ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap()
}

/// The contents of the example's files.
struct Example;

impl Contents for Example {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        let contents = ["hello\n", "port = 8080\n"];
        let found = contents.into_iter().find(|content| Digest::of(content) == *digest);
        Ok(Box::new(found.ok_or(MissingContent { digest: *digest })?.as_bytes()))
    }
}

fn tree() -> Tree {
    Tree::from_bytes(&vector("tree.jsonl")).unwrap()
}

fn derivation(compression: Compression) -> LayerDerivation {
    LayerDerivation { tree: tree().hash(), encoding: Encoding::V1, compression }
}

fn written(compression: Compression) -> (Input, Vec<u8>) {
    let mut blob = Vec::new();
    let derivation = derivation(compression);
    let done = layer::write(
        Threads { pool: &pool(), memory_bytes: 64 << 20 },
        &derivation,
        &tree(),
        &Example,
        &mut blob,
    )
    .unwrap();
    (done, blob)
}

#[test]
fn a_layer_is_derived_as_documented() {
    let derivation = derivation(Compression::Gzip);
    assert_eq!(derivation.to_bytes(), vector("layer.json"));
    assert_eq!(derivation.id(), Digest::of(vector("layer.json")));
}

#[test]
fn a_layer_is_written_as_documented() {
    let mut tar = Vec::new();
    TarStream::new(&tree(), &Example).read_to_end(&mut tar).unwrap();
    assert_eq!(tar, vector("layer.tar"));
    for (compression, name) in
        [(Compression::Gzip, "layer.tar.gz"), (Compression::Zstd, "layer.tar.zst")]
    {
        let (done, blob) = written(compression);
        assert_eq!(done.diff_id, Digest::of(&tar), "{name}");
        assert_eq!(done.size_bytes, tar.len() as u64, "{name}");
        assert_eq!(blob, vector(name), "{name}");
    }
}

/// What `seq 1 800000` prints: six members, two frames.
fn counting() -> Vec<u8> {
    let mut text = String::new();
    (1..=800_000).for_each(|number| writeln!(text, "{number}").unwrap());
    text.into()
}

/// The SHA-256 of `0`, `1`, … up to 2047: nothing shrinks it, and it takes two stored blocks.
fn noise() -> Vec<u8> {
    let byte = |hex: &[u8]| u8::from_str_radix(str::from_utf8(hex).unwrap(), 16).unwrap();
    let digest = |number: u32| {
        let hex = Digest::of(number.to_string()).hex();
        hex.as_bytes().chunks(2).map(byte).collect::<Vec<_>>()
    };
    (0..2048).flat_map(digest).collect()
}

/// Noise with each byte below 5 raised to 5: barely shrinks.
fn dense() -> Vec<u8> {
    noise().into_iter().map(|byte| byte.max(5)).collect()
}

/// Noise with each byte below 0x60 made zero: looks like code.
fn code() -> Vec<u8> {
    noise().into_iter().map(|byte| if byte < 0x60 { 0 } else { byte }).collect()
}

#[test]
fn blocks_are_compressed_as_documented() {
    let mut lines = Vec::new();
    let inputs =
        [("counting", counting()), ("noise", noise()), ("dense", dense()), ("code", code())];
    for (name, input) in inputs {
        for compression in [Compression::Gzip, Compression::Zstd] {
            let mut output = Vec::new();
            let done = compress(
                Threads { pool: &pool(), memory_bytes: 64 << 20 },
                Encoding::V1,
                compression,
                &input[..],
                &mut output,
            )
            .unwrap();
            let line = json!({
                "input": name,
                "input_bytes": done.size_bytes,
                "diff_id": done.diff_id,
                "compression": compression.to_string(),
                "digest": Digest::of(&output),
                "size_bytes": output.len(),
            });
            lines.extend(canonical::to_bytes(&line));
            lines.push(b'\n');
        }
    }
    let wanted = String::from_utf8(vector("compressed.jsonl")).unwrap();
    assert_eq!(String::from_utf8(lines).unwrap(), wanted);
}

fn platform(architecture: &str) -> PlatformImage {
    let (done, blob) = written(Compression::Gzip);
    let (digest, size) = (Digest::of(&blob), blob.len() as u64);
    let media_type = Compression::Gzip.media_type().to_owned();
    let descriptor = Descriptor { media_type, digest, size, platform: None };
    let layers = vec![Layer { name: "app".into(), diff_id: done.diff_id, descriptor }];
    let execution = Execution {
        user: "65532:65532".into(),
        exposed_ports: [("8080/tcp".to_owned(), Empty {})].into(),
        env: vec!["PORT=8080".into()],
        entrypoint: vec!["/bin/hello".into()],
        ..Execution::default()
    };
    let platform =
        Platform { architecture: architecture.into(), os: "linux".into(), variant: None };
    PlatformImage::new(platform, execution, layers, annotations())
}

fn annotations() -> BTreeMap<String, String> {
    let annotations = [("title", "hello"), ("version", "1.0.0")];
    annotations.map(|(key, value)| (format!("org.opencontainers.image.{key}"), value.into())).into()
}

#[test]
fn documents_are_written_as_documented() {
    let image = Image::new(vec![platform("arm64"), platform("amd64")], annotations());
    let names = [
        "config-amd64.json",
        "image-manifest-amd64.json",
        "config-arm64.json",
        "image-manifest-arm64.json",
        "index.json",
    ];
    assert_eq!(image.documents().count(), names.len());
    for (document, name) in image.documents().zip(names) {
        let (written, wanted) = (String::from_utf8_lossy(&document.bytes), vector(name));
        assert_eq!(written, String::from_utf8_lossy(&wanted), "{name}");
        assert_eq!(document.descriptor.digest, Digest::of(&wanted), "{name}");
    }
}
