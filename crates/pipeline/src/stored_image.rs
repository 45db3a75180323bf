//! An image that nobody builds now: one of the store, or of an archive that another job made.
//!
//! So a job without the sources can push what a job without cloud rights built. Nothing of an
//! archive is believed: every blob is kept under the digest of its own bytes, and the whole image is
//! recomputed before it goes anywhere.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use landfall_archive::{Format, Options, Sink, unpack};
use landfall_config::App;
use landfall_hashing::Digest;
use landfall_image::document::{Descriptor, INDEX, Index};
use landfall_image::validate::validate;
use landfall_store::Store;
use landfall_tree::EntryPath;
use serde::Deserialize;

use crate::check::StoreBlobs;
use crate::{Error, Session};

/// The `index.json` of a layout is small (image-layout.md).
const LAYOUT_INDEX_LIMIT_BYTES: u64 = 4 << 20;

/// Where an image is taken from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageSource {
    /// A digest that the store has.
    Digest(Digest),
    /// `oci-archive:FILE`.
    Archive(PathBuf),
}

impl std::str::FromStr for ImageSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.strip_prefix("oci-archive:") {
            Some("") => Err("no path follows `oci-archive:`".into()),
            Some(path) => Ok(Self::Archive(path.into())),
            None => text
                .parse()
                .map(Self::Digest)
                .map_err(|_| "write `oci-archive:FILE` or a digest, `sha256:…`".into()),
        }
    }
}

/// An image in the store, proven whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredImage {
    /// Of the index.
    pub digest: Digest,
    /// As which version it was built.
    pub version: String,
}

/// Finds an image, and proves that it is whole and that it is this app's, for all its platforms.
///
/// Fails where it is not there, where a byte is not what it should be, and where it is another
/// app's or was built for some platforms only: such an image goes nowhere.
pub fn find(session: &Session<'_>, app: &App, source: &ImageSource) -> Result<StoredImage, Error> {
    let digest = match source {
        ImageSource::Digest(digest) => *digest,
        ImageSource::Archive(path) => import(&session.store, path)?,
    };
    let size = session.store.blob_size_bytes(&digest).ok_or(Error::UnknownImage { digest })?;
    let descriptor = Descriptor { media_type: INDEX.into(), digest, size, platform: None };
    let name = app.name.value.to_string();
    let mismatches = validate(&StoreBlobs(&session.store), &descriptor);
    if !mismatches.is_empty() {
        return Err(Error::Unsound { app: name, mismatches });
    }
    let bytes = session.store.read_blob(&digest)?;
    let index: Index = serde_json::from_slice(&bytes).map_err(|error| Error::Unsound {
        app: name.clone(),
        mismatches: vec![format!("{digest}: {error}")],
    })?;
    check(app, &index).map_err(|reason| Error::OtherImage { app: name, digest, reason })?;
    let version = index.annotations.get("org.opencontainers.image.version").cloned();
    Ok(StoredImage { digest, version: version.unwrap_or_default() })
}

/// Whether an index is that of the app's whole image.
fn check(app: &App, index: &Index) -> Result<(), String> {
    let title = index.annotations.get("org.opencontainers.image.title").map(String::as_str);
    if title != Some(app.name.value.as_ref()) {
        return Err(format!("its title is `{}`", title.unwrap_or_default()));
    }
    if !index.annotations.contains_key("org.opencontainers.image.version") {
        return Err("it names no version".into());
    }
    let found = index.manifests.iter().filter_map(|manifest| manifest.platform.as_ref());
    let found: BTreeSet<_> =
        found.map(|platform| format!("{}/{}", platform.os, platform.architecture)).collect();
    let wanted: BTreeSet<_> = app
        .platforms
        .iter()
        .map(|platform| format!("{}/{}", platform.os(), platform.architecture()))
        .collect();
    if found == wanted {
        return Ok(());
    }
    let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
    Err(format!("it is for {}, and the app is for {}", list(found), list(wanted)))
}

/// Takes the blobs of an archive into the store, and gives the digest of its one image.
fn import(store: &Store, path: &Path) -> Result<Digest, Error> {
    let refused = |reason: String| Error::NoImage { path: path.into(), reason };
    let file = File::open(path).map_err(|error| refused(error.to_string()))?;
    let mut blobs = IntoStore { store, index: None };
    unpack(file, Format::Tar, &Options::default(), &mut blobs)
        .map_err(|error| refused(error.to_string()))?;
    let index = blobs.index.ok_or_else(|| refused("it has no `index.json`".into()))?;
    let index: LayoutIndex =
        serde_json::from_slice(&index).map_err(|error| refused(format!("index.json: {error}")))?;
    match index.manifests.as_slice() {
        [only] if only.media_type == INDEX => Ok(only.digest),
        [only] => Err(refused(format!("it holds `{}`, and no index", only.media_type))),
        several => Err(refused(format!("it holds {} images", several.len()))),
    }
}

/// What of a layout's `index.json` counts here; other tools write more.
#[derive(Deserialize)]
struct LayoutIndex {
    manifests: Vec<LayoutDescriptor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LayoutDescriptor {
    media_type: String,
    digest: Digest,
}

/// Keeps every blob of a layout under the digest of its bytes; what nothing names, gc removes.
struct IntoStore<'a> {
    store: &'a Store,
    index: Option<Vec<u8>>,
}

impl Sink for IntoStore<'_> {
    fn file(
        &mut self,
        path: &EntryPath,
        _: u64,
        _: Option<u64>,
        content: &mut dyn Read,
    ) -> io::Result<Digest> {
        if path.as_str() == "index.json" {
            let mut bytes = Vec::new();
            content.take(LAYOUT_INDEX_LIMIT_BYTES).read_to_end(&mut bytes)?;
            let digest = Digest::of(&bytes);
            self.index = Some(bytes);
            return Ok(digest);
        }
        let mut blob = self.store.blob_writer().map_err(io::Error::other)?;
        io::copy(content, &mut blob)?;
        blob.commit().map(|(digest, _)| digest).map_err(io::Error::other)
    }
}
