//! All of the line, from app.toml to an image in the store.

use std::collections::{BTreeMap, BTreeSet};

use landfall_config::{Overrides, Platform};
use landfall_derivation::record::{BlobFact, ImageFact, LayerFact, Record};
use landfall_hashing::Digest;
use landfall_image::document::Image;
use landfall_store::Root;
use landfall_tree::Tree;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::assemble::{self, PlacedLayer, Trees, Wanted, contents_known, known_blob};
use crate::derive::{Derived, DerivedImage, TreeSource, derive};
use crate::local::LocalFiles;
use crate::locations::Locations;
use crate::workspace::{Loaded, load};
use crate::{Error, Session, lock, realise};

/// What to build.
#[derive(Debug, Clone, Default)]
pub struct BuildRequest {
    /// What the command line puts in the place of app.toml's.
    pub overrides: Overrides,
    /// Narrows the platforms; all of the app's where empty. A narrowed image cannot be promoted.
    pub platforms: Vec<Platform>,
}

/// An image in the store.
#[derive(Debug, Clone)]
pub struct Built {
    /// What was asked for.
    pub loaded: Loaded,
    /// The documents.
    pub image: Image,
    /// What it was made of.
    pub record: Record,
    /// Layers that were written now, by platform and name; the others were there.
    pub written: Vec<(String, String)>,
    /// Every blob of the image, documents included, children first.
    pub blobs: Vec<Digest>,
}

/// What a root remembers of the last build.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Remembered {
    pub(crate) current: Record,
    pub(crate) previous: Option<Record>,
}

/// Builds one app.
pub fn build(session: &Session<'_>, name: &str, request: &BuildRequest) -> Result<Built, Error> {
    let loaded = load(session, name, &request.overrides)?;
    let lock = lock::for_build(session, &loaded)?;
    let files = local_files(session)?;
    let locations = Locations::new(&session.store);
    let derived = derive(session, &session.workspace, &loaded, &lock, &request.platforms, &files, &locations)?;
    let made = make(session, &derived, &locations);
    files.save();
    let (trees, platforms, written) = made?;
    let image = assemble::image(&derived.app, &platforms);
    for document in image.documents() {
        session.store.put_blob(&document.bytes)?;
    }
    let record = record(&derived, &platforms, &image);
    let blobs = blobs(&image);
    keep(session, name, &derived, &trees, &platforms, &record, &blobs)?;
    session.store.write_view(&root_name(session, name), &view_index(&record, &image), &blobs)?;
    Ok(Built { loaded, image, record, written, blobs })
}

/// Hashes what can be hashed without building: what a build would be made of.
pub fn derive_only(session: &Session<'_>, name: &str, request: &BuildRequest) -> Result<Record, Error> {
    let loaded = load(session, name, &request.overrides)?;
    let lock = lock::for_build(session, &loaded)?;
    derive_record(session, &session.workspace, &loaded, &lock, &request.platforms)
}

pub(crate) fn derive_record(
    session: &Session<'_>,
    workspace: &std::path::Path,
    loaded: &Loaded,
    lock: &landfall_derivation::lock::Lock,
    platforms: &[Platform],
) -> Result<Record, Error> {
    let files = local_files(session)?;
    let locations = Locations::new(&session.store);
    let derived = derive(session, workspace, loaded, lock, platforms, &files, &locations)?;
    files.save();
    let trees = assemble::known_trees(session, &derived)?;
    let mut images = BTreeMap::new();
    let mut whole = Vec::new();
    for image in &derived.images {
        let placed = assemble::place(&derived, image, &trees)?;
        let mut layers = Vec::new();
        for (layer, placed) in image.layers.iter().zip(placed) {
            let blob = placed.as_ref().map(|placed| known_blob(session, &placed.derivation)).transpose()?.flatten();
            let id = placed.as_ref().map(|placed| placed.derivation.id());
            layers.push((LayerFact { name: layer.name.clone(), inputs: layer.inputs.clone(), id, blob }, placed));
        }
        let done: Option<Vec<_>> = layers.iter().map(|(fact, placed)| Some((placed.clone()?, fact.blob?))).collect();
        whole.push(done.map(|done| (image.platform.clone(), done)));
        let layers = layers.into_iter().map(|(fact, _)| fact).collect();
        images.insert(image.platform.to_string(), ImageFact { manifest: None, layers });
    }
    let whole: Option<Vec<_>> = whole.into_iter().collect();
    if let Some(platforms) = whole {
        return Ok(record(&derived, &platforms, &assemble::image(&derived.app, &platforms)));
    }
    let app = derived.app.name.value.to_string();
    Ok(Record { app, version: derived.app.version.value.clone(), digest: None, inputs: derived.inputs, images })
}

pub(crate) fn local_files<'a>(session: &'a Session<'_>) -> Result<LocalFiles<'a>, Error> {
    Ok(LocalFiles::new(&session.store, &workspace_key(session), session.strictness.paranoid)?)
}

type Platforms = Vec<(Platform, Vec<(PlacedLayer, BlobFact)>)>;

/// Realises, places and writes whatever is missing.
fn make(
    session: &Session<'_>,
    derived: &Derived,
    locations: &Locations<'_>,
) -> Result<(Trees, Platforms, Vec<(String, String)>), Error> {
    let mut trees = assemble::known_trees(session, derived)?;
    for id in derived.builds.keys() {
        if !trees.contains_key(id) {
            let (realisation, tree) = realise::realise(session, derived, id, locations)?;
            trees.insert(*id, (realisation, tree.into()));
        }
    }
    let mut placed = Vec::new();
    for image in &derived.images {
        let layers = assemble::place(derived, image, &trees)?;
        let layers = layers.into_iter().map(|layer| layer.expect("every tree is known here"));
        placed.push((image, layers.collect::<Vec<_>>()));
    }
    let (blobs, written) = write_missing(session, derived, &placed, &trees, locations)?;
    let with_blobs = |layers: Vec<PlacedLayer>| {
        layers.into_iter().map(|layer| (blobs[&layer.derivation.id()], layer)).map(|(blob, layer)| (layer, blob)).collect()
    };
    let platforms = placed.into_iter().map(|(image, layers)| (image.platform.clone(), with_blobs(layers))).collect();
    Ok((trees, platforms, written))
}

type Written = (BTreeMap<Digest, BlobFact>, Vec<(String, String)>);

fn write_missing(
    session: &Session<'_>,
    derived: &Derived,
    placed: &[(&DerivedImage, Vec<PlacedLayer>)],
    trees: &Trees,
    locations: &Locations<'_>,
) -> Result<Written, Error> {
    let mut blobs = BTreeMap::new();
    let mut wanted = Vec::new();
    let mut seen = BTreeSet::new();
    for (image, layers) in placed {
        for (index, layer) in layers.iter().enumerate() {
            if !seen.insert(layer.derivation.id()) {
                continue;
            }
            if let Some(blob) = known_blob(session, &layer.derivation)? {
                blobs.insert(layer.derivation.id(), blob);
                continue;
            }
            provide_contents(session, derived, &image.layers[index], trees, locations)?;
            wanted.push(Wanted { platform: image.platform.to_string(), layer });
        }
    }
    // The largest first, so that no thread is left alone with it at the end.
    wanted.sort_by_key(|wanted| std::cmp::Reverse(wanted.layer.tree.size_bytes()));
    let app = derived.app.name.value.as_ref();
    blobs.extend(assemble::write_layers(session, app, &wanted, locations)?);
    let written = wanted.iter().map(|wanted| (wanted.platform.clone(), wanted.layer.name.clone()));
    Ok((blobs, written.collect()))
}

/// Makes sure that every file of a layer that has to be written can be read.
fn provide_contents(
    session: &Session<'_>,
    derived: &Derived,
    layer: &crate::derive::DerivedLayer,
    trees: &Trees,
    locations: &Locations<'_>,
) -> Result<(), Error> {
    for place in &layer.places {
        match &place.tree {
            TreeSource::Build(id) if !contents_known(&trees[id].1, locations) => {
                realise::realise(session, derived, id, locations)?;
            }
            TreeSource::Known(tree) => fetch_file(session, derived, tree)?,
            TreeSource::Build(_) => {}
        }
    }
    Ok(())
}

fn fetch_file(session: &Session<'_>, derived: &Derived, tree: &Tree) -> Result<(), Error> {
    let Some((digest, _)) = tree.single_file() else { return Ok(()) };
    let Some(download) = derived.downloads.get(&digest) else { return Ok(()) };
    realise::fetch(session, derived.app.name.value.as_ref(), download)
}

fn record(derived: &Derived, platforms: &Platforms, image: &Image) -> Record {
    let images = derived.images.iter().zip(platforms).map(|(derived, (platform, layers))| {
        let facts = derived.layers.iter().zip(layers).map(|(derived, (placed, blob))| LayerFact {
            name: derived.name.clone(),
            inputs: derived.inputs.clone(),
            id: Some(placed.derivation.id()),
            blob: Some(*blob),
        });
        let manifest = manifest_of(image, platform);
        (platform.to_string(), ImageFact { manifest, layers: facts.collect() })
    });
    Record {
        app: derived.app.name.value.to_string(),
        version: derived.app.version.value.clone(),
        digest: Some(image.digest()),
        inputs: derived.inputs.clone(),
        images: images.collect(),
    }
}

fn manifest_of(image: &Image, platform: &Platform) -> Option<Digest> {
    let architecture = platform.architecture().to_string();
    let fits = |image: &&landfall_image::document::PlatformImage| {
        image.manifest.descriptor.platform.as_ref().is_some_and(|own| own.architecture == architecture)
    };
    image.platforms.iter().find(fits).map(|image| image.manifest.descriptor.digest)
}

fn blobs(image: &Image) -> Vec<Digest> {
    let layers = image.platforms.iter().flat_map(|platform| platform.layers.iter().map(|layer| layer.descriptor.digest));
    let documents = image.documents().map(|document| document.descriptor.digest);
    let mut seen = BTreeSet::new();
    layers.chain(documents).filter(|digest| seen.insert(*digest)).collect()
}

/// Writes the root: from now on gc keeps what this image needs.
fn keep(
    session: &Session<'_>,
    name: &str,
    derived: &Derived,
    trees: &Trees,
    platforms: &Platforms,
    record: &Record,
    blobs: &[Digest],
) -> Result<(), Error> {
    let root = root_name(session, name);
    let before = session.store.root(&root)?.and_then(|root| serde_json::from_value::<Remembered>(root.record).ok());
    let previous = before.and_then(|before| if before.current == *record { before.previous } else { Some(before.current) });
    let remembered = Remembered { current: record.clone(), previous };
    let layer_ids = platforms.iter().flat_map(|(_, layers)| layers.iter().map(|(layer, _)| layer.derivation.id()));
    let digest = record.digest.into_iter();
    let root_content = Root {
        workspace: session.workspace.display().to_string(),
        app: name.into(),
        blobs: blobs.iter().copied().chain(trees.values().flat_map(|(realisation, _)| realisation.blobs.clone())).chain(derived.downloads.keys().copied()).collect(),
        trees: trees.values().map(|(realisation, _)| realisation.tree).collect(),
        realisations: trees.keys().copied().chain(layer_ids).chain(digest.clone()).collect(),
        record: json!(remembered),
    };
    for digest in digest {
        session.store.put_realisation(&digest, record)?;
    }
    if session.store.root(&root)?.as_ref() != Some(&root_content) {
        session.store.put_root(&root, &root_content)?;
    }
    Ok(())
}

/// Tells workspaces apart that share a store.
pub(crate) fn workspace_key(session: &Session<'_>) -> String {
    Digest::of(session.workspace.as_os_str().as_encoded_bytes()).short()
}

/// The root of an app of this workspace.
pub fn root_name(session: &Session<'_>, app: &str) -> String {
    format!("{}-{app}", workspace_key(session))
}

/// The index.json of an OCI layout that names the image by its tag (image-layout.md).
pub(crate) fn view_index(record: &Record, image: &Image) -> Vec<u8> {
    let descriptor = &image.index.descriptor;
    let annotations = json!({
        "io.containerd.image.name": format!("{}:{}", record.app, tag(record, image)),
        "org.opencontainers.image.ref.name": tag(record, image),
    });
    let manifest = json!({
        "mediaType": descriptor.media_type,
        "digest": descriptor.digest,
        "size": descriptor.size,
        "annotations": annotations,
    });
    let index = json!({
        "schemaVersion": 2,
        "mediaType": landfall_image::document::INDEX,
        "manifests": [manifest],
    });
    landfall_hashing::canonical::to_bytes(&index)
}

/// `VERSION-` and 12 characters of the digest: two contents never share a tag.
pub fn tag(record: &Record, image: &Image) -> String {
    format!("{}-{}", record.version, image.digest().short())
}
