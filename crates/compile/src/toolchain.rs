//! The Rust toolchain that compiles: found once, then recognised by the stats of its files.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::CompileError;
use crate::process::{ask, find_program, programs};
use crate::stamp::Watched;

/// Where the user's tools are, as the front read it from the environment.
#[derive(Debug, Clone)]
pub struct ToolPlaces {
    /// `PATH`.
    pub path: OsString,
    /// `CARGO_HOME`, or `.cargo` in the home folder.
    pub cargo_home: PathBuf,
    /// `RUSTUP_HOME`, or `.rustup` in the home folder.
    pub rustup_home: PathBuf,
    /// `RUSTUP_TOOLCHAIN`, where it is set.
    pub rustup_toolchain: Option<OsString>,
}

/// A toolchain of this machine. Its own programs are used, not rustup's proxies, so that nothing
/// in a folder can choose another one half-way.
#[derive(Debug, Clone)]
pub struct Toolchain {
    found: RememberedToolchain,
    rustup_home: PathBuf,
    host_linker: Option<PathBuf>,
}

/// What was learnt of a toolchain, to be kept and handed back to [`Toolchain::find`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedToolchain {
    workspace: PathBuf,
    proxy: PathBuf,
    rustup_toolchain: Option<OsString>,
    watched: Vec<Watched>,
    sysroot: PathBuf,
    host: String,
    commit: String,
    rustc_version: String,
    cargo_version: String,
}

impl Toolchain {
    /// Finds the toolchain that `rustc` stands for in the workspace's folder.
    ///
    /// `rustc` is asked only where `remembered` is none or some file that the answer depends on
    /// differs: the program on the PATH, rustup's settings and list of toolchains,
    /// `rust-toolchain(.toml)` in the folder and above it, the toolchain's own rustc and cargo.
    pub fn find(
        places: &ToolPlaces,
        workspace: &Path,
        remembered: Option<&RememberedToolchain>,
    ) -> Result<Self, CompileError> {
        let proxy = find_program(&places.path, "rustc").ok_or(CompileError::NoRustc)?;
        let known = remembered.filter(|known| known.still_holds(places, workspace, &proxy));
        let found = match known {
            Some(known) => known.clone(),
            None => RememberedToolchain::ask(places, workspace, proxy)?,
        };
        let host_linker = find_host_linker(&places.path);
        let toolchain = Self { found, rustup_home: places.rustup_home.clone(), host_linker };
        toolchain.check_program("bin/cargo")?;
        toolchain.check_program(&format!("lib/rustlib/{}/bin/rust-lld", toolchain.host()))?;
        Ok(toolchain)
    }

    /// What the pipeline keeps for the next build.
    pub fn remember(&self) -> &RememberedToolchain {
        &self.found
    }

    /// The folder that holds `bin` and `lib`.
    pub fn sysroot(&self) -> &Path {
        &self.found.sysroot
    }

    /// The triple of this machine, such as `x86_64-unknown-linux-gnu`.
    pub fn host(&self) -> &str {
        &self.found.host
    }

    /// What `rustc -vV` says.
    pub fn rustc_version(&self) -> &str {
        &self.found.rustc_version
    }

    /// What `cargo -V` says: cargo decides how rustc is called.
    pub fn cargo_version(&self) -> &str {
        &self.found.cargo_version
    }

    /// The standard library's name for its own sources: `/rustc/COMMIT`.
    pub(crate) fn standard_library_name(&self) -> String {
        format!("/rustc/{}", self.found.commit)
    }

    /// The program that links build scripts and procedural macros, which run on this machine.
    pub(crate) fn host_linker(&self) -> Option<&Path> {
        self.host_linker.as_deref()
    }

    /// Those of the targets that the toolchain has no standard library for.
    pub fn missing_targets(&self, targets: &[&str]) -> Vec<String> {
        let is_missing =
            |target: &&&str| !self.sysroot().join("lib/rustlib").join(target).join("lib").is_dir();
        targets.iter().filter(is_missing).map(|target| (*target).to_owned()).collect()
    }

    /// Refuses a toolchain that lacks one of the targets, naming the command that adds them.
    pub fn require_targets(&self, targets: &[&str]) -> Result<(), CompileError> {
        let missing = self.missing_targets(targets);
        if missing.is_empty() {
            return Ok(());
        }
        let command = self.add_targets_command(&missing).join(" ");
        Err(CompileError::MissingTarget {
            sysroot: self.sysroot().into(),
            targets: missing,
            command,
        })
    }

    /// The command that adds targets, word by word: `rustup target add …`.
    pub fn add_targets_command(&self, targets: &[String]) -> Vec<String> {
        let mut words = ["rustup", "target", "add"].map(str::to_owned).to_vec();
        let toolchains = self.rustup_home.join("toolchains").canonicalize().ok();
        if self.sysroot().parent() == toolchains.as_deref() {
            let name = self.sysroot().file_name().unwrap_or_default().to_string_lossy();
            words.extend(["--toolchain".into(), name.into_owned()]);
        }
        words.extend_from_slice(targets);
        words
    }

    fn check_program(&self, program: &str) -> Result<(), CompileError> {
        if self.sysroot().join(program).is_file() {
            return Ok(());
        }
        Err(CompileError::Incomplete { sysroot: self.sysroot().into(), program: program.into() })
    }
}

impl RememberedToolchain {
    fn still_holds(&self, places: &ToolPlaces, workspace: &Path, proxy: &Path) -> bool {
        self.workspace == workspace
            && self.proxy == proxy
            && self.rustup_toolchain == places.rustup_toolchain
            && self.watched == watch(places, workspace, proxy, &self.sysroot)
    }

    fn ask(places: &ToolPlaces, workspace: &Path, proxy: PathBuf) -> Result<Self, CompileError> {
        let rustc_version = ask(rustc(places, workspace, &proxy).arg("-vV"))?;
        let sysroot = ask(rustc(places, workspace, &proxy).args(["--print", "sysroot"]))?;
        let sysroot = Path::new(sysroot.trim_end());
        let failed = |source| CompileError::Read { path: sysroot.into(), source };
        let sysroot = sysroot.canonicalize().map_err(failed)?;
        let cargo = sysroot.join("bin/cargo");
        let cargo_version = ask(Command::new(&cargo).env_clear().arg("-V"))?;
        Ok(Self {
            workspace: workspace.into(),
            rustup_toolchain: places.rustup_toolchain.clone(),
            watched: watch(places, workspace, &proxy, &sysroot),
            host: field(&rustc_version, "host", &proxy)?,
            commit: field(&rustc_version, "commit-hash", &proxy)?,
            proxy,
            sysroot,
            rustc_version: rustc_version.trim_end().into(),
            cargo_version: cargo_version.trim_end().into(),
        })
    }
}

/// Rustup's proxy installs nothing behind our back: a toolchain that is missing is an error in
/// rustup's words, which name the command.
fn rustc(places: &ToolPlaces, workspace: &Path, proxy: &Path) -> Command {
    let mut command = Command::new(proxy);
    command.current_dir(workspace).env_clear().env("PATH", &places.path);
    command.env("CARGO_HOME", &places.cargo_home).env("RUSTUP_HOME", &places.rustup_home);
    command.env("RUSTUP_AUTO_INSTALL", "0");
    if let Some(toolchain) = &places.rustup_toolchain {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    command
}

fn field(version: &str, name: &str, program: &Path) -> Result<String, CompileError> {
    let mut lines = version.lines().filter_map(|line| line.split_once(": "));
    let value = lines.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
    value.ok_or_else(|| CompileError::Version { program: program.into(), output: version.into() })
}

/// The first driver on the PATH that links by itself. One that is a link to a cache or to a
/// distributor would look for the real one on a PATH that the compile does not have.
fn find_host_linker(path: &OsStr) -> Option<PathBuf> {
    let all = ["cc", "gcc", "clang"].into_iter().flat_map(|name| programs(path, name));
    all.into_iter().find(|program| {
        let real = program.canonicalize().unwrap_or_default();
        let name = real.file_name().unwrap_or_default();
        !["ccache", "sccache", "distcc", "icecc"].iter().any(|wrapper| name == *wrapper)
    })
}

fn watch(places: &ToolPlaces, workspace: &Path, proxy: &Path, sysroot: &Path) -> Vec<Watched> {
    let choices = workspace
        .ancestors()
        .flat_map(|folder| ["rust-toolchain", "rust-toolchain.toml"].map(|name| folder.join(name)));
    let rustup = ["settings.toml", "toolchains"].map(|name| places.rustup_home.join(name));
    let own = ["bin/rustc", "bin/cargo"].map(|program| sysroot.join(program));
    let paths = choices.chain(rustup).chain(own).chain([proxy.to_owned()]);
    paths.map(Watched::now).collect()
}
