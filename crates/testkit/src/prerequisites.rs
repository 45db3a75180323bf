//! The programs that the tests need and that are installed, not built: one list, one line that
//! installs them. README repeats [`APT_LINE`], and a test compares the two.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::RigError;

/// Installs every prerequisite that Debian has (seen with Debian 12).
pub const APT_LINE: &str = "sudo apt-get install -y build-essential buildah containerd faketime \
    git nix-bin pigz python3 python3-pip qemu-user-static runc skopeo uidmap umoci xz-utils zstd";

/// Where a program comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A package of [`APT_LINE`].
    Debian(&'static str),
    /// Its own installer; the text says which version.
    Elsewhere(&'static str),
}

/// A program that has to be on PATH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prerequisite {
    /// The program.
    pub program: &'static str,
    /// Where it comes from.
    pub source: Source,
    /// The arguments that make it print its version, where it can.
    pub version_arguments: Option<&'static [&'static str]>,
}

const DASHED: Option<&[&str]> = Some(&["--version"]);

/// Every program that the tests need, sorted.
pub const ALL: &[Prerequisite] = &[
    debian("buildah", "buildah", DASHED),
    debian("cc", "build-essential", DASHED),
    debian("containerd", "containerd", DASHED),
    debian("containerd-shim-runc-v2", "containerd", None),
    debian("ctr", "containerd", DASHED),
    debian("faketime", "faketime", DASHED),
    debian("git", "git", DASHED),
    Prerequisite {
        program: "go",
        source: Source::Elsewhere("Go 1.26 or newer"),
        version_arguments: Some(&["version"]),
    },
    debian("newgidmap", "uidmap", None),
    debian("newuidmap", "uidmap", None),
    debian("nix-instantiate", "nix-bin", DASHED),
    debian("pigz", "pigz", DASHED),
    debian("pip3", "python3-pip", DASHED),
    debian("python3", "python3", DASHED),
    debian("qemu-aarch64-static", "qemu-user-static", DASHED),
    debian("qemu-x86_64-static", "qemu-user-static", DASHED),
    debian("runc", "runc", DASHED),
    debian("skopeo", "skopeo", DASHED),
    debian("umoci", "umoci", DASHED),
    debian("xz", "xz-utils", DASHED),
    debian("zstd", "zstd", DASHED),
];

const fn debian(
    program: &'static str,
    package: &'static str,
    version_arguments: Option<&'static [&'static str]>,
) -> Prerequisite {
    Prerequisite { program, source: Source::Debian(package), version_arguments }
}

/// Says all at once which prerequisites are on no folder of `search_path`.
///
/// # Errors
/// [`RigError::Missing`] with one line per missing program and the whole line that installs them.
pub fn check(search_path: &OsStr) -> Result<(), RigError> {
    refuse(&missing(search_path))
}

/// Says whether Go is missing: the servers of a cluster need nothing else.
pub(crate) fn check_go(search_path: &OsStr) -> Result<(), RigError> {
    let mut missing = missing(search_path);
    missing.retain(|wanted| wanted.program == "go");
    refuse(&missing)
}

fn refuse(missing: &[&Prerequisite]) -> Result<(), RigError> {
    if missing.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = missing.iter().copied().map(describe).collect();
    Err(RigError::Missing { missing: lines.join("\n") })
}

/// The prerequisites that are on no folder of `search_path`.
#[must_use]
pub fn missing(search_path: &OsStr) -> Vec<&'static Prerequisite> {
    ALL.iter().filter(|wanted| find(wanted.program, search_path).is_none()).collect()
}

/// The first executable file with the name of `program` in the folders of `search_path`.
#[must_use]
pub fn find(program: &str, search_path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(search_path).map(|folder| folder.join(program)).find(|candidate| {
        candidate
            .metadata()
            .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    })
}

fn describe(wanted: &Prerequisite) -> String {
    match wanted.source {
        Source::Debian(package) => format!("  {} (package {package})", wanted.program),
        Source::Elsewhere(version) => format!("  {} ({version})", wanted.program),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;

    #[test]
    fn the_line_installs_the_packages_of_the_list_and_no_others() {
        let named: Vec<&str> =
            APT_LINE.split_whitespace().skip_while(|word| *word != "install").skip(1).collect();
        let named: Vec<&str> = named.into_iter().filter(|word| !word.starts_with('-')).collect();
        let wanted: BTreeSet<&str> = ALL
            .iter()
            .filter_map(|program| match program.source {
                Source::Debian(package) => Some(package),
                Source::Elsewhere(_) => None,
            })
            .collect();
        assert_eq!(named, wanted.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn readme_has_the_same_line() {
        let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md"));
        let line = format!("\n{APT_LINE}\n");
        assert!(readme.unwrap().contains(&line), "README.md lacks the line: {APT_LINE}");
    }

    #[test]
    fn everything_that_is_missing_is_said_at_once() {
        let folder = tempfile::tempdir().unwrap();
        for program in ALL.iter().filter(|program| !["go", "umoci"].contains(&program.program)) {
            let path = folder.path().join(program.program);
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        // A file that nobody may execute is no program.
        fs::write(folder.path().join("umoci"), "").unwrap();
        let message = check(folder.path().as_os_str()).unwrap_err().to_string();
        assert_eq!(
            message,
            format!(
                "the tests need programs that are not on PATH:\n  go (Go 1.26 or newer)\n  \
                 umoci (package umoci)\nDebian and its kin have them after: {APT_LINE}"
            )
        );
    }
}
