//! Named places at which a test lets the process die.
//!
//! A failpoint stands before and after every rename and every record that is written. The front
//! arms one by name; when it is reached the process ends as `kill -9` would end it: no destructor
//! runs, no buffer is flushed. Unarmed, a failpoint costs one relaxed load.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Every failpoint of the product, so that a test can reach each one and miss none.
pub const ALL: &[&str] = &[
    "blob::before-rename",
    "blob::after-rename",
    "record::before-rename",
    "record::after-rename",
    "root::before-rename",
    "root::after-rename",
    "view::before-rename",
    "view::after-rename",
    "lock-file::before-rename",
    "lock-file::after-rename",
    "output::before-rename",
    "output::after-rename",
    "gc::before-remove",
    "gc::after-remove",
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

/// Marks a place; ends the process where it is armed.
pub fn hit(name: &'static str) {
    debug_assert!(ALL.contains(&name), "`{name}` is missing in failpoint::ALL");
    let Some(armed) = ARMED.get() else { return };
    if armed.name == name && armed.hits_left.fetch_sub(1, Ordering::Relaxed) == 1 {
        std::process::abort();
    }
}
