//! All of the line, from app.toml to an image in the store.

use std::collections::{BTreeMap, BTreeSet};

use landfall_config::{Overrides, Platform};
use landfall_derivation::record::{BlobFact, Record};
use landfall_hashing::Digest;
use landfall_image::document::Image;
use landfall_tree::Tree;

use crate::assemble::{self, Wanted, contents_known, known_blob};
use crate::derive::derive;
use crate::derived::{Derived, DerivedImage, DerivedLayer, TreeSource};
use crate::error::all;
use crate::local::{LocalFiles, local_files};
use crate::locations::Locations;
use crate::made::{Made, PlacedLayer, Trees};
use crate::record::{derive_record, record};
use crate::root::{keep, root_name};
use crate::side_by_side::side_by_side;
use crate::tag::view_index;
use crate::workspace::{Loaded, load};
use crate::{Error, Session, documents, download, lock, realise};

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

/// Builds one app.
pub fn build(session: &Session<'_>, name: &str, request: &BuildRequest) -> Result<Built, Error> {
    let loaded = load(session, name, &request.overrides)?;
    let files = local_files(session)?;
    let prepared = prepare_one(session, loaded, request, &files)?;
    files.save();
    build_prepared(session, prepared, request)
}

/// An app that is read, locked and hashed, and of which nothing is made yet.
pub struct Prepared<'a> {
    pub(crate) loaded: Loaded,
    pub(crate) derived: Derived,
    locations: Locations<'a>,
}

impl Prepared<'_> {
    /// The app's name.
    pub fn name(&self) -> &str {
        self.loaded.app.name.value.as_ref()
    }
}

/// Reads apps, and where all of them can be read, hashes what enters them. Fetches, compiles and
/// unpacks nothing, so that whoever builds several apps sees the problems of all before any work.
///
/// Fails with all that is wrong with their app.toml, else with all that is wrong with their locks
/// and files: one error that holds every problem, and each other failure by itself.
pub fn prepare<'a>(
    session: &'a Session<'_>,
    names: &[String],
    request: &BuildRequest,
) -> Result<Vec<Prepared<'a>>, Vec<Error>> {
    let loaded = all(names.iter().map(|name| load(session, name, &request.overrides)))?;
    let files = local_files(session).map_err(|error| vec![error.into()])?;
    let prepared =
        all(loaded.into_iter().map(|loaded| prepare_one(session, loaded, request, &files)));
    files.save();
    prepared
}

fn prepare_one<'a>(
    session: &'a Session<'_>,
    loaded: Loaded,
    request: &BuildRequest,
    files: &LocalFiles<'_>,
) -> Result<Prepared<'a>, Error> {
    let lock = lock::for_build(session, &loaded)?;
    let locations = Locations::new(&session.store);
    let derive = || {
        derive(session, &session.workspace, &loaded, &lock, &request.platforms, files, &locations)
    };
    let derived = session.pool.install(derive)?;
    Ok(Prepared { loaded, derived, locations })
}

/// Makes what the store does not have of a prepared app, and its image. `request` MUST be the one
/// that it was prepared for.
pub fn build_prepared(
    session: &Session<'_>,
    prepared: Prepared<'_>,
    request: &BuildRequest,
) -> Result<Built, Error> {
    let Prepared { loaded, derived, locations } = prepared;
    let made = make(session, &derived, &locations)?;
    let image = documents::image(&derived.app, &made.platforms);
    for document in image.documents() {
        session.store.put_blob(&document.bytes)?;
    }
    let record = record(&derived, &made.platforms, &image);
    let blobs = blobs(&image);
    let root = root_name(session, loaded.app.name.value.as_ref(), &request.platforms);
    keep(session, &root, &derived, &made, &record, &blobs)?;
    session.store.write_view(&root, &view_index(&record, &image), &blobs)?;
    Ok(Built { loaded, image, record, written: made.written, blobs })
}

/// Hashes what can be hashed without building: what a build would be made of.
pub fn derive_only(
    session: &Session<'_>,
    name: &str,
    request: &BuildRequest,
) -> Result<Record, Error> {
    let loaded = load(session, name, &request.overrides)?;
    let lock = lock::read_or_new(&loaded)?;
    let (workspace, platforms) = (&session.workspace, &request.platforms);
    let files = local_files(session)?;
    let record = derive_record(session, workspace, &loaded, &lock, platforms, &files)?;
    files.save();
    Ok(record)
}

/// Realises, places and writes whatever is missing.
fn make(
    session: &Session<'_>,
    derived: &Derived,
    locations: &Locations<'_>,
) -> Result<Made, Error> {
    let mut trees = assemble::known_trees(session, derived)?;
    let missing: Vec<_> =
        derived.builds.keys().filter(|id| !trees.contains_key(id)).copied().collect();
    // A compile uses all processors by itself; archives are read beside each other.
    let (compiles, archives): (Vec<_>, Vec<_>) =
        missing.into_iter().partition(|id| derived.builds[id].compiles());
    let realise = |id: &Digest| Ok((*id, realise::realise(session, derived, id, locations)?));
    let threads = session.pool.current_num_threads();
    let made = [side_by_side(threads, &archives, realise)?, side_by_side(1, &compiles, realise)?];
    trees.extend(
        made.into_iter()
            .flatten()
            .map(|(id, (realisation, tree))| (id, (realisation, tree.into()))),
    );
    let mut placed = Vec::new();
    for image in &derived.images {
        let layers = assemble::place(derived, image, &trees)?;
        let layers = layers.into_iter().map(|layer| layer.expect("every tree is known here"));
        placed.push((image, layers.collect::<Vec<_>>()));
    }
    let (blobs, written) = write_missing(session, derived, &placed, &trees, locations)?;
    let with_blobs = |layers: Vec<PlacedLayer>| {
        layers
            .into_iter()
            .map(|layer| (blobs[&layer.derivation.id()], layer))
            .map(|(blob, layer)| (layer, blob))
            .collect()
    };
    let platforms =
        placed.into_iter().map(|(image, layers)| (image.platform, with_blobs(layers))).collect();
    Ok(Made { trees, platforms, written })
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
    layer: &DerivedLayer,
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
    download::fetch(session, derived.app.name.value.as_ref(), download)
}

fn blobs(image: &Image) -> Vec<Digest> {
    let layers = image
        .platforms
        .iter()
        .flat_map(|platform| platform.layers.iter().map(|layer| layer.descriptor.digest));
    let documents = image.documents().map(|document| document.descriptor.digest);
    let mut seen = BTreeSet::new();
    layers.chain(documents).filter(|digest| seen.insert(*digest)).collect()
}
