//! Recomputes an image from its bytes, trusting no field, and reports every mismatch at once.

use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;
use landfall_hashing::{Digest, Hasher, HashingReader};
use serde::de::DeserializeOwned;

use crate::Compression;
use crate::document::{
    Descriptor, IMAGE_CONFIG, IMAGE_MANIFEST, INDEX, ImageConfig, ImageManifest, Index,
};

/// No document of an image may be longer (distribution-spec, "Pushing Manifests").
const DOCUMENT_LIMIT_BYTES: u64 = 4 << 20;

/// Gives the bytes of a blob.
pub trait Blobs {
    /// A reader over the whole blob; its bytes are not trusted.
    fn open_blob(&self, digest: &Digest) -> io::Result<Box<dyn Read + '_>>;
}

/// What an image says against what its bytes are. Empty: the image is sound.
///
/// Each text names the blob, what was wanted and what was found.
pub fn validate(blobs: &dyn Blobs, index: &Descriptor) -> Vec<String> {
    let mut judge = Judge { blobs, mismatches: Vec::new() };
    judge.index(index);
    judge.mismatches
}

struct Judge<'a> {
    blobs: &'a dyn Blobs,
    mismatches: Vec<String>,
}

impl Judge<'_> {
    fn index(&mut self, descriptor: &Descriptor) {
        let Some(index) = self.document::<Index>(descriptor, INDEX) else { return };
        for manifest in &index.manifests {
            self.manifest(manifest);
        }
    }

    fn manifest(&mut self, descriptor: &Descriptor) {
        let Some(manifest) = self.document::<ImageManifest>(descriptor, IMAGE_MANIFEST) else {
            return;
        };
        let diff_ids: Vec<_> = manifest.layers.iter().map(|layer| self.layer(layer)).collect();
        let Some(config) = self.document::<ImageConfig>(&manifest.config, IMAGE_CONFIG) else {
            return;
        };
        let named: Vec<_> = config.rootfs.diff_ids.iter().copied().map(Some).collect();
        self.compare(descriptor, "diff ids", &format!("{named:?}"), &format!("{diff_ids:?}"));
        self.compare(descriptor, "history entries", &named.len(), &config.history.len());
        if let Some(platform) = &descriptor.platform {
            self.compare(descriptor, "architecture", &platform.architecture, &config.architecture);
            self.compare(descriptor, "operating system", &platform.os, &config.os);
        }
    }

    fn document<T: DeserializeOwned>(
        &mut self,
        descriptor: &Descriptor,
        media_type: &str,
    ) -> Option<T> {
        self.compare(descriptor, "media type", &media_type, &descriptor.media_type.as_str());
        let bytes = self.bytes(descriptor)?;
        self.compare(descriptor, "digest", &descriptor.digest, &Digest::of(&bytes));
        self.compare(descriptor, "size", &descriptor.size, &(bytes.len() as u64));
        let parsed = serde_json::from_slice(&bytes);
        parsed.map_err(|error| self.mismatches.push(format!("{}: {error}", descriptor.digest))).ok()
    }

    fn bytes(&mut self, descriptor: &Descriptor) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let opened = self.blobs.open_blob(&descriptor.digest);
        let read = opened.and_then(|blob| blob.take(DOCUMENT_LIMIT_BYTES).read_to_end(&mut bytes));
        read.map_err(|error| self.mismatches.push(format!("{}: {error}", descriptor.digest)))
            .ok()?;
        Some(bytes)
    }

    /// Checks a layer's blob and gives the diff id that its bytes have.
    fn layer(&mut self, descriptor: &Descriptor) -> Option<Digest> {
        let read =
            self.blobs.open_blob(&descriptor.digest).and_then(|blob| read_layer(blob, descriptor));
        match read {
            Ok((digest, size, diff_id)) => {
                self.compare(descriptor, "digest", &descriptor.digest, &digest);
                self.compare(descriptor, "size", &descriptor.size, &size);
                Some(diff_id)
            }
            Err(error) => {
                self.mismatches.push(format!("{}: {error}", descriptor.digest));
                None
            }
        }
    }

    fn compare<T: PartialEq + std::fmt::Display>(
        &mut self,
        of: &Descriptor,
        what: &str,
        want: &T,
        got: &T,
    ) {
        if want != got {
            self.mismatches.push(format!("{}: {what}: want {want}, got {got}", of.digest));
        }
    }
}

fn read_layer(
    blob: Box<dyn Read + '_>,
    descriptor: &Descriptor,
) -> io::Result<(Digest, u64, Digest)> {
    let mut compressed = io::BufReader::with_capacity(1 << 16, HashingReader::new(blob));
    let mut hasher = Hasher::new();
    io::copy(&mut decoder(&mut compressed, &descriptor.media_type)?, &mut hasher)?;
    io::copy(&mut compressed, &mut io::sink())?;
    let (digest, size) = compressed.into_inner().finish();
    Ok((digest, size, hasher.finish()))
}

/// Undoes the compression that a layer's media type names.
pub fn decoder<'a>(
    compressed: impl io::BufRead + 'a,
    media_type: &str,
) -> io::Result<Box<dyn Read + 'a>> {
    if media_type == Compression::Gzip.media_type() {
        Ok(Box::new(MultiGzDecoder::new(compressed)))
    } else if media_type == Compression::Zstd.media_type() {
        Ok(Box::new(zstd::stream::read::Decoder::with_buffer(compressed)?))
    } else {
        Err(io::Error::new(io::ErrorKind::Unsupported, format!("no layer: {media_type}")))
    }
}
