//! Puts trees at their places, layer upon layer.
//!
//! The result is the tree of each layer as it will be written: final paths, modes, owners, and all
//! parent folders. A parent that a lower layer of the same image has keeps the attributes it has
//! there, because a runtime would otherwise reset them; in the common case that is root's 0755, so
//! that layers stay equal between images. A path through a symbolic link of a lower layer is
//! rewritten to where the link points, as the runtime's file system would do.

use std::collections::BTreeMap;

use landfall_tree::{Attributes, Entry, EntryPath, ListingError, Node, Tree};

/// How many links are followed before it must be a loop (Linux follows as many, path_resolution(7)).
const LINK_LIMIT: usize = 40;
/// setuid, setgid, sticky and world-writable.
const SPECIAL_MODE: u16 = 0o7002;

/// Numeric user and group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "numbers by their own names")]
pub struct Owner {
    pub user_id: u32,
    pub group_id: u32,
}

/// Whose the placed nodes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owners {
    /// One owner for everything.
    Fixed(Owner),
    /// As the tree has it.
    Keep,
}

/// Which permission bits the placed nodes get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modes {
    /// 0644, and 0755 for folders and executables. What is special in the tree was named on the
    /// way in, and is kept.
    Normal,
    /// One mode for every file; for a tree that is just a folder, of that folder.
    Fixed(u16),
    /// As the tree has it.
    Keep,
}

/// A tree and where it goes.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    /// What is placed.
    pub tree: &'a Tree,
    /// Where its root goes.
    pub to: EntryPath,
    /// Permission bits.
    pub modes: Modes,
    /// Owners.
    pub owners: Owners,
}

/// The layers so far, as a runtime would see them merged.
#[derive(Debug, Default)]
pub struct Stack {
    below: BTreeMap<EntryPath, Entry>,
}

impl Stack {
    /// An empty image.
    pub fn new() -> Self {
        Self::default()
    }

    /// Turns the places of the next layer, in their order, into its tree, and lays it on top.
    ///
    /// Where a folder is placed twice, the later place decides its attributes. Fails with every
    /// conflict; an error names places by their index.
    pub fn lay(&mut self, places: &[Place<'_>]) -> Result<Tree, Vec<PlaceError>> {
        let mut layer =
            LayerEntries { below: &self.below, entries: BTreeMap::new(), errors: Vec::new() };
        for (index, place) in places.iter().enumerate() {
            layer.add(index, place);
        }
        let tree = layer.finish()?;
        tree.entries().iter().for_each(|entry| self.cover(entry));
        Ok(tree)
    }

    /// A node that is no folder hides what lay at its path and below.
    fn cover(&mut self, entry: &Entry) {
        let folder = matches!(entry.node, Node::Directory);
        let was_folder = self.below.get(&entry.path).is_some_and(is_folder);
        if was_folder && !folder {
            self.below.retain(|path, _| path.below(&entry.path).is_none());
        }
        self.below.insert(entry.path.clone(), entry.clone());
    }
}

fn is_folder(entry: &Entry) -> bool {
    matches!(entry.node, Node::Directory)
}

/// One layer while it is put together; each entry with the index of its place.
struct LayerEntries<'a> {
    below: &'a BTreeMap<EntryPath, Entry>,
    entries: BTreeMap<EntryPath, (usize, Entry)>,
    errors: Vec<PlaceError>,
}

impl LayerEntries<'_> {
    fn add(&mut self, index: usize, place: &Place<'_>) {
        for entry in place.tree.entries() {
            match self.placed(index, place, entry) {
                Ok(entry) if entry.path.is_root() && is_folder(&entry) => {}
                Ok(entry) if entry.path.is_root() => {
                    self.errors.push(PlaceError::Root { place: index })
                }
                Ok(entry) => self.insert(index, entry),
                Err(error) => self.errors.push(error),
            }
        }
    }

    /// An entry with its final path and attributes.
    fn placed(
        &self,
        place_index: usize,
        place: &Place<'_>,
        entry: &Entry,
    ) -> Result<Entry, PlaceError> {
        let folder = is_folder(entry);
        let path = self.resolve(place_index, &place.to.join(&entry.path), folder)?;
        path.check_length().map_err(|source| PlaceError::Path { place: place_index, source })?;
        let node = match &entry.node {
            Node::Hardlink { target } => {
                Node::Hardlink { target: self.resolve(place_index, &place.to.join(target), false)? }
            }
            node => node.clone(),
        };
        Ok(Entry { path, node, attributes: attributes(place, entry) })
    }

    /// Rewrites a path whose folders are links in lower layers; a folder is looked up to its end,
    /// anything else replaces a link of its own name.
    fn resolve(
        &self,
        place: usize,
        path: &EntryPath,
        whole: bool,
    ) -> Result<EntryPath, PlaceError> {
        let mut resolved = path.clone();
        for _ in 0..LINK_LIMIT {
            let Some((link, target)) = self.first_link(&resolved, whole) else {
                return Ok(resolved);
            };
            let rest = resolved.below(&link).unwrap_or_default();
            let loops = || PlaceError::LinkLoop { place, path: path.clone(), link: link.clone() };
            resolved = follow(&link, target).ok_or_else(loops)?.join(&rest);
        }
        Err(PlaceError::LinkLoop { place, path: path.clone(), link: resolved })
    }

    fn first_link(&self, path: &EntryPath, whole: bool) -> Option<(EntryPath, &str)> {
        let own = whole.then(|| path.clone());
        let mut folders: Vec<_> = own.into_iter().chain(path.ancestors()).collect();
        folders.reverse();
        folders.into_iter().find_map(|folder| match &self.below.get(&folder)?.node {
            Node::Symlink { target } => Some((folder, target.as_str())),
            _ => None,
        })
    }

    fn insert(&mut self, place: usize, entry: Entry) {
        let folder = is_folder(&entry);
        match self.entries.get(&entry.path) {
            Some((_, there)) if is_folder(there) && folder => {}
            Some((other, _)) => {
                let path = entry.path.clone();
                return self.errors.push(PlaceError::Collision { place, other: *other, path });
            }
            None => {}
        }
        self.entries.insert(entry.path.clone(), (place, entry));
    }

    /// Adds parents, checks that each is a folder, and sorts.
    fn finish(mut self) -> Result<Tree, Vec<PlaceError>> {
        let paths: Vec<_> =
            self.entries.iter().map(|(path, (place, _))| (path.clone(), *place)).collect();
        for (path, place) in paths {
            for parent in path.ancestors().filter(|parent| !parent.is_root()) {
                self.add_parent(place, &path, parent);
            }
        }
        if !self.errors.is_empty() {
            self.errors.dedup();
            return Err(self.errors);
        }
        let entries = self.entries.into_values().map(|(_, entry)| entry).collect();
        Tree::from_entries(entries).map_err(|source| vec![PlaceError::Listing { source }])
    }

    fn add_parent(&mut self, place: usize, path: &EntryPath, parent: EntryPath) {
        if let Some((other, entry)) = self.entries.get(&parent) {
            if !is_folder(entry) {
                let (other, path) = (*other, path.clone());
                self.errors.push(PlaceError::BelowNoFolder {
                    place,
                    other: Some(other),
                    path,
                    parent,
                });
            }
            return;
        }
        let lower = self.below.get(&parent);
        if lower.is_some_and(|entry| !is_folder(entry)) {
            let path = path.clone();
            return self.errors.push(PlaceError::BelowNoFolder {
                place,
                other: None,
                path,
                parent,
            });
        }
        let plain = || Attributes::with_mode(Attributes::EXECUTABLE);
        let attributes = lower.map_or_else(plain, |entry| entry.attributes.clone());
        let entry = Entry { path: parent.clone(), node: Node::Directory, attributes };
        self.entries.insert(parent, (place, entry));
    }
}

/// Where a link points, as a path of the image; none where it leads above the root of the image
/// (which the root absorbs) into nothing that can be a path.
fn follow(link: &EntryPath, target: &str) -> Option<EntryPath> {
    let start = if target.starts_with('/') { EntryPath::root() } else { link.parent()? };
    let mut names: Vec<&str> = start.components().collect();
    for name in target.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    names.join("/").parse().ok()
}

fn attributes(place: &Place<'_>, entry: &Entry) -> Attributes {
    let own = &entry.attributes;
    let (user_id, group_id) = match place.owners {
        Owners::Fixed(owner) => (owner.user_id, owner.group_id),
        Owners::Keep => (own.user_id, own.group_id),
    };
    Attributes { mode: mode(place, entry), user_id, group_id, ..own.clone() }
}

fn mode(place: &Place<'_>, entry: &Entry) -> u16 {
    let own = entry.attributes.mode;
    let alone = entry.path.is_root();
    match (&entry.node, place.modes) {
        (Node::Symlink { .. }, _) => Attributes::SYMLINK,
        (Node::Directory, Modes::Fixed(mode)) if alone && place.tree.entries().len() == 1 => mode,
        (Node::File { .. } | Node::Hardlink { .. }, Modes::Fixed(mode)) => mode,
        (_, Modes::Keep) => own,
        _ if own & SPECIAL_MODE != 0 => own,
        (Node::Directory, _) => Attributes::EXECUTABLE,
        _ if own & 0o111 != 0 => Attributes::EXECUTABLE,
        _ => Attributes::PLAIN,
    }
}

/// Why trees do not fit together. `place` and `other` are indices into the places of the layer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what its fields hold")]
pub enum PlaceError {
    #[error("`/{path}` is placed twice in one layer")]
    Collision { place: usize, other: usize, path: EntryPath },
    #[error("`/{path}` lies below `/{parent}`, which is no folder")]
    BelowNoFolder { place: usize, other: Option<usize>, path: EntryPath, parent: EntryPath },
    #[error("the folders of `/{path}` are symbolic links that lead nowhere, `/{link}` among them")]
    LinkLoop { place: usize, path: EntryPath, link: EntryPath },
    #[error("`/` is the folder that holds the image, and nothing else can be placed there")]
    Root { place: usize },
    #[error("the destination cannot be: {source}")]
    Path { place: usize, source: landfall_tree::PathError },
    #[error("the layer's entries make no tree: {source}")]
    Listing { source: ListingError },
}

impl PlaceError {
    /// The place at fault, and the one that it conflicts with.
    pub fn places(&self) -> (Option<usize>, Option<usize>) {
        match self {
            Self::Collision { place, other, .. } => (Some(*place), Some(*other)),
            Self::BelowNoFolder { place, other, .. } => (Some(*place), *other),
            Self::Root { place } | Self::LinkLoop { place, .. } | Self::Path { place, .. } => {
                (Some(*place), None)
            }
            Self::Listing { .. } => (None, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use landfall_hashing::Digest;

    use super::*;

    const ROOT: Owners = Owners::Fixed(Owner { user_id: 0, group_id: 0 });

    fn path(text: &str) -> EntryPath {
        text.parse().unwrap()
    }

    fn node(node: Node, mode: u16) -> Tree {
        let entry =
            Entry { path: EntryPath::root(), node, attributes: Attributes::with_mode(mode) };
        Tree::from_entries(vec![entry]).unwrap()
    }

    fn file(mode: u16) -> Tree {
        Tree::file(Digest::of("x"), 1, mode)
    }

    fn place<'a>(tree: &'a Tree, to: &str) -> Place<'a> {
        Place { tree, to: path(to), modes: Modes::Normal, owners: ROOT }
    }

    fn shown(tree: &Tree) -> Vec<String> {
        let line = |entry: &Entry| format!("{} {:04o}", entry.path, entry.attributes.mode);
        tree.entries().iter().map(line).collect()
    }

    #[test]
    fn parents_come_along_and_modes_are_normal() {
        let (plain, program) = (file(0o600), file(0o700));
        let tree = Stack::new().lay(&[place(&plain, "etc/a/b"), place(&program, "bin/c")]).unwrap();
        assert_eq!(
            shown(&tree),
            ["bin 0755", "bin/c 0755", "etc 0755", "etc/a 0755", "etc/a/b 0644"]
        );
    }

    #[test]
    fn a_parent_keeps_what_a_lower_layer_gave_it() {
        let (folder, plain) = (node(Node::Directory, 0o755), file(0o644));
        let mut stack = Stack::new();
        let lower = Place { modes: Modes::Fixed(0o700), ..place(&folder, "var/secret") };
        stack.lay(&[lower]).unwrap();
        let upper = stack.lay(&[place(&plain, "var/secret/x")]).unwrap();
        assert_eq!(shown(&upper), ["var 0755", "var/secret 0700", "var/secret/x 0644"]);
    }

    #[test]
    fn a_path_through_a_link_below_is_rewritten() {
        let (link, plain) = (node(Node::Symlink { target: "usr/bin".into() }, 0o777), file(0o755));
        let mut stack = Stack::new();
        stack.lay(&[place(&link, "bin")]).unwrap();
        let upper = stack.lay(&[place(&plain, "bin/sh")]).unwrap();
        assert_eq!(shown(&upper), ["usr 0755", "usr/bin 0755", "usr/bin/sh 0755"]);
    }

    #[test]
    fn links_that_loop_are_named() {
        let (first, second) = (
            node(Node::Symlink { target: "b".into() }, 0o777),
            node(Node::Symlink { target: "a".into() }, 0o777),
        );
        let plain = file(0o644);
        let mut stack = Stack::new();
        stack.lay(&[place(&first, "a"), place(&second, "b")]).unwrap();
        let errors = stack.lay(&[place(&plain, "a/x")]).unwrap_err();
        assert!(matches!(errors[..], [PlaceError::LinkLoop { .. }]), "{errors:?}");
    }

    #[test]
    fn conflicts_name_both_places() {
        let plain = file(0o644);
        let twice = Stack::new().lay(&[place(&plain, "a"), place(&plain, "a")]).unwrap_err();
        assert_eq!(twice[0].places(), (Some(1), Some(0)));
        let below = Stack::new().lay(&[place(&plain, "a"), place(&plain, "a/b")]).unwrap_err();
        assert_eq!(below[0].places(), (Some(1), Some(0)));
    }
}
