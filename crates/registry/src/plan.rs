//! Everything that an image consists of, in the order in which it can be sent.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{FutureExt, LocalBoxFuture};
use futures_util::stream::{StreamExt, TryStreamExt, iter};
use landfall_hashing::Digest;

use crate::source::Source;
use crate::{Contents, Descriptor, Manifest, PublishError};

/// Manifests that one image may have: indexes within indexes grow without end.
const MANIFESTS: usize = 1000;

/// Manifests that are read at once.
const READING: usize = 4;

/// The parts of an image.
pub(crate) struct Plan {
    /// The blobs, the largest first, so that no large one is begun last.
    pub(crate) blobs: Vec<Descriptor>,
    /// The manifests: what is in one group names only what is in groups before it. The image itself
    /// is the last.
    pub(crate) groups: Vec<Vec<Manifest>>,
}

impl Plan {
    /// Reads all manifests of an image.
    pub(crate) async fn read(source: Source<'_>, image: Digest) -> Result<Self, PublishError> {
        let mut known = BTreeMap::new();
        let mut waiting = vec![source.manifest(image, None).await?];
        while !waiting.is_empty() {
            let unknown = unknown(&waiting, &known);
            known.extend(waiting.drain(..).map(|manifest| (manifest.digest, manifest)));
            if known.len() + unknown.len() > MANIFESTS {
                return Err(PublishError::TooMany { digest: image, limit: MANIFESTS });
            }
            waiting = children(source, &unknown).await?;
        }
        Ok(Self { blobs: blobs(&known), groups: groups(known) })
    }

    /// The image's own manifest or index.
    pub(crate) fn image(&self) -> &Manifest {
        let last = self.groups.last().and_then(|group| group.last());
        last.expect("a plan holds at least the image itself")
    }

    pub(crate) fn total_bytes(&self) -> u64 {
        self.blobs.iter().map(|blob| blob.size_bytes).fold(0, u64::saturating_add)
    }
}

fn named(manifest: &Manifest) -> &[Descriptor] {
    match &manifest.contents {
        Contents::Index(manifests) => manifests,
        Contents::Image { .. } => &[],
    }
}

/// Manifests that are named and not yet read, each once.
fn unknown(parents: &[Manifest], known: &BTreeMap<Digest, Manifest>) -> Vec<Descriptor> {
    let mut seen: BTreeSet<_> = parents.iter().map(|parent| parent.digest).collect();
    let all = parents.iter().flat_map(named);
    let fresh = all.filter(|child| !known.contains_key(&child.digest) && seen.insert(child.digest));
    fresh.cloned().collect()
}

async fn children(
    source: Source<'_>,
    unknown: &[Descriptor],
) -> Result<Vec<Manifest>, PublishError> {
    let reads: Vec<LocalBoxFuture<'_, _>> =
        unknown.iter().map(|child| read_child(source, child).boxed_local()).collect();
    iter(reads).buffered(READING).try_collect().await
}

/// A child must be what its parent calls it, in type and size too.
async fn read_child(source: Source<'_>, child: &Descriptor) -> Result<Manifest, PublishError> {
    let manifest = source.manifest(child.digest, Some(&child.media_type)).await?;
    let found = manifest.descriptor();
    if found == *child {
        return Ok(manifest);
    }
    Err(PublishError::Misnamed { named: Box::new(child.clone()), found: Box::new(found) })
}

fn blobs(manifests: &BTreeMap<Digest, Manifest>) -> Vec<Descriptor> {
    let mut blobs = BTreeMap::new();
    for manifest in manifests.values() {
        if let Contents::Image { config, layers } = &manifest.contents {
            let all = std::iter::once(config).chain(layers);
            blobs.extend(all.map(|blob| (blob.digest, blob.clone())));
        }
    }
    let mut blobs: Vec<_> = blobs.into_values().collect();
    blobs.sort_by_key(|blob| (std::cmp::Reverse(blob.size_bytes), blob.digest));
    blobs
}

/// Groups by height: an image manifest names no other, an index is one higher than what it names.
fn groups(manifests: BTreeMap<Digest, Manifest>) -> Vec<Vec<Manifest>> {
    let mut heights = BTreeMap::new();
    for manifest in manifests.values() {
        height(manifest, &manifests, &mut heights);
    }
    let highest = heights.values().copied().max().unwrap_or_default();
    let mut groups = vec![Vec::new(); highest + 1];
    for (digest, manifest) in manifests {
        groups[heights[&digest]].push(manifest);
    }
    groups
}

/// No manifest can name itself, even through others: it would hold its own digest.
fn height(
    manifest: &Manifest,
    all: &BTreeMap<Digest, Manifest>,
    heights: &mut BTreeMap<Digest, usize>,
) -> usize {
    if let Some(height) = heights.get(&manifest.digest) {
        return *height;
    }
    let children = named(manifest).iter().filter_map(|child| all.get(&child.digest));
    let tallest = children.map(|child| height(child, all, heights) + 1).max();
    heights.insert(manifest.digest, tallest.unwrap_or_default());
    tallest.unwrap_or_default()
}
