//! `gc.lock`: uses of objects share it, removals hold it alone. Its modification time is the
//! store's clock.
//!
//! The lock is `flock(2)`, which the kernel drops with the process. The file is never removed.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::StoreError;
use crate::error::Tried;
use crate::moment::Moment;

/// The name of the file.
pub(crate) const FILE: &str = "gc.lock";

/// An open lock file. Threads of one process take turns, because an open file holds one lock only.
pub(crate) struct Gate {
    file: Mutex<File>,
}

/// Nothing is removed as long as this lives.
pub(crate) struct Shared<'gate> {
    file: MutexGuard<'gate, File>,
}

/// Nothing is used and no process opens the store as long as this lives.
pub(crate) struct Exclusive<'gate> {
    file: MutexGuard<'gate, File>,
}

impl Gate {
    /// Opens the lock file of a store, and makes it where there is none.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = folder.join(FILE);
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        Ok(Self { file: Mutex::new(file.tried("open", &path)?) })
    }

    /// Waits until nothing is being removed.
    pub fn shared(&self) -> io::Result<Shared<'_>> {
        let file = self.turn();
        uninterrupted(|| file.lock_shared())?;
        Ok(Shared { file })
    }

    /// Waits until nobody else is at the gate.
    pub fn exclusive(&self) -> io::Result<Exclusive<'_>> {
        let file = self.turn();
        uninterrupted(|| file.lock())?;
        Ok(Exclusive { file })
    }

    /// A thread that panicked holds no state here that could be wrong.
    fn turn(&self) -> MutexGuard<'_, File> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Exclusive<'_> {
    /// Advances the store's clock: gives `now`, or the next moment after the last one given where
    /// the system's clock was set back or has not moved.
    pub fn tick(&self, now: Moment) -> io::Result<Moment> {
        let last = self.time()?;
        for moment in [now.max(last.next()), last.next_even_second()] {
            moment.set_on(&self.file)?;
            let kept = self.time()?;
            if kept > last {
                return Ok(kept);
            }
        }
        Err(io::Error::other("the file system does not keep modification times"))
    }

    fn time(&self) -> io::Result<Moment> {
        Ok(Moment::of(&self.file.metadata()?))
    }
}

impl Drop for Shared<'_> {
    fn drop(&mut self) {
        // Cannot fail on an open file; if it did, the lock would go with the process.
        let _ = self.file.unlock();
    }
}

impl Drop for Exclusive<'_> {
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

/// A signal handler may interrupt the wait; the wait goes on.
fn uninterrupted(lock: impl Fn() -> io::Result<()>) -> io::Result<()> {
    loop {
        match lock() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}
