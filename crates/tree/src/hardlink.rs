//! The one form of a file with several names.

use std::collections::BTreeMap;

use crate::{Entry, EntryPath, Node};

/// Makes the smallest name of every file the file, and its other names links to that.
///
/// Which name an archive or a folder gives first is chance, and must reach no hash. All names
/// have the attributes of the file, as they have on a disk, whatever a link was said to have.
/// Links that name no file stay as they are.
pub(crate) fn unify(entries: &mut [Entry]) {
    let firsts = first_links(entries);
    let files: BTreeMap<_, _> = entries.iter().filter_map(|entry| group(entry, &firsts)).collect();
    for entry in entries {
        let named = match &entry.node {
            Node::Hardlink { target } => target,
            _ => &entry.path,
        };
        let Some((leader, file)) = files.get(named) else { continue };
        entry.attributes = file.attributes.clone();
        entry.node = match *leader == entry.path {
            true => file.node.clone(),
            false => Node::Hardlink { target: leader.clone() },
        };
    }
}

/// The smallest link to each path.
fn first_links(entries: &[Entry]) -> BTreeMap<EntryPath, EntryPath> {
    let mut firsts: BTreeMap<EntryPath, EntryPath> = BTreeMap::new();
    for entry in entries {
        if let Node::Hardlink { target } = &entry.node {
            let first = firsts.entry(target.clone()).or_insert_with(|| entry.path.clone());
            *first = (*first).clone().min(entry.path.clone());
        }
    }
    firsts
}

/// A file that has links, by its path, with the smallest of all its names.
fn group(
    entry: &Entry,
    firsts: &BTreeMap<EntryPath, EntryPath>,
) -> Option<(EntryPath, (EntryPath, Entry))> {
    let first = firsts.get(&entry.path).filter(|_| matches!(entry.node, Node::File { .. }))?;
    let leader = first.min(&entry.path).clone();
    Some((entry.path.clone(), (leader, entry.clone())))
}
