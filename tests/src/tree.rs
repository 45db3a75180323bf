//! Copies of a workspace elsewhere, made by the system's own tools.

use std::path::Path;
use std::process::Command;

/// Runs a script of `sh` with arguments `$1`…, which must succeed.
///
/// # Panics
/// It fails.
pub fn shell(script: &str, arguments: &[&Path]) {
    let output =
        Command::new("sh").args(["-ec", script, "sh"]).args(arguments).output().expect("sh starts");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Copies a folder entry by entry, sorted or reversed, so that a file system which lists in the
/// order of creation lists differently.
pub fn copy_in_order(from: &Path, to: &Path, reversed: bool) {
    let sort = if reversed { "sort -r" } else { "sort" };
    let script = format!(
        "mkdir -p \"$2\"; cd \"$1\"; find . | LC_ALL=C {sort} | tar --no-recursion -cf - -T - | tar -C \"$2\" -xpf -"
    );
    shell(&script, &[from, to]);
}
