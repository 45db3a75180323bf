//! The parts of a tree by name, so that a change of one can be named.

use std::collections::BTreeMap;

use landfall_hashing::Digest;
use landfall_tree::{Attributes, Entry, Node, Tree};

/// Files by path, so that a change can be named; the root of a single file is `content`.
pub(crate) fn parts(tree: &Tree) -> BTreeMap<String, Digest> {
    let part = |entry: &Entry| {
        let name = if entry.path.is_root() { "content".into() } else { entry.path.to_string() };
        let digest = match &entry.node {
            Node::File { digest, .. } if entry.attributes.mode == Attributes::PLAIN => *digest,
            Node::File { digest, .. } => Digest::of(format!("executable {digest}")),
            Node::Directory => Digest::of("folder"),
            Node::Symlink { target } => Digest::of(format!("symlink {target}")),
            Node::Hardlink { target } => Digest::of(format!("hard link {target}")),
        };
        (name, digest)
    };
    tree.entries().iter().map(part).collect()
}
