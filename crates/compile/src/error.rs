//! Why a cargo input cannot be described or compiled.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use landfall_tree::{EntryPath, PathError};

/// What went wrong, with what to do about it.
///
/// The words of cargo and rustc are held whole and once, in `output`; no other part of an error
/// repeats them.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what its fields hold")]
pub enum CompileError {
    #[error("cannot read `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write `{}`", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot start `{}`", program.display())]
    Start { program: PathBuf, source: io::Error },
    #[error("`{}` failed:\n{output}", program.display())]
    Program { program: PathBuf, output: String },
    #[error("the path `{}` is not UTF-8; move the folder or rename the file", path.display())]
    NotText { path: PathBuf },

    #[error("there is no Cargo.toml in `{}`; `workspace` and `path` of a dependency name the folder that holds one", folder.display())]
    NoManifest { folder: PathBuf },
    #[error("`{}` cannot be read as TOML", path.display())]
    Toml { path: PathBuf, source: Box<toml::de::Error> },
    #[error("`{}`: `{field}` must be {wanted}", path.display())]
    Field { path: PathBuf, field: String, wanted: &'static str },
    #[error("`{}` takes `{dependency}` from the workspace, whose Cargo.toml has no such entry in [workspace.dependencies]", path.display())]
    NotInherited { path: PathBuf, dependency: String },
    #[error("the workspace at `{}` has no package `{package}`; {}", workspace.display(), suggest(package, known))]
    UnknownPackage { package: String, workspace: PathBuf, known: Vec<String> },
    #[error("the package `{package}` depends on `{dependency}` at `{path}`, which is outside the workspace `{}`; move it inside, or take it from a registry or by git", workspace.display())]
    OutsideDependency { package: String, dependency: String, path: String, workspace: PathBuf },
    #[error(
        "the package `{package}` has no binary; add `src/main.rs`, or name a package that has one"
    )]
    NoBinary { package: String },
    #[error("the package `{package}` has no binary `{binary}`; {}", suggest(binary, known))]
    UnknownBinary { package: String, binary: String, known: Vec<String> },
    #[error(
        "the package `{package}` has several binaries; choose one with `bin = \"…\"`: {}",
        list(known)
    )]
    SeveralBinaries { package: String, known: Vec<String> },
    #[error("`{}` is a path that cannot be", path.display())]
    Path { path: PathBuf, source: PathError },
    #[error("`{}` leads to `{}`, outside the package's own files; a link may only lead to files of the package or of its path dependencies", path.display(), target.display())]
    LinkOutside { path: PathBuf, target: PathBuf },
    #[error("`{}` is neither a file, a folder nor a link; remove it, or move it out of the package", path.display())]
    Special { path: PathBuf },
    #[error("`{path}` changed while the build ran; build again")]
    Changed { path: EntryPath },

    #[error("there is no Cargo.lock at `{}`; write it with `cargo generate-lockfile` and commit it (where the package belongs to a workspace further up, `workspace` must name that folder)", path.display())]
    NoLock { path: PathBuf },
    #[error("`{}` is of version {version}, and versions 3 and 4 are known; write it anew with `cargo update --workspace`", path.display())]
    LockVersion { path: PathBuf, version: i64 },
    #[error("`{}` does not hold `{package}`, so it is older than the Cargo.toml files or was edited by hand; bring it up to date with `cargo update --workspace`", path.display())]
    LockStale { path: PathBuf, package: String },

    #[error("there is no `rustc` on the PATH; install Rust with rustup")]
    NoRustc,
    #[error("`{}` gave no version and host that can be understood:\n{output}", program.display())]
    Version { program: PathBuf, output: String },
    #[error("the toolchain at `{}` has no `{program}`; use one that rustup installs", sysroot.display())]
    Incomplete { sysroot: PathBuf, program: String },
    #[error("the toolchain at `{}` cannot compile for {}; run `{command}`", sysroot.display(), targets.join(", "))]
    MissingTarget { sysroot: PathBuf, targets: Vec<String>, command: String },
    #[error(
        "no C compiler for {target} is on the PATH (tried {}); on Debian `apt install musl-tools` has the one for this machine",
        list(tried)
    )]
    NoCCompiler { target: String, tried: Vec<String> },

    #[error("the dependencies of `{package}` cannot be fetched:\n{output}")]
    Fetch { package: String, output: String },
    #[error("`{}` said nothing for {} minutes and was stopped; run `cargo vendor` in the workspace to see what it waits for", program.display(), silence.as_secs() / 60)]
    Silent { program: PathBuf, silence: Duration },
    #[error("the kernel refused to confine the compile: {output}")]
    Confine { output: String },
    #[error("`{package}` cannot be compiled, because the disk of `{}` is full:\n{output}", folder.display())]
    DiskFull { package: String, folder: PathBuf, output: String, source: io::Error },
    #[error("`{package}` does not compile:\n{output}")]
    Cargo { package: String, output: String },
    #[error("a build script of `{package}` failed:\n{output}\n{confinement}")]
    BuildScript { package: String, output: String, confinement: &'static str },
    #[error(
        "a build script of `{package}` asks for a C compiler; allow one with `cargo = {{ package = \"{package}\", c = true }}`:\n{output}"
    )]
    NeedsC { package: String, output: String },
    #[error(
        "build scripts and procedural macros of `{package}` are programs of this machine and are linked with its `cc`, which was not found; install one (Debian: `apt install gcc libc6-dev`):\n{output}"
    )]
    NoHostLinker { package: String, output: String },
    #[error("`{package}` was compiled with `{}`, which is no part of its sources; a file that the code reads must stand in the package's folder, in a path dependency or in OUT_DIR", file.display())]
    OutsideFile { package: String, file: PathBuf },
    #[error("the binary `{binary}` holds the name of the folder `{}`, so it would differ on another machine (`env!(\"CARGO_MANIFEST_DIR\")` and `env!(\"OUT_DIR\")` do this); compile where the kernel allows user namespaces, which give every build the same folders", folder.display())]
    FolderInBinary { binary: String, folder: PathBuf },
}

impl CompileError {
    /// Whether something outside refused: a registry, a git server, or the disk, since only
    /// folders of Landfall's own are written. All else is the user's files, or a tool that this
    /// machine lacks.
    pub fn is_outside(&self) -> bool {
        matches!(
            self,
            Self::Fetch { .. } | Self::Silent { .. } | Self::DiskFull { .. } | Self::Write { .. }
        )
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The nearest name where one is near, else all that there are.
fn suggest(wanted: &str, known: &[String]) -> String {
    let distance = |name: &&String| strsim::damerau_levenshtein(wanted, name);
    match known.iter().min_by_key(distance) {
        None => "there is none".into(),
        Some(near) if distance(&near) <= 1 + wanted.len() / 4 => format!("did you mean `{near}`?"),
        Some(_) => format!("there are {}", list(known)),
    }
}
