//! The written form of a tree, and its hash.
//!
//! The first line is a header, then one line an entry, sorted by the bytes of the path; each line
//! is canonical JSON (RFC 8785) and ends with a line feed. The tree's hash is the SHA-256 of these
//! bytes: `sha256sum` of the listing in the store gives it. `docs/formats/derivation.md` has the
//! format with vectors.

use std::collections::BTreeMap;

use landfall_hashing::{Digest, canonical};
use serde::{Deserialize, Serialize};

use crate::{Attributes, Entry, EntryPath, Node, PathError, hardlink};

const FORMAT: &str = "tree-1";

/// A sorted set of entries, no path twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    entries: Vec<Entry>,
}

impl Tree {
    /// Sorts entries into a tree, and makes the smallest name of a file with several names the
    /// file and the others links to it; a link may name its file wherever that sorts.
    ///
    /// Fails where a path comes twice, where something lies below what is no folder, or where a
    /// hard link names no file of the tree. Folders that hold entries need not be listed.
    pub fn from_entries(mut entries: Vec<Entry>) -> Result<Self, ListingError> {
        hardlink::unify(&mut entries);
        Self::sorted(entries)
    }

    fn sorted(mut entries: Vec<Entry>) -> Result<Self, ListingError> {
        entries.sort_by(|left, right| left.path.cmp(&right.path));
        let tree = Self { entries };
        tree.check()?;
        Ok(tree)
    }

    /// A tree that is one file.
    pub fn file(digest: Digest, size_bytes: u64, mode: u16) -> Self {
        let node = Node::File { size_bytes, digest };
        let attributes = Attributes::with_mode(mode);
        Self { entries: vec![Entry { path: EntryPath::root(), node, attributes }] }
    }

    /// All entries, sorted by path.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What stands at a path.
    pub fn get(&self, path: &EntryPath) -> Option<&Entry> {
        let index = self.entries.binary_search_by(|entry| entry.path.cmp(path));
        index.ok().map(|index| &self.entries[index])
    }

    /// The file that a tree of a single file is: its digest and length.
    pub fn single_file(&self) -> Option<(Digest, u64)> {
        match self.entries.as_slice() {
            [Entry { path, node: Node::File { size_bytes, digest }, .. }] if path.is_root() => {
                Some((*digest, *size_bytes))
            }
            _ => None,
        }
    }

    /// The bytes of all files together; a hard link counts nothing.
    pub fn size_bytes(&self) -> u64 {
        let sizes = self.entries.iter().map(|entry| match entry.node {
            Node::File { size_bytes, .. } => size_bytes,
            _ => 0,
        });
        sizes.sum()
    }

    /// The written form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = canonical::to_bytes(&Header { landfall: FORMAT.into() });
        bytes.push(b'\n');
        for entry in &self.entries {
            bytes.extend(canonical::to_bytes(&Line::from(entry)));
            bytes.push(b'\n');
        }
        bytes
    }

    /// The tree's hash: the digest of its written form.
    pub fn hash(&self) -> Digest {
        Digest::of(self.to_bytes())
    }

    /// Reads the written form back, checking all that [`Tree::from_entries`] checks, and that
    /// every link comes after its file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ListingError> {
        let text = std::str::from_utf8(bytes).map_err(|_| ListingError::Format { line: 1 })?;
        let mut lines = text.lines();
        let header = lines.next().and_then(|line| serde_json::from_str::<Header>(line).ok());
        if header.is_none_or(|header| header.landfall != FORMAT) {
            return Err(ListingError::Format { line: 1 });
        }
        let entries = lines.enumerate().map(|(index, line)| read_line(index + 2, line));
        Self::sorted(entries.collect::<Result<_, _>>()?)
    }

    /// The first entry below an entry.
    fn below(&self, above: &Entry) -> Option<&Entry> {
        if above.path.is_root() {
            return self.entries.iter().find(|entry| !entry.path.is_root());
        }
        let prefix = format!("{}/", above.path);
        let index = self.entries.partition_point(|entry| *entry.path.as_str() < *prefix);
        self.entries.get(index).filter(|entry| entry.path.as_str().starts_with(&prefix))
    }

    fn check(&self) -> Result<(), ListingError> {
        if let Some(pair) = self.entries.windows(2).find(|pair| pair[0].path == pair[1].path) {
            return Err(ListingError::Duplicate { path: pair[0].path.clone() });
        }
        self.entries.iter().try_for_each(|entry| self.check_entry(entry))
    }

    fn check_entry(&self, entry: &Entry) -> Result<(), ListingError> {
        if let Some(below) = self.below(entry).filter(|_| !matches!(entry.node, Node::Directory)) {
            let (path, above) = (below.path.clone(), entry.path.clone());
            return Err(ListingError::BelowNoFolder { path, above });
        }
        if let Node::Hardlink { target } = &entry.node {
            let file =
                self.get(target).is_some_and(|entry| matches!(entry.node, Node::File { .. }));
            if !file || *target > entry.path {
                let (path, target) = (entry.path.clone(), target.clone());
                return Err(ListingError::LinkTarget { path, target });
            }
        }
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    landfall: String,
}

/// An entry as it is written. Modes are octal texts, as `chmod` takes them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    path: String,
    kind: Kind,
    mode: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    user_id: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    group_id: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    modified_seconds: Option<i64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    extended: BTreeMap<String, Vec<u8>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    target: Option<String>,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Directory,
    File,
    Symlink,
    Hardlink,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl From<&Entry> for Line {
    fn from(entry: &Entry) -> Self {
        let Attributes { mode, user_id, group_id, modified_seconds, extended } = &entry.attributes;
        let (kind, size_bytes, digest, target) = match &entry.node {
            Node::Directory => (Kind::Directory, None, None, None),
            Node::File { size_bytes, digest } => {
                (Kind::File, Some(*size_bytes), Some(*digest), None)
            }
            Node::Symlink { target } => (Kind::Symlink, None, None, Some(target.clone())),
            Node::Hardlink { target } => (Kind::Hardlink, None, None, Some(target.to_string())),
        };
        Self {
            path: entry.path.to_string(),
            kind,
            mode: format!("{mode:04o}"),
            user_id: *user_id,
            group_id: *group_id,
            modified_seconds: *modified_seconds,
            extended: extended.clone(),
            size_bytes,
            digest,
            target,
        }
    }
}

fn read_line(number: usize, line: &str) -> Result<Entry, ListingError> {
    let format = || ListingError::Format { line: number };
    let line: Line = serde_json::from_str(line).map_err(|_| format())?;
    let path =
        |text: &str| text.parse().map_err(|source| ListingError::Path { line: number, source });
    let node = match (line.kind, line.size_bytes, line.digest, line.target) {
        (Kind::Directory, None, None, None) => Node::Directory,
        (Kind::File, Some(size_bytes), Some(digest), None) => Node::File { size_bytes, digest },
        (Kind::Symlink, None, None, Some(target)) => Node::Symlink { target },
        (Kind::Hardlink, None, None, Some(target)) => Node::Hardlink { target: path(&target)? },
        _ => return Err(format()),
    };
    let exact = |number: u64| number <= canonical::LARGEST_INTEGER;
    let sizes = line.size_bytes.is_none_or(exact);
    if !sizes || !line.modified_seconds.is_none_or(|seconds| exact(seconds.unsigned_abs())) {
        return Err(format());
    }
    let attributes = Attributes {
        mode: u16::from_str_radix(&line.mode, 8).map_err(|_| format())?,
        user_id: line.user_id,
        group_id: line.group_id,
        modified_seconds: line.modified_seconds,
        extended: line.extended,
    };
    Ok(Entry { path: path(&line.path)?, node, attributes })
}

/// Why entries make no tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what its fields hold")]
pub enum ListingError {
    #[error("the path `{path}` comes twice")]
    Duplicate { path: EntryPath },
    #[error("the path `{path}` lies below `{above}`, which is no folder")]
    BelowNoFolder { path: EntryPath, above: EntryPath },
    #[error(
        "the hard link `{path}` names `{target}`, which is no file that comes before it in the same tree"
    )]
    LinkTarget { path: EntryPath, target: EntryPath },
    #[error("line {line} of the listing is not in the format `{FORMAT}`")]
    Format { line: usize },
    #[error("line {line} of the listing has a path that cannot be")]
    Path { line: usize, source: PathError },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, node: Node) -> Entry {
        Entry { path: path.parse().unwrap(), node, attributes: Attributes::with_mode(0o755) }
    }

    fn file() -> Node {
        Node::File { size_bytes: 0, digest: Digest::of("") }
    }

    #[test]
    fn order_does_not_matter_and_the_written_form_reads_back() {
        let hardlink = Node::Hardlink { target: "a/b".parse().unwrap() };
        let symlink = Node::Symlink { target: "../../x".into() };
        let mut entries = vec![
            entry("a", Node::Directory),
            entry("a/b", file()),
            entry("c", hardlink),
            entry("d", symlink),
        ];
        let tree = Tree::from_entries(entries.clone()).unwrap();
        entries.reverse();
        assert_eq!(Tree::from_entries(entries).unwrap().hash(), tree.hash());
        assert_eq!(Tree::from_bytes(&tree.to_bytes()).unwrap(), tree);
    }

    fn hardlink(target: &str) -> Node {
        Node::Hardlink { target: target.parse().unwrap() }
    }

    /// Whichever name is said to be the file, the smallest is, and its attributes are everyone's.
    #[test]
    fn the_smallest_name_of_a_file_is_the_file() {
        let mut z = entry("z", file());
        z.attributes.mode = 0o600;
        let tree =
            Tree::from_entries(vec![entry("y", hardlink("z")), z, entry("x", hardlink("z"))])
                .unwrap();
        let nodes: Vec<_> =
            tree.entries().iter().map(|entry| (entry.path.as_str(), &entry.node)).collect();
        assert_eq!(nodes, [("x", &file()), ("y", &hardlink("x")), ("z", &hardlink("x"))]);
        assert!(tree.entries().iter().all(|entry| entry.attributes.mode == 0o600));

        let mut x = entry("x", file());
        x.attributes.mode = 0o600;
        let other =
            Tree::from_entries(vec![x, entry("z", hardlink("x")), entry("y", hardlink("x"))]);
        assert_eq!(other.unwrap().hash(), tree.hash());
    }

    /// A listing in another form would have another hash than the tree that is read from it.
    #[test]
    fn refuses_a_listing_whose_link_comes_before_its_file() {
        let entries = vec![entry("a", hardlink("b")), entry("b", file())];
        let bytes = Tree { entries }.to_bytes();
        assert!(matches!(Tree::from_bytes(&bytes), Err(ListingError::LinkTarget { .. })));
    }

    #[test]
    fn refuses_what_makes_no_tree() {
        let twice = vec![entry("a", file()), entry("a", Node::Directory)];
        assert!(matches!(Tree::from_entries(twice), Err(ListingError::Duplicate { .. })));
        let below = vec![entry("a", file()), entry("a/b", file())];
        assert!(matches!(Tree::from_entries(below), Err(ListingError::BelowNoFolder { .. })));
        let beside = vec![entry("a", file()), entry("a!", file()), entry("a/b/c", file())];
        assert!(matches!(Tree::from_entries(beside), Err(ListingError::BelowNoFolder { .. })));
        let root = vec![entry("", file()), entry("a", file())];
        assert!(matches!(Tree::from_entries(root), Err(ListingError::BelowNoFolder { .. })));
        let dangling = vec![entry("a", hardlink("b"))];
        assert!(matches!(Tree::from_entries(dangling), Err(ListingError::LinkTarget { .. })));
        let chain = vec![entry("a", file()), entry("b", hardlink("a")), entry("c", hardlink("b"))];
        assert!(matches!(Tree::from_entries(chain), Err(ListingError::LinkTarget { .. })));
        let itself = vec![entry("a", hardlink("a"))];
        assert!(matches!(Tree::from_entries(itself), Err(ListingError::LinkTarget { .. })));
    }
}
