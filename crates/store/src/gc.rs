//! Garbage collection: removes what no root holds and no running process uses.
//!
//! # The rule
//!
//! The store has a clock of its own: the modification time of `gc.lock`. It follows the file
//! system's time, and never goes back: who reads it alone behind the gate gets `now` or a little
//! more than was given last. No system clock that is set back can disturb what follows.
//!
//! - A process that opens the store takes a *lease*: a file that it keeps locked, dated with the
//!   next moment of the store's clock, the process's *start*.
//! - Every *use* of an object (asking whether it is there, opening it, writing it, naming it in a
//!   root) gives it the start of the using process as modification time, unless it has a later one.
//!   The use is made while `gc.lock` is held shared.
//! - A collection first takes a moment of the store's clock and the starts of all living leases but
//!   its own, alone behind the gate. The earliest of these moments is the *horizon*. Only then it
//!   reads the roots. Then it removes objects that no root holds and whose modification time is
//!   before the horizon, looking at the time once more while it holds `gc.lock` exclusively, at
//!   most [`BATCH`] objects at a time.
//!
//! # Why nothing is lost
//!
//! Let a process use an object that is wanted later. Three cases:
//!
//! 1. The process ended before the horizon was taken. Then it wrote its root before, and the
//!    collection, which reads roots after, sees that root.
//! 2. The process has the store open when the horizon is taken. Then the horizon is not after its
//!    start, and the object's time is not before its start: the object stays, whether the root is
//!    seen or not.
//! 3. The process opens the store later. Then its start is not before the moment that the
//!    collection took, and so not before the horizon. It finds the object and dates it, and then it
//!    stays; or the collection removes it first, and then the process does not find it and makes it
//!    anew. There is nothing between, because both happen under the lock.
//!
//! File systems keep times more or less finely; the store's clock moves in steps that its file
//! system keeps. All comparisons are "not before", so two moments that fall together all the same
//! keep an object, and never lose one.
//!
//! A lease is living as long as its lock cannot be taken. The kernel gives the lock back when a
//! process ends, however it ends, so what a killed build had under way is garbage at once. A store
//! that is opened for reading only has no lease and protects nothing.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use landfall_hashing::Digest;

use crate::error::Tried;
use crate::gate::Exclusive;
use crate::layout::DAMAGED;
use crate::moment::Moment;
use crate::object::{Object, ObjectKind, list};
use crate::writer::{self, Writer};
use crate::{Store, StoreError, lease};

/// How many objects are removed before builds that wait at the gate get their turn.
pub const BATCH: usize = 64;

/// How a collection is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct GcOptions {
    /// Count what would go, and remove nothing.
    pub dry_run: bool,
}

/// What a collection did, or would do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// Objects that went: blobs, trees and realisations.
    pub removed: usize,
    /// The disk space that this freed; a blob that an OCI view still links frees none.
    pub removed_bytes: u64,
    /// Objects that roots hold.
    pub kept_by_roots: usize,
    /// Objects that no root holds and a running process may use.
    pub kept_by_processes: usize,
    /// Files in `damaged/` that went.
    pub removed_damaged: usize,
}

/// What is needed to judge an object.
struct Collection<'store> {
    store: &'store Store,
    writer: &'store Writer,
    horizon: Moment,
    held: BTreeSet<(ObjectKind, Digest)>,
    options: GcOptions,
    collected: Collected,
}

impl Store {
    /// Removes all objects that no root holds and no other process uses, and what is in `damaged/`.
    ///
    /// What only this very store was used for is not kept: a collection is a process of its own.
    /// Builds may run meanwhile. Fails without having removed anything where a root cannot be read.
    pub fn collect_garbage(&self, options: GcOptions) -> Result<Collected, StoreError> {
        let writer = self.writer()?;
        let horizon = horizon(writer)?;
        let roots = self.roots()?;
        let objects = roots.iter().flat_map(|(_, root)| root.objects());
        let held = objects.map(|(kind, digest)| (kind, *digest)).collect();
        let collected = Collected::default();
        let mut collection = Collection { store: self, writer, horizon, held, options, collected };
        ObjectKind::ALL.into_iter().try_for_each(|kind| collection.collect(kind))?;
        collection.empty_damaged()?;
        Ok(collection.collected)
    }
}

fn horizon(writer: &Writer) -> Result<Moment, StoreError> {
    let alone = alone(writer)?;
    let now = alone.tick(writer.lease.start).tried("read the clock of", &writer.folder)?;
    let living = lease::living(&writer.folder, &alone)?;
    let others = living.into_iter().filter(|(name, _)| *name != writer.lease.name);
    Ok(others.map(|(_, start)| start).fold(now, Moment::min))
}

fn alone(writer: &Writer) -> Result<Exclusive<'_>, StoreError> {
    writer.gate.exclusive().tried("lock the store in", &writer.folder)
}

impl Collection<'_> {
    fn collect(&mut self, kind: ObjectKind) -> Result<(), StoreError> {
        let mut garbage = Vec::new();
        for object in self.store.inventory(kind)?.objects {
            if self.held.contains(&(kind, object.digest)) {
                self.collected.kept_by_roots += 1;
            } else if self.is_in_use(&object) {
                self.collected.kept_by_processes += 1;
            } else {
                garbage.push(object);
            }
        }
        garbage.chunks(BATCH).try_for_each(|batch| self.remove(batch))
    }

    /// What is no file is no garbage of ours; `store verify` names it.
    fn is_in_use(&self, object: &Object) -> bool {
        Moment::of(&object.metadata) >= self.horizon || !object.metadata.is_file()
    }

    fn remove(&mut self, batch: &[Object]) -> Result<(), StoreError> {
        {
            let _alone = alone(self.writer)?;
            batch.iter().try_for_each(|object| self.remove_unless_used(object))?;
        }
        // Whoever waits at the gate is awake now, and needs a moment to get there first.
        std::thread::yield_now();
        Ok(())
    }

    /// An object may have been used, or removed by another collection, since it was listed.
    fn remove_unless_used(&mut self, object: &Object) -> Result<(), StoreError> {
        let Ok(metadata) = fs::symlink_metadata(&object.path) else { return Ok(()) };
        if Moment::of(&metadata) >= self.horizon {
            self.collected.kept_by_processes += 1;
            return Ok(());
        }
        if !self.options.dry_run {
            remove_file(&object.path)?;
        }
        self.collected.removed += 1;
        self.collected.removed_bytes += if metadata.nlink() > 1 { 0 } else { metadata.len() };
        Ok(())
    }

    fn empty_damaged(&mut self) -> Result<(), StoreError> {
        for entry in list(&self.writer.folder.join(DAMAGED))? {
            let path = entry.path();
            if !self.options.dry_run {
                writer::remove(&path).tried("remove", &path)?;
            }
            self.collected.removed_damaged += 1;
        }
        Ok(())
    }
}

fn remove_file(path: &Path) -> Result<(), StoreError> {
    landfall_failpoint::hit("gc::before-remove");
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        outcome => outcome.tried("remove", path)?,
    }
    landfall_failpoint::hit("gc::after-remove");
    Ok(())
}
