//! How much of what was before is kept.

use std::collections::BTreeSet;

use landfall_hashing::Digest;

use crate::Previous;

/// How many digests beside the one that stands can be gone back to, at the least.
const DIGESTS: usize = 10;

/// Keeps of a list, the newest first, the last ten digests and what regions still run.
///
/// Of a digest that was there several times the newest is kept, for the stage and for each region:
/// an app that goes back and forth has no longer a list than another.
pub(crate) fn kept(items: Vec<Previous>, running: &BTreeSet<Digest>) -> Vec<Previous> {
    let mut seen = BTreeSet::new();
    let mut digests = BTreeSet::new();
    let newest = items.into_iter().filter(|item| {
        let digest = item.image.digest;
        let is_new = seen.insert((digest, item.region.clone()));
        let is_recent = digests.contains(&digest) || digests.len() < DIGESTS;
        if is_recent {
            digests.insert(digest);
        }
        is_new && (is_recent || running.contains(&digest))
    });
    newest.collect()
}
