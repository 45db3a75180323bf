//! What a store has that can be written: the gate, a lease, and names for temporary files.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::StoreError;
use crate::error::Tried;
use crate::gate::{Gate, Shared};
use crate::layout::{FOLDERS, TEMPORARY};
use crate::lease::{self, Lease};

/// The right to write in a store, shared by all that one process has under way there.
pub(crate) struct Writer {
    /// The store.
    pub folder: PathBuf,
    /// `gc.lock`.
    pub gate: Gate,
    /// Ours.
    pub lease: Lease,
    temporaries: AtomicU64,
}

impl Writer {
    /// Makes the folders that are missing, takes a lease, and removes what dead processes left.
    pub fn attach(folder: &Path) -> Result<Self, StoreError> {
        for name in FOLDERS {
            let below = folder.join(name);
            fs::create_dir_all(&below).tried("make the folder", &below)?;
        }
        let gate = Gate::open(folder)?;
        let (lease, left_behind) = enter(folder, &gate)?;
        // What cannot be removed now is tried again at the next opening.
        left_behind.iter().for_each(|path| drop(remove(path)));
        Ok(Self { folder: folder.into(), gate, lease, temporaries: AtomicU64::new(0) })
    }

    /// A path in `tmp/` at which nothing stands.
    pub fn temporary_path(&self) -> PathBuf {
        let number = self.temporaries.fetch_add(1, Ordering::Relaxed);
        self.folder.join(TEMPORARY).join(format!("{}.{number}", self.lease.name))
    }

    /// Holds off removals.
    pub fn shared(&self) -> Result<Shared<'_>, StoreError> {
        self.gate.shared().tried("lock the store in", &self.folder)
    }
}

fn enter(folder: &Path, gate: &Gate) -> Result<(Lease, Vec<PathBuf>), StoreError> {
    let alone = gate.exclusive().tried("lock the store in", folder)?;
    let lease = Lease::take(folder, &alone)?;
    let living = lease::living(folder, &alone)?;
    let is_dead = |name: &OsStr| {
        let name = name.to_string_lossy();
        !living.contains_key(name.split_once('.').map_or(&*name, |(lease, _)| lease))
    };
    let temporary = folder.join(TEMPORARY);
    let entries: Result<Vec<_>, _> = fs::read_dir(&temporary).and_then(Iterator::collect);
    let entries = entries.tried("list", &temporary)?.into_iter();
    let left_behind = entries.filter(|entry| is_dead(&entry.file_name())).map(|entry| entry.path());
    Ok((lease, left_behind.collect()))
}

/// Removes a file, or a folder with all it holds; nothing there is as well.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    let outcome = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}
