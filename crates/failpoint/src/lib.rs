//! Named places at which a test lets the process die.
//!
//! A failpoint stands before and after every rename and every record that is written, and in the
//! middle of what is written piece by piece. The front arms one by name; when it is reached the
//! process ends as `kill -9` would end it: no destructor runs, no buffer is flushed. Unarmed, a
//! failpoint costs one relaxed load.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Every failpoint of the product, so that a test can reach each one and miss none.
pub const ALL: &[&str] = &[
    "blob::half-written",
    "blob::before-rename",
    "blob::after-rename",
    "record::before-rename",
    "record::after-rename",
    "root::before-rename",
    "root::after-rename",
    "view::before-rename",
    "view::between-renames",
    "view::after-rename",
    "lock-file::before-rename",
    "lock-file::after-rename",
    "ledger::before-rename",
    "ledger::after-rename",
    "output::before-rename",
    "output::after-rename",
    "init::before-file-rename",
    "init::after-file-rename",
    "init::before-app-rename",
    "init::after-app-rename",
    "gc::before-remove",
    "gc::after-remove",
    "compile-cache::before-rename",
    "compile-cache::after-rename",
    "shadow::half-written",
    "apply::after-lease",
    "apply::after-head",
    "apply::after-record",
    "apply::between-objects",
    "apply::before-wait",
    "apply::after-record-end",
    "uninstall::between-objects",
    "uninstall::before-head",
];

struct Armed {
    name: String,
    hits_left: AtomicUsize,
}

static ARMED: OnceLock<Armed> = OnceLock::new();

/// Lets the process die when `name` is reached for the `nth` time (counted from 1).
///
/// Gives `false` where the name is no failpoint, or where one was armed before.
pub fn arm(name: &str, nth: usize) -> bool {
    let armed = Armed { name: name.into(), hits_left: AtomicUsize::new(nth.max(1)) };
    ALL.contains(&name) && ARMED.set(armed).is_ok()
}

/// Whether a place is armed: where the usual way leads past it, the code takes the way that does not.
pub fn is_armed(name: &'static str) -> bool {
    debug_assert!(ALL.contains(&name), "`{name}` is missing in failpoint::ALL");
    ARMED.get().is_some_and(|armed| armed.name == name)
}

/// Marks a place; ends the process where it is armed.
pub fn hit(name: &'static str) {
    debug_assert!(ALL.contains(&name), "`{name}` is missing in failpoint::ALL");
    let Some(armed) = ARMED.get() else { return };
    if armed.name == name && armed.hits_left.fetch_sub(1, Ordering::Relaxed) == 1 {
        std::process::abort();
    }
}
