//! Builds an app again in an empty store, and names the first difference.

use std::io::{self, BufReader, Read};

use landfall_hashing::Digest;
use landfall_image::compare::first_difference;
use landfall_image::document::{Descriptor, PlatformImage};
use landfall_image::validate::{Blobs, decoder, validate};
use landfall_store::Store;

use crate::build::{BuildRequest, Built, Prepared, build, build_prepared};
use crate::{Error, Session};

/// Builds a prepared app, compares it with one made from nothing, and recomputes every digest and
/// size of it.
///
/// `again` MUST be a session over an empty store. Where the digests differ, the error names the
/// first differing layer with path and header field, or the document's field.
pub fn check(
    session: &Session<'_>,
    again: &Session<'_>,
    prepared: Prepared<'_>,
    request: &BuildRequest,
) -> Result<Built, Error> {
    let name = prepared.name().to_owned();
    let first = build_prepared(session, prepared, request)?;
    let second = build(again, &name, request)?;
    if first.image.digest() == second.image.digest() {
        let mismatches = validate(&StoreBlobs(&session.store), &first.image.index.descriptor);
        return match mismatches.is_empty() {
            true => Ok(first),
            false => Err(Error::Unsound { app: name, mismatches }),
        };
    }
    let differences = differences((&session.store, &first), (&again.store, &second));
    Err(Error::NotReproducible { app: name, differences })
}

/// The blobs of a store, as a judge reads them: trusting none.
pub(crate) struct StoreBlobs<'a>(pub(crate) &'a Store);

impl Blobs for StoreBlobs<'_> {
    fn open_blob(&self, digest: &Digest) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.0.open_blob(digest).map_err(io::Error::other)?))
    }
}

type Side<'a> = (&'a Store, &'a Built);

fn differences(first: Side<'_>, second: Side<'_>) -> Vec<String> {
    let pairs = first.1.image.platforms.iter().zip(&second.1.image.platforms);
    let mut found: Vec<_> =
        pairs.flat_map(|(left, right)| platform((first.0, left), (second.0, right))).collect();
    if found.is_empty() {
        let (left, right) = (&first.1.image.index.bytes, &second.1.image.index.bytes);
        found.push(format!("the index: {}", documents(left, right)));
    }
    found
}

fn platform(first: (&Store, &PlatformImage), second: (&Store, &PlatformImage)) -> Vec<String> {
    let (left, right) = (first.1, second.1);
    if left.manifest.bytes == right.manifest.bytes {
        return Vec::new();
    }
    let name = left
        .manifest
        .descriptor
        .platform
        .as_ref()
        .map(|platform| platform.architecture.clone())
        .unwrap_or_default();
    let pairs = left.layers.iter().zip(&right.layers);
    let differing = pairs.filter(|(left, right)| left.descriptor.digest != right.descriptor.digest);
    let mut found: Vec<_> = differing
        .map(|(left, right)| {
            let reason = layer((first.0, &left.descriptor), (second.0, &right.descriptor));
            format!("{name}: the layer `{}`: {reason}", left.name)
        })
        .take(1)
        .collect();
    if found.is_empty() && left.config.bytes != right.config.bytes {
        found.push(format!(
            "{name}: the image config: {}",
            documents(&left.config.bytes, &right.config.bytes)
        ));
    }
    if found.is_empty() {
        found.push(format!(
            "{name}: the image manifest: {}",
            documents(&left.manifest.bytes, &right.manifest.bytes)
        ));
    }
    found
}

fn layer(first: (&Store, &Descriptor), second: (&Store, &Descriptor)) -> String {
    let open = |(store, descriptor): (&Store, &Descriptor)| {
        let file = store.open_blob(&descriptor.digest).map_err(io::Error::other)?;
        decoder(BufReader::new(file), &descriptor.media_type)
    };
    let difference = open(first).and_then(|left| first_difference(left, open(second)?));
    match difference {
        Ok(Some(difference)) => difference.to_string(),
        Ok(None) => "the same tar, compressed to other bytes".into(),
        Err(error) => format!("the layers cannot be compared: {error}"),
    }
}

/// The first place at which two documents differ, with what stands around it.
fn documents(left: &[u8], right: &[u8]) -> String {
    const AROUND_BYTES: usize = 40;
    let at = left
        .iter()
        .zip(right)
        .position(|(left, right)| left != right)
        .unwrap_or(left.len().min(right.len()));
    let shown = |bytes: &[u8]| {
        let (start, end) = (at.saturating_sub(AROUND_BYTES), (at + AROUND_BYTES).min(bytes.len()));
        String::from_utf8_lossy(&bytes[start.min(end)..end]).into_owned()
    };
    format!("byte {at}: `{}` against `{}`", shown(left), shown(right))
}
