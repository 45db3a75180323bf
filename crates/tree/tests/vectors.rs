//! The listings in `docs/formats/vectors` are what this crate writes and reads.
//!
//! The files were written by another program, by the words of `docs/formats/derivation.md` alone.

#![allow(clippy::unwrap_used, reason = "functions beside the tests are part of them")]

use std::path::Path;

use landfall_hashing::Digest;
use landfall_tree::{Attributes, Entry, Node, Tree};

fn vector(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats/vectors");
    std::fs::read(folder.join(name)).unwrap()
}

fn entry(path: &str, node: Node, attributes: Attributes) -> Entry {
    Entry { path: path.parse().unwrap(), node, attributes }
}

fn folder(path: &str) -> Entry {
    entry(path, Node::Directory, Attributes::with_mode(0o755))
}

fn file(content: &str) -> Node {
    Node::File { size_bytes: content.len() as u64, digest: Digest::of(content) }
}

fn symlink(target: &str) -> Node {
    Node::Symlink { target: target.into() }
}

fn hardlink(target: &str) -> Node {
    Node::Hardlink { target: target.parse().unwrap() }
}

/// One of everything, and in no order.
fn example() -> Vec<Entry> {
    let (program, plain) = (Attributes::with_mode(0o755), Attributes::with_mode(0o644));
    let extended = [("user.note".to_owned(), b"a\nb".to_vec())].into();
    let owned = Attributes {
        user_id: 65532,
        group_id: 65532,
        modified_seconds: Some(1_700_000_000),
        ..Attributes::with_mode(0o640)
    };
    vec![
        entry("usr/sbin/hello", symlink("../../bin/hello"), Attributes::with_mode(0o777)),
        folder("usr/sbin"),
        folder("usr"),
        // Which name is said to be the file makes no difference: the smallest is.
        entry("etc/app.conf.default", file("port = 8080\n"), owned),
        entry("etc/app.conf", hardlink("etc/app.conf.default"), plain.clone()),
        entry("etc/größe", file(""), plain),
        folder("etc"),
        entry("bin/hello", file("hello\n"), Attributes { extended, ..program }),
        folder("bin"),
    ]
}

#[test]
fn a_tree_is_written_as_documented() {
    let cases = [
        ("tree.jsonl", Tree::from_entries(example()).unwrap()),
        ("tree-of-one-file.jsonl", Tree::file(Digest::of("hello\n"), 6, 0o755)),
        ("tree-empty.jsonl", Tree::default()),
    ];
    for (name, tree) in cases {
        let wanted = vector(name);
        let written = tree.to_bytes();
        assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&wanted), "{name}");
        assert_eq!(tree.hash(), Digest::of(&wanted), "{name}");
        assert_eq!(Tree::from_bytes(&wanted).unwrap(), tree, "{name}");
    }
}
