//! Puts a tree together from entries: judges each path, drops what is not kept, hands bytes on.
//!
//! Every entry is judged as the archive has it, kept or not, since an archive that deceives in
//! one place is not to be believed in another; after `strip`, paths can meet again, so what is
//! kept is judged a second time. Devices and special modes concern the image alone: they may
//! stand in an archive as long as they are not kept.

use std::collections::BTreeMap;

use landfall_hashing::Digest;
use landfall_tree::{Attributes, Entry, EntryPath, Node, Tree};

use crate::bytes::Content;
use crate::filter::{Filter, allowing_line};
use crate::member::{Kind, Member, Visitor};
use crate::namespace::{Namespace, Slot};
use crate::{ArchiveError, Options, Place, Sink};

/// Setuid, setgid and sticky (inode(7)).
const SPECIAL_BITS: u16 = 0o7000;
/// What CVE-2025-53945 was about.
const WORLD_WRITABLE: u16 = 0o002;

/// A tree that is being put together.
pub(crate) struct Assembly<'a> {
    options: &'a Options,
    filter: Filter,
    sink: &'a mut dyn Sink,
    /// All paths as the archive has them.
    named: Namespace,
    /// The paths that are kept, stripped; in use only where `strip` makes a difference.
    placed: Namespace,
    files: Vec<File>,
    kept: BTreeMap<EntryPath, Kept>,
    listing_bytes: u64,
}

/// A file's content and attributes, which all of its names share.
struct File {
    size_bytes: u64,
    attributes: Attributes,
    /// None where the file is not kept and no one took its bytes.
    digest: Option<Digest>,
}

/// What is kept at a stripped path.
enum Kept {
    Directory(Attributes),
    Symlink(String, Attributes),
    /// A name of a file, by its number.
    File(usize),
}

impl<'a> Assembly<'a> {
    pub(crate) fn new(options: &'a Options, sink: &'a mut dyn Sink) -> Result<Self, ArchiveError> {
        let (named, placed) = Default::default();
        let (files, kept, listing_bytes) = Default::default();
        let filter = Filter::new(options)?;
        Ok(Self { options, filter, sink, named, placed, files, kept, listing_bytes })
    }

    /// Where an entry goes, if it is kept.
    fn destination(&self, path: &EntryPath) -> Option<EntryPath> {
        path.strip(self.options.strip).filter(|path| self.filter.keeps(path))
    }

    /// What the entry makes of its path.
    fn slot(&self, member: &Member) -> Result<Slot, ArchiveError> {
        match &member.kind {
            Kind::Directory => Ok(Slot::Directory),
            Kind::File { .. } => Ok(Slot::File(self.files.len())),
            Kind::Symlink { .. } => Ok(Slot::Symlink),
            Kind::Special(_) => Ok(Slot::Special),
            Kind::Hardlink { target } => match self.named.get(target) {
                Some(Slot::File(number)) => Ok(Slot::File(number)),
                _ => Err(missing(&member.place, target)),
            },
        }
    }

    /// Holds the listing's size within bounds, whatever the number and size of its texts.
    fn account(&mut self, member: &Member) -> Result<(), ArchiveError> {
        let extended =
            member.attributes.extended.iter().map(|(name, value)| name.len() + value.len());
        let target = match &member.kind {
            Kind::Symlink { target } => target.len(),
            _ => 0,
        };
        let bytes = member.path.as_str().len() + target + extended.sum::<usize>();
        self.listing_bytes = self.listing_bytes.saturating_add(bytes as u64);
        let limit = self.options.limits.listing_bytes;
        if self.listing_bytes > limit {
            let what = "the bytes of all paths, targets and extended attributes are more than";
            return Err(ArchiveError::TooLarge { place: member.place.clone(), what, limit });
        }
        Ok(())
    }

    /// Refuses modes that hand out rights, unless the user named the path.
    fn check_mode(&self, path: &EntryPath, member: &Member) -> Result<(), ArchiveError> {
        let mode = member.attributes.mode;
        let what = match mode {
            _ if mode & SPECIAL_BITS != 0 => "has a setuid, setgid or sticky bit",
            _ if mode & WORLD_WRITABLE != 0 => "lets everyone write",
            _ => return Ok(()),
        };
        if matches!(member.kind, Kind::Symlink { .. }) || self.filter.allows_special(path) {
            return Ok(());
        }
        let (place, line) = (member.place.clone(), allowing_line(path));
        Err(ArchiveError::SpecialMode { place, mode, what, line })
    }

    /// Judges what is kept by the rules of an image.
    fn admit(&mut self, path: &EntryPath, slot: Slot, member: &Member) -> Result<(), ArchiveError> {
        if let Kind::Special(kind) = member.kind {
            return Err(ArchiveError::EntryKind { place: member.place.clone(), kind });
        }
        self.check_mode(path, member)?;
        if self.options.strip > 0 {
            self.placed.name(path, slot, &member.place)?;
        }
        Ok(())
    }

    /// Remembers a file, and hands its bytes on where it is kept.
    fn take_file(
        &mut self,
        path: Option<&EntryPath>,
        size_bytes: u64,
        attributes: &Attributes,
        content: &mut Content<'_>,
    ) -> Result<(), ArchiveError> {
        let digest = path.map(|path| deliver(self.sink, path, size_bytes, content)).transpose()?;
        self.files.push(File { size_bytes, attributes: attributes.clone(), digest });
        Ok(())
    }

    /// Who hands on the bytes of files that are kept under the name of a hard link only; none
    /// where there are no such files.
    pub(crate) fn recall(&mut self) -> Option<Recall<'_, 'a>> {
        let missing = |kept: &Kept| match kept {
            Kept::File(number) if self.files[*number].digest.is_none() => Some(*number),
            _ => None,
        };
        let wanted =
            self.kept.iter().rev().filter_map(|(path, kept)| Some((missing(kept)?, path.clone())));
        let wanted: BTreeMap<_, _> = wanted.collect();
        (!wanted.is_empty()).then_some(Recall { assembly: self, wanted, next: 0 })
    }

    /// The tree of what was kept.
    pub(crate) fn finish(self) -> Result<Tree, ArchiveError> {
        let mut first_names = BTreeMap::new();
        let mut entries = Vec::with_capacity(self.kept.len());
        for (path, kept) in self.kept {
            let (node, attributes) = match kept {
                Kept::Directory(attributes) => (Node::Directory, attributes),
                Kept::Symlink(target, attributes) => (Node::Symlink { target }, attributes),
                Kept::File(number) => name_file(&self.files, &mut first_names, number, &path)?,
            };
            entries.push(Entry { path, node, attributes });
        }
        Tree::from_entries(entries).map_err(|source| ArchiveError::Listing { source })
    }
}

impl Visitor for Assembly<'_> {
    fn visit(&mut self, member: Member, content: &mut Content<'_>) -> Result<(), ArchiveError> {
        let slot = self.slot(&member)?;
        self.named.name(&member.path, slot, &member.place)?;
        self.account(&member)?;
        let path = self.destination(&member.path);
        if let Some(path) = &path {
            self.admit(path, slot, &member)?;
        }
        if let Kind::File { size_bytes } = member.kind {
            self.take_file(path.as_ref(), size_bytes, &member.attributes, content)?;
        }
        let kept = match (member.kind, slot) {
            (Kind::Directory, _) => Kept::Directory(member.attributes),
            (Kind::Symlink { target }, _) => Kept::Symlink(target, member.attributes),
            (_, Slot::File(number)) => Kept::File(number),
            _ => return Ok(()),
        };
        // A folder that comes again has the attributes of the last time, as when it is unpacked.
        path.map(|path| self.kept.insert(path, kept));
        Ok(())
    }
}

/// Hands one file's bytes to the sink.
fn deliver(
    sink: &mut dyn Sink,
    path: &EntryPath,
    size_bytes: u64,
    content: &mut Content<'_>,
) -> Result<Digest, ArchiveError> {
    let offset_bytes = content.offset_bytes();
    let digest = sink.file(path, size_bytes, offset_bytes, content).map_err(|source| {
        let own = || ArchiveError::Sink { path: path.to_string(), source };
        content.failure().unwrap_or_else(own)
    })?;
    content.finish()?;
    Ok(digest)
}

/// The first name of a file is the file; the others are links to it.
fn name_file(
    files: &[File],
    first_names: &mut BTreeMap<usize, EntryPath>,
    number: usize,
    path: &EntryPath,
) -> Result<(Node, Attributes), ArchiveError> {
    let file = &files[number];
    let target = first_names.entry(number).or_insert_with(|| path.clone()).clone();
    let digest = file.digest.ok_or_else(|| missing(&Place::path(path), &target))?;
    let node = match target == *path {
        true => Node::File { size_bytes: file.size_bytes, digest },
        false => Node::Hardlink { target },
    };
    Ok((node, file.attributes.clone()))
}

fn missing(place: &Place, target: &EntryPath) -> ArchiveError {
    let target = crate::place::shorten(target.as_str());
    ArchiveError::LinkTargetMissing { place: place.clone(), target }
}

/// The second reading of an archive, for files that only hard links keep.
pub(crate) struct Recall<'b, 'a> {
    assembly: &'b mut Assembly<'a>,
    wanted: BTreeMap<usize, EntryPath>,
    next: usize,
}

impl Visitor for Recall<'_, '_> {
    fn visit(&mut self, member: Member, content: &mut Content<'_>) -> Result<(), ArchiveError> {
        let Kind::File { size_bytes } = member.kind else { return Ok(()) };
        let number = self.next;
        self.next += 1;
        let Some(path) = self.wanted.get(&number) else { return Ok(()) };
        let digest = deliver(self.assembly.sink, path, size_bytes, content)?;
        // Should the source have changed in between, the size is that of the bytes that were taken.
        if let Some(file) = self.assembly.files.get_mut(number) {
            (file.size_bytes, file.digest) = (size_bytes, Some(digest));
        }
        Ok(())
    }
}
