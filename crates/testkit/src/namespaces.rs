//! Runs judges as root, or as what the kernel lets an ordinary user call root: a user namespace
//! whose ids are the user's own and those that `/etc/subuid` gives (user_namespaces(7)).

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use crate::command::wrapped;

/// Whether the process is root already, so that no user namespace is needed.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The arguments of `unshare` that make the caller root; none where it is.
pub(crate) fn unshare_arguments() -> &'static [&'static str] {
    if is_root() { &[] } else { &["--user", "--map-root-user", "--map-auto"] }
}

/// The arguments of `nsenter` that join what [`unshare_arguments`] made.
pub(crate) fn enter_arguments() -> &'static [&'static str] {
    if is_root() { &[] } else { &["--user", "--preserve-credentials"] }
}

/// Makes `command`, whose environment is cleared, run as root: unchanged where it does so already.
pub(crate) fn as_root(command: Command) -> Command {
    if is_root() {
        return command;
    }
    wrapped(&[&["unshare"], unshare_arguments(), &["--"]].concat(), &command)
}

/// Removes a folder with all that is in it, whoever owns that.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    let removed = fs::remove_dir_all(folder);
    if removed.is_ok() || is_root() {
        return removed;
    }
    let mut remove = Command::new("unshare");
    remove.args(unshare_arguments()).args(["--", "rm", "-rf"]).arg(folder);
    remove.status().map(|_| ())
}
