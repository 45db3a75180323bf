//! The same work on many things at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::Error;

/// Does `work` on every item, on at most `threads` threads of their own, and gives the results in
/// the order of the items. After the first error nothing new is begun.
///
/// The threads are not those of the pool, because they wait: for a disk, for a server, for blocks
/// that the pool compresses.
pub(crate) fn side_by_side<I: Sync, T: Send>(
    threads: usize,
    items: &[I],
    work: impl Fn(&I) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let failed = Mutex::new(None);
    let run = || {
        while locked(&failed).is_none() {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return };
            match work(item) {
                Ok(result) => locked(&done).push((index, result)),
                Err(error) => drop(locked(&failed).get_or_insert(error)),
            }
        }
    };
    std::thread::scope(|scope| (0..threads.min(items.len())).for_each(|_| drop(scope.spawn(run))));
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
