//! Hands an image to other tools: an OCI layout in a folder, or one of two kinds of archive.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use landfall_hashing::{Digest, canonical};
use landfall_image::TarStream;
use landfall_image::document::PlatformImage;
use landfall_store::Store;
use landfall_tree::{Attributes, Contents, Entry, EntryPath, Node, Tree};
use serde_json::json;

use crate::build::Built;
use crate::tag::{tag, view_index};
use crate::verified::{Otherwise, Verified, verified_blob};
use crate::{Error, Session, whole};

/// Where an image goes, in what form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// `oci:FOLDER`: an OCI layout (image-layout.md).
    OciFolder(PathBuf),
    /// `oci-archive:FILE`: the same in a tar.
    OciArchive(PathBuf),
    /// `docker-archive:FILE`: what `docker load` reads; one platform only.
    DockerArchive(PathBuf),
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let forms = "`oci:FOLDER`, `oci-archive:FILE` or `docker-archive:FILE`";
        let (kind, path) = text.split_once(':').ok_or_else(|| format!("write {forms}"))?;
        if path.is_empty() {
            return Err(format!("no path follows `{kind}:`"));
        }
        match kind {
            "oci" => Ok(Self::OciFolder(path.into())),
            "oci-archive" => Ok(Self::OciArchive(path.into())),
            "docker-archive" => Ok(Self::DockerArchive(path.into())),
            _ => Err(format!("`{kind}` is no form of output: write {forms}")),
        }
    }
}

/// Writes an image. What stands at a file's path is replaced whole; a folder must be new, empty,
/// or an OCI layout, whose index is replaced and whose blobs are added to.
pub fn write(session: &Session<'_>, built: &Built, output: &Output) -> Result<(), Error> {
    match output {
        Output::OciFolder(folder) => oci_folder(&session.store, built, folder),
        Output::OciArchive(file) => {
            archive(&session.store, &oci_tree(&session.store, built)?, file)
        }
        Output::DockerArchive(file) => {
            archive(&session.store, &docker_tree(&session.store, built)?, file)
        }
    }
}

const LAYOUT: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

fn oci_folder(store: &Store, built: &Built, folder: &Path) -> Result<(), Error> {
    let blobs = folder.join("blobs/sha256");
    let foreign = folder.exists() && !folder.join("oci-layout").exists() && !is_empty(folder);
    if foreign {
        let source = io::Error::new(
            io::ErrorKind::AlreadyExists,
            "it holds something that is no OCI layout",
        );
        return Err(Error::File { action: "write into", path: folder.into(), source });
    }
    std::fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    let write = |name: &str, bytes: &[u8]| {
        let place = folder.join(name);
        put(&place, bytes).map_err(Error::file("write", &place))
    };
    // First, so that a run that is cut short leaves what the next one knows for an OCI layout.
    write("oci-layout", LAYOUT)?;
    std::fs::create_dir_all(&blobs).map_err(Error::file("make", &blobs))?;
    for digest in &built.blobs {
        let place = blobs.join(digest.hex());
        if !holds(&place, digest) {
            copy_blob(store, digest, &place)?;
        }
    }
    write("index.json", &view_index(&built.record, &built.image))
}

/// Whether a file has the bytes that its name promises; others may write into the folder.
fn holds(place: &Path, digest: &Digest) -> bool {
    let Ok(file) = File::open(place) else { return false };
    io::copy(&mut Verified::new(file, *digest, Otherwise::Damaged), &mut io::sink()).is_ok()
}

/// What a killed run left aside before its first file counts for nothing.
fn is_empty(folder: &Path) -> bool {
    let aside = folder.join(".oci-layout.landfall");
    let entries = std::fs::read_dir(folder);
    entries.is_ok_and(|mut entries| {
        entries.all(|entry| entry.is_ok_and(|entry| entry.path() == aside))
    })
}

fn put(place: &Path, bytes: &[u8]) -> io::Result<()> {
    whole::write(place, bytes, "output::before-rename", "output::after-rename")
}

/// A copy, and no link: whoever owns the folder may write into it, and the store must not follow.
fn copy_blob(store: &Store, digest: &Digest, place: &Path) -> Result<(), Error> {
    let mut blob =
        verified_blob(store, digest).map_err(Error::file("read", store.blob_path(digest)))?;
    let copied =
        whole::write_with(place, "output::before-rename", "output::after-rename", |file| {
            io::copy(&mut blob, file).map(drop)
        });
    copied.map_err(Error::file("write", place))
}

/// A tree that is written as a tar, with the documents that are in no blob.
struct ArchiveTree {
    tree: Tree,
    documents: BTreeMap<Digest, Vec<u8>>,
}

impl ArchiveTree {
    fn new() -> Self {
        Self { tree: Tree::default(), documents: BTreeMap::new() }
    }

    fn document(&mut self, entries: &mut Vec<Entry>, path: &str, bytes: Vec<u8>) {
        let digest = Digest::of(&bytes);
        entries.push(file(path, digest, bytes.len() as u64));
        self.documents.insert(digest, bytes);
    }
}

fn file(path: &str, digest: Digest, size_bytes: u64) -> Entry {
    let path = path.parse().expect("paths of layouts are made of fixed words and digests");
    Entry {
        path,
        node: Node::File { size_bytes, digest },
        attributes: Attributes::with_mode(Attributes::PLAIN),
    }
}

fn folder(path: &str) -> Entry {
    let path: EntryPath = path.parse().expect("paths of layouts are fixed words");
    Entry { path, node: Node::Directory, attributes: Attributes::with_mode(Attributes::EXECUTABLE) }
}

fn finish(mut archive: ArchiveTree, entries: Vec<Entry>) -> ArchiveTree {
    archive.tree = Tree::from_entries(entries).expect("every path of a layout comes once");
    archive
}

fn oci_tree(store: &Store, built: &Built) -> Result<ArchiveTree, Error> {
    let mut archive = ArchiveTree::new();
    let mut entries = vec![folder("blobs"), folder("blobs/sha256")];
    archive.document(&mut entries, "oci-layout", LAYOUT.to_vec());
    archive.document(&mut entries, "index.json", view_index(&built.record, &built.image));
    for digest in &built.blobs {
        entries.push(file(
            &format!("blobs/sha256/{}", digest.hex()),
            *digest,
            size(store, digest)?,
        ));
    }
    Ok(finish(archive, entries))
}

/// `docker save`'s form: manifest.json names config and layers by path. Layers may stay compressed.
fn docker_tree(store: &Store, built: &Built) -> Result<ArchiveTree, Error> {
    let [image] = built.image.platforms.as_slice() else {
        let problem = landfall_diagnostics::Diagnostic::error(
            "output::platforms",
            "a docker archive holds one platform",
        );
        return Err(problem
            .help("name one: `--platform linux/amd64`, or write `oci-archive:FILE`")
            .into());
    };
    let PlatformImage { config, layers, .. } = image;
    let mut archive = ArchiveTree::new();
    let mut entries = Vec::new();
    let config_path = format!("{}.json", config.descriptor.digest.hex());
    entries.push(file(&config_path, config.descriptor.digest, config.descriptor.size));
    let mut layer_paths = Vec::new();
    for layer in layers {
        let path = format!("{}.tar", layer.descriptor.digest.hex());
        if !layer_paths.contains(&path) {
            entries.push(file(
                &path,
                layer.descriptor.digest,
                size(store, &layer.descriptor.digest)?,
            ));
        }
        layer_paths.push(path);
    }
    let name = format!("{}:{}", built.record.app, tag(&built.record, &built.image));
    let manifest = json!([{ "Config": config_path, "RepoTags": [name], "Layers": layer_paths }]);
    archive.document(&mut entries, "manifest.json", canonical::to_bytes(&manifest));
    Ok(finish(archive, entries))
}

fn size(store: &Store, digest: &Digest) -> Result<u64, Error> {
    let metadata = store.open_blob(digest)?.metadata();
    metadata.map(|metadata| metadata.len()).map_err(Error::file("read", store.blob_path(digest)))
}

struct ArchiveContents<'a> {
    store: &'a Store,
    documents: &'a BTreeMap<Digest, Vec<u8>>,
}

impl Contents for ArchiveContents<'_> {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        match self.documents.get(digest) {
            Some(bytes) => Ok(Box::new(bytes.as_slice())),
            None => Ok(Box::new(verified_blob(self.store, digest)?)),
        }
    }
}

fn archive(store: &Store, archive: &ArchiveTree, place: &Path) -> Result<(), Error> {
    let written =
        whole::write_with(place, "output::before-rename", "output::after-rename", |file| {
            stream(store, archive, file)
        });
    written.map_err(Error::file("write", place))
}

fn stream(store: &Store, archive: &ArchiveTree, output: &mut dyn Write) -> io::Result<()> {
    let contents = ArchiveContents { store, documents: &archive.documents };
    let mut stream = TarStream::new(&archive.tree, &contents);
    let mut buffer = vec![0; 1 << 18];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return output.flush();
        }
        output.write_all(&buffer[..count])?;
    }
}

/// Streams an OCI archive to a program's standard input.
pub(crate) fn stream_oci_archive(
    store: &Store,
    built: &Built,
    output: &mut File,
) -> Result<(), Error> {
    let tree = oci_tree(store, built)?;
    stream(store, &tree, output).map_err(Error::file("write", "the archive"))
}
