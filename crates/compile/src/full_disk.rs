//! Whether a compile failed because a disk is full, which no change of the sources mends.

use std::path::Path;

use rustix::fs::statvfs;

use crate::layout::Layout;

/// What cargo, rustc and the linker say: ENOSPC and EDQUOT, in the words of the locale `C`. The
/// linker maps what it writes, and dies where a page of it finds no room.
const SAID: &[&str] =
    &["No space left on device", "Disk quota exceeded", "failed: signal: 7 (SIGBUS)"];
/// Less than this is nothing: no crate's objects fit into it.
const NOTHING_BYTES: u64 = 64 * 1024;

/// The folder of a failed compile whose disk is full. What a compiler wrote half it removes, so
/// there may be room again, and only `output` tells.
pub(crate) fn full_disk<'a>(outside: &'a Layout, output: &str) -> Option<&'a Path> {
    let (_, written) = outside.folders();
    let full = written.into_iter().find(|folder| is_full(folder));
    let is_said = || SAID.iter().any(|words| output.contains(words));
    full.or_else(|| is_said().then_some(&outside.target))
}

/// A file system that has no size, such as one of a network, is never full.
fn is_full(folder: &Path) -> bool {
    let free = |disk: &rustix::fs::StatVfs| disk.f_bavail.saturating_mul(disk.f_frsize);
    statvfs(folder).is_ok_and(|disk| disk.f_blocks > 0 && free(&disk) < NOTHING_BYTES)
}
