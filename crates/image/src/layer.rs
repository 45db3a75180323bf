//! Turns a tree into a layer: one blob with its diff id.

use std::io::{self, Write};

use landfall_hashing::{Digest, canonical};
use landfall_tree::{Contents, Tree};
use serde::Serialize;

use crate::compress::{Input, Threads, compress};
use crate::{Compression, Encoding, TarStream};

/// What a layer is made of: its id changes exactly when its bytes may.
///
/// The tree is the placed one: final paths, modes, owners and times, parents included. So two apps
/// that come to the same tree by different ways share the layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerDerivation {
    /// Hash of the placed tree.
    pub tree: Digest,
    /// How bytes are written.
    pub encoding: Encoding,
    /// And compressed.
    pub compression: Compression,
}

#[derive(Serialize)]
struct Written {
    landfall: &'static str,
    compression: String,
    encoding: u32,
    tree: Digest,
}

impl LayerDerivation {
    /// The canonical bytes that the id is taken of.
    pub fn to_bytes(&self) -> Vec<u8> {
        let (encoding, compression) = (self.encoding.number(), self.compression.to_string());
        canonical::to_bytes(&Written {
            landfall: "layer-1",
            compression,
            encoding,
            tree: self.tree,
        })
    }

    /// The layer's id.
    pub fn id(&self) -> Digest {
        Digest::of(self.to_bytes())
    }
}

/// Writes the layer of a tree, and gives the digest of its tar. `tree` MUST be the one whose hash
/// the derivation holds.
///
/// Fails where a content cannot be read, has another length than the tree says, or where the
/// writer fails.
pub fn write(
    threads: Threads<'_>,
    derivation: &LayerDerivation,
    tree: &Tree,
    contents: &dyn Contents,
    output: &mut dyn Write,
) -> io::Result<Input> {
    let stream = TarStream::new(tree, contents);
    compress(threads, derivation.encoding, derivation.compression, stream, output)
}
