//! Turns trees into layers: placed, and written where the store has them not.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use landfall_derivation::record::BlobFact;
use landfall_hashing::Digest;
use landfall_image::compress::Threads;
use landfall_image::layer::{self, LayerDerivation};
use landfall_image::{Encoding, Place, Stack};
use landfall_tree::{Contents, Node, Tree};
use serde::{Deserialize, Serialize};

use crate::derived::{Derived, DerivedImage, DerivedLayer, TreeSource};
use crate::locations::Locations;
use crate::made::{PlacedLayer, Trees};
use crate::side_by_side::side_by_side;
use crate::{Error, Event, Session, conflicts, realise};

/// Bytes between two progress events of a layer.
const PROGRESS_STEP_BYTES: u64 = 4 << 20;
/// More would only wait for the same threads.
const LAYERS_AT_ONCE: usize = 4;
/// What all blocks on their way may hold together.
const BLOCK_MEMORY_BYTES: usize = 96 << 20;

/// What a layer came to, kept under its id.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct LayerRealisation {
    #[serde(flatten)]
    pub(crate) blob: BlobFact,
}

/// The trees that the store has.
pub(crate) fn known_trees(session: &Session<'_>, derived: &Derived) -> Result<Trees, Error> {
    let mut trees = Trees::new();
    for id in derived.builds.keys() {
        if let Some((realisation, tree)) = realise::known(session, id)? {
            trees.insert(*id, (realisation, Arc::new(tree)));
        }
    }
    Ok(trees)
}

/// Puts the trees of one platform's layers at their places; none for a layer of which a tree is
/// not known, and for those above it.
pub(crate) fn place(
    derived: &Derived,
    image: &DerivedImage,
    trees: &Trees,
) -> Result<Vec<Option<PlacedLayer>>, Error> {
    let mut stack = Some(Stack::new());
    let placed = image.layers.iter().map(|layer| {
        let Some(sources) = sources(layer, trees) else {
            stack = None;
            return Ok(None);
        };
        let Some(stack) = &mut stack else { return Ok(None) };
        place_layer(derived.encoding, layer, &sources, stack).map(Some)
    });
    placed.collect()
}

fn sources(layer: &DerivedLayer, trees: &Trees) -> Option<Vec<Arc<Tree>>> {
    let tree = |source: &TreeSource| match source {
        TreeSource::Known(tree) => Some(tree.clone()),
        TreeSource::Build(id) => trees.get(id).map(|(_, tree)| tree.clone()),
    };
    layer.places.iter().map(|place| tree(&place.tree)).collect()
}

fn place_layer(
    encoding: Encoding,
    layer: &DerivedLayer,
    sources: &[Arc<Tree>],
    stack: &mut Stack,
) -> Result<PlacedLayer, Error> {
    let places = layer.places.iter().zip(sources).map(|(place, tree)| Place {
        tree,
        to: place.to.clone(),
        modes: place.modes,
        owners: place.owners,
    });
    let places: Vec<_> = places.collect();
    let tree = stack.lay(&places).map_err(|errors| {
        Error::Problems(errors.iter().map(|error| conflicts::problem(layer, error)).collect())
    })?;
    let derivation =
        LayerDerivation { tree: tree.hash(), encoding, compression: layer.compression };
    Ok(PlacedLayer { name: layer.name.clone(), derivation, tree: Arc::new(tree) })
}

/// The blob of a layer, where the store has it.
pub(crate) fn known_blob(
    session: &Session<'_>,
    derivation: &LayerDerivation,
) -> Result<Option<BlobFact>, Error> {
    let realised = session.store.realisation::<LayerRealisation>(&derivation.id())?;
    let whole = realised.filter(|layer| {
        session.store.blob_size_bytes(&layer.blob.digest) == Some(layer.blob.size_bytes)
    });
    Ok(whole.map(|layer| layer.blob))
}

/// A layer to be written, once however many platforms share it.
pub(crate) struct Wanted<'a> {
    pub(crate) platform: String,
    pub(crate) layer: &'a PlacedLayer,
}

/// Writes layers side by side; inside each, blocks are compressed by all threads. However many
/// layers and threads there are, they share one budget of memory.
pub(crate) fn write_layers(
    session: &Session<'_>,
    app: &str,
    wanted: &[Wanted<'_>],
    contents: &dyn Contents,
) -> Result<BTreeMap<Digest, BlobFact>, Error> {
    let at_once = session.pool.current_num_threads().min(wanted.len()).clamp(1, LAYERS_AT_ONCE);
    let memory_bytes = BLOCK_MEMORY_BYTES / at_once;
    let written = side_by_side(at_once, wanted, |wanted| {
        let blob = write_layer(session, app, wanted, contents, memory_bytes)?;
        Ok((wanted.layer.derivation.id(), blob))
    });
    Ok(written?.into_iter().collect())
}

fn write_layer(
    session: &Session<'_>,
    app: &str,
    wanted: &Wanted<'_>,
    contents: &dyn Contents,
    memory_bytes: usize,
) -> Result<BlobFact, Error> {
    let Wanted { platform, layer } = wanted;
    let progress = Watched {
        session,
        app,
        platform,
        layer,
        contents,
        done_bytes: AtomicU64::new(0),
        total_bytes: layer.tree.size_bytes(),
    };
    let mut blob = session.store.blob_writer()?;
    let threads = Threads { pool: &session.pool, memory_bytes };
    let written = layer::write(threads, &layer.derivation, &layer.tree, &progress, &mut blob);
    let failed = |source| Error::Layer { app: app.into(), layer: layer.name.clone(), source };
    let diff_id = written.map_err(failed)?.diff_id;
    let (digest, size_bytes) = blob.commit()?;
    let fact = BlobFact { digest, diff_id, size_bytes };
    session.store.put_realisation(&layer.derivation.id(), &LayerRealisation { blob: fact })?;
    session.events.event(Event::LayerBuilt { app, platform, layer: &layer.name, size_bytes });
    Ok(fact)
}

/// Tells how far a layer is, from the contents that are read for it.
struct Watched<'a> {
    session: &'a Session<'a>,
    app: &'a str,
    platform: &'a str,
    layer: &'a PlacedLayer,
    contents: &'a dyn Contents,
    done_bytes: AtomicU64,
    total_bytes: u64,
}

impl Contents for Watched<'_> {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(WatchedReader { reader: self.contents.open(digest)?, watched: self }))
    }
}

struct WatchedReader<'a> {
    reader: Box<dyn Read + Send + 'a>,
    watched: &'a Watched<'a>,
}

impl Read for WatchedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.watched.advance(count as u64);
        Ok(count)
    }
}

impl Watched<'_> {
    fn advance(&self, count: u64) {
        let before = self.done_bytes.fetch_add(count, Ordering::Relaxed);
        let done_bytes = before + count;
        if before / PROGRESS_STEP_BYTES != done_bytes / PROGRESS_STEP_BYTES
            || done_bytes == self.total_bytes
        {
            let Self { app, platform, total_bytes, .. } = *self;
            self.session.events.event(Event::Layer {
                app,
                platform,
                layer: &self.layer.name,
                done_bytes,
                total_bytes,
            });
        }
    }
}

/// Whether every file of a tree can be read without making it anew.
pub(crate) fn contents_known(tree: &Tree, locations: &Locations<'_>) -> bool {
    tree.entries().iter().all(|entry| match &entry.node {
        Node::File { size_bytes, digest } => *size_bytes == 0 || locations.knows(digest),
        _ => true,
    })
}
