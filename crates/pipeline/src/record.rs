//! Writes down what an image was made of, for the builds that come after.

use std::path::Path;

use landfall_config::Platform;
use landfall_derivation::lock::Lock;
use landfall_derivation::record::{BlobFact, ImageFact, LayerFact, Record};
use landfall_hashing::Digest;
use landfall_image::document::{Image, PlatformImage};

use crate::assemble::{self, known_blob};
use crate::derive::derive;
use crate::derived::{Derived, DerivedImage};
use crate::local::LocalFiles;
use crate::locations::Locations;
use crate::made::{PlacedLayer, Platforms, Trees};
use crate::workspace::Loaded;
use crate::{Error, Session, documents};

/// The record of an app that is derived and not built: what the store does not have is unknown.
/// What `files` learn is the caller's to save.
pub(crate) fn derive_record(
    session: &Session<'_>,
    workspace: &Path,
    loaded: &Loaded,
    lock: &Lock,
    platforms: &[Platform],
    files: &LocalFiles<'_>,
) -> Result<Record, Error> {
    let locations = Locations::new(&session.store);
    let derive = || derive(session, workspace, loaded, lock, platforms, files, &locations);
    let derived = session.pool.install(derive)?;
    let trees = assemble::known_trees(session, &derived)?;
    let looked = derived.images.iter().map(|image| look(session, &derived, image, &trees));
    let looked: Vec<Looked> = looked.collect::<Result<_, _>>()?;
    let whole: Option<Platforms> =
        looked.iter().map(|image| Some((image.platform, image.whole()?))).collect();
    if let Some(platforms) = whole {
        return Ok(record(&derived, &platforms, &documents::image(&derived.app, &platforms)));
    }
    let images = looked.into_iter().map(|image| {
        let layers = image.layers.into_iter().map(|(fact, _)| fact).collect();
        (image.platform.to_string(), ImageFact { manifest: None, layers })
    });
    Ok(Record {
        app: derived.app.name.value.to_string(),
        version: derived.app.version.value.clone(),
        digest: None,
        images: images.collect(),
        inputs: derived.inputs,
    })
}

/// One platform's layers as far as the store knows them.
struct Looked {
    platform: Platform,
    layers: Vec<(LayerFact, Option<PlacedLayer>)>,
}

impl Looked {
    /// All layers with their blobs, where none is missing.
    fn whole(&self) -> Option<Vec<(PlacedLayer, BlobFact)>> {
        self.layers.iter().map(|(fact, placed)| Some((placed.clone()?, fact.blob?))).collect()
    }
}

fn look(
    session: &Session<'_>,
    derived: &Derived,
    image: &DerivedImage,
    trees: &Trees,
) -> Result<Looked, Error> {
    let placed = assemble::place(derived, image, trees)?;
    let layers = image.layers.iter().zip(placed).map(|(layer, placed)| {
        let blob = placed
            .as_ref()
            .map(|placed| known_blob(session, &placed.derivation))
            .transpose()?
            .flatten();
        let id = placed.as_ref().map(|placed| placed.derivation.id());
        let (name, inputs) = (layer.name.clone(), layer.inputs.clone());
        Ok((LayerFact { name, inputs, id, blob }, placed))
    });
    Ok(Looked { platform: image.platform, layers: layers.collect::<Result<_, Error>>()? })
}

/// The record of an image that stands in the store.
pub(crate) fn record(derived: &Derived, platforms: &Platforms, image: &Image) -> Record {
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
    let fits = |image: &&PlatformImage| {
        image
            .manifest
            .descriptor
            .platform
            .as_ref()
            .is_some_and(|own| own.architecture == architecture)
    };
    image.platforms.iter().find(fits).map(|image| image.manifest.descriptor.digest)
}
