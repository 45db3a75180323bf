//! A listing that is read is a sound tree, and its written form is the same tree.

use landfall_tree::{Entry, EntryPath, Node, Tree};

use crate::check_error;

/// Bytes as the listing of a tree.
pub fn tree_listing(bytes: &[u8]) {
    match Tree::from_bytes(bytes) {
        Ok(tree) => check_tree(&tree),
        Err(error) => check_error(&error),
    }
}

/// What holds of every tree, wherever it comes from.
pub fn check_tree(tree: &Tree) {
    tree.entries().iter().for_each(|entry| check_entry(tree, entry));
    let written = tree.to_bytes();
    let again = Tree::from_bytes(&written).expect("what was written can be read");
    assert_eq!(again, *tree, "the written form is another tree");
    assert_eq!(again.to_bytes(), written, "one tree has two written forms");
}

fn check_entry(tree: &Tree, entry: &Entry) {
    let path: EntryPath = entry.path.as_str().parse().expect("a path of a tree is a checked one");
    assert_eq!(path, entry.path);
    let is =
        |path: &EntryPath, kind: fn(&Node) -> bool| tree.get(path).map(|above| kind(&above.node));
    for above in path.ancestors() {
        let folder = is(&above, |node| matches!(node, Node::Directory));
        assert_ne!(folder, Some(false), "{path} goes through {above}, which is no folder");
    }
    if let Node::Hardlink { target } = &entry.node {
        let file = is(target, |node| matches!(node, Node::File { .. }));
        assert_eq!(file, Some(true), "{path} links to {target}, which is no file");
    }
}
