//! Which processes have the store open, and since when.
//!
//! A lease is a file in `leases/` that its process keeps locked. The kernel drops the lock with the
//! process, however it ends, so a lease whose lock can be taken is dead. Its modification time is
//! the start of the process by the store's own clock (see [`crate::gc`]).

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::error::Tried;
use crate::gate::Exclusive;
use crate::layout::LEASES;
use crate::moment::Moment;

/// The lease of this process; given back when dropped.
pub(crate) struct Lease {
    /// Unique among all leases that there ever were, for all that matters: twelve random letters.
    pub name: String,
    /// When this process opened the store.
    pub start: Moment,
    path: PathBuf,
    _locked: File,
}

impl Lease {
    /// Takes a lease. Behind the closed gate nobody sees it before it is locked and dated.
    pub fn take(folder: &Path, gate: &Exclusive<'_>) -> Result<Self, StoreError> {
        let leases = folder.join(LEASES);
        let (locked, path) = make(&leases).tried("make a lease in", &leases)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let start = date(&locked, gate).tried("lock", &path)?;
        Ok(Self { name, start, path, _locked: locked })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // A lease that stays behind is dead and goes with the next opening of the store.
        let _ = fs::remove_file(&self.path);
    }
}

fn make(leases: &Path) -> io::Result<(File, PathBuf)> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("").rand_bytes(12).permissions(Permissions::from_mode(0o644));
    Ok(builder.tempfile_in(leases)?.keep()?)
}

fn date(lease: &File, gate: &Exclusive<'_>) -> io::Result<Moment> {
    lease.try_lock()?;
    let start = gate.tick(Moment::of(&lease.metadata()?))?;
    start.set_on(lease)?;
    Ok(start)
}

/// The living leases by name, each with its start; dead ones are removed.
pub(crate) fn living(
    folder: &Path,
    _gate: &Exclusive<'_>,
) -> Result<BTreeMap<String, Moment>, StoreError> {
    let leases = folder.join(LEASES);
    let mut living = BTreeMap::new();
    for entry in fs::read_dir(&leases).tried("list", &leases)? {
        let entry = entry.tried("list", &leases)?;
        let path = entry.path();
        if let Some(start) = start_if_living(&path).tried("look at the lease", &path)? {
            living.insert(entry.file_name().to_string_lossy().into_owned(), start);
        }
    }
    Ok(living)
}

fn start_if_living(path: &Path) -> io::Result<Option<Moment>> {
    let outcome = File::open(path).and_then(|file| match file.try_lock() {
        Ok(()) => fs::remove_file(path).map(|()| None),
        Err(TryLockError::WouldBlock) => Ok(Some(Moment::of(&file.metadata()?))),
        Err(TryLockError::Error(error)) => Err(error),
    });
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        outcome => outcome,
    }
}
