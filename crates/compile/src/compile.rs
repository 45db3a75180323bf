//! Turns a package's sources into a statically linked binary.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use landfall_hashing::canonical;
use landfall_tree::Tree;

use crate::confine::{REFUSED, Spec};
use crate::full_disk::full_disk;
use crate::layout::{Layout, NO_LINKER};
use crate::process::{Ended, run};
use crate::shadow::write_file;
use crate::{
    CCompiler, CompileError, Confinement, Helper, Settings, Sources, Toolchain, Walls, shadow,
    vendor,
};

/// What is compiled, by what, and where.
pub struct Compile<'a> {
    /// What is compiled.
    pub sources: &'a Sources,
    /// The content of [`Sources::files`], as it was hashed.
    pub tree: &'a Tree,
    /// Which binary, with which features, for which target.
    pub settings: &'a Settings,
    /// The toolchain.
    pub toolchain: &'a Toolchain,
    /// The C compiler, for an input that says `c = true`.
    pub c_compiler: Option<&'a CCompiler>,
    /// An empty folder for this compile; the caller removes it.
    pub scratch: &'a Path,
    /// A folder of Landfall's own that is kept, so that dependencies are compiled once. It can be
    /// removed at any time; it makes a compile faster and never changes a byte.
    pub cache: &'a Path,
    /// The user's cargo home, for fetching.
    pub cargo_home: &'a Path,
    /// The user's environment, for fetching: proxies, certificates, credentials.
    pub environment: &'a BTreeMap<OsString, OsString>,
    /// How the front starts itself as the helper.
    pub helper: &'a Helper,
    /// The walls that [`crate::probe`] found.
    pub walls: Walls,
    /// How many jobs at once; as many as there are processors unless said.
    pub jobs: Option<NonZeroUsize>,
    /// Is shown each line that cargo says, as it comes. For progress: an error holds the lines
    /// that matter.
    pub on_line: &'a dyn Fn(&str),
}

/// A binary that was compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The file, in the scratch folder.
    pub binary: PathBuf,
    /// Its length.
    pub size_bytes: u64,
    /// What was out of reach of the compile.
    pub confinement: Confinement,
}

/// What a program says that stands in the place of a C compiler.
const NO_C: &str = "landfall: this input may not use a C compiler";
/// What a program says that stands in the place of this machine's linker.
const NO_CC: &str = "landfall: this machine has no `cc`";
/// The names under which build scripts look for one, and what they drive one with.
const C_PROGRAMS: &[&str] =
    &["cc", "c++", "gcc", "g++", "clang", "clang++", "musl-gcc", "cmake", "make"];

/// Compiles: fetches the dependencies, then calls cargo with the walls up.
///
/// Fails where a dependency cannot be had, where Cargo.lock is older than the Cargo.toml files,
/// where the package does not compile, and where the result would differ on another machine.
pub fn compile(request: &Compile<'_>) -> Result<Compiled, CompileError> {
    request.toolchain.require_targets(&[&request.settings.target])?;
    let own = own_folder(request)?;
    let _lock = lock(&own, request.on_line)?;
    let outside = Layout::outside(request.scratch, &own, request.toolchain);
    let seen = if request.walls == Walls::Namespaces { Layout::inside() } else { outside.clone() };
    prepare(request, &outside)?;
    forget_members(request, &outside.target)?;
    let ended = build(request, &outside, &seen)?;
    if !ended.status.success() {
        // Cargo remembers that rustc could not be started, even once it can.
        let _ = fs::remove_file(outside.target.join(".rustc_info.json"));
        return Err(failure(request, &outside, ended));
    }
    let built = outside.target.join(&request.settings.target).join("release");
    check_files(request, &built, &seen)?;
    take(request, &built, &own)
}

/// Fetches what there is to fetch, and runs cargo.
///
/// Without a fetched package the lock is tried as it is; only `cargo vendor` knows what else is to
/// be left out of it, or says what it lacks.
fn build(request: &Compile<'_>, outside: &Layout, seen: &Layout) -> Result<Ended, CompileError> {
    const OTHER_LOCK: &str = "--frozen";
    let build = || run(&mut cargo(request, outside, seen)?, Duration::MAX, request.on_line);
    if request.sources.lockfile().has_fetched() {
        vendor::fetch(request, outside, seen)?;
        return build();
    }
    let ended = build()?;
    if ended.status.success() || !ended.output.contains(OTHER_LOCK) {
        return Ok(ended);
    }
    vendor::fetch(request, outside, seen)?;
    build()
}

/// One folder for each toolchain, target and set of git revisions: cargo takes a vendored package
/// for unchanged while its version is, and only in a registry is that true.
fn own_folder(request: &Compile<'_>) -> Result<PathBuf, CompileError> {
    let git = request.sources.lockfile().git_sources();
    let c_parts = request.c_compiler.map(CCompiler::parts);
    let key = canonical::digest_of(&(
        request.toolchain.rustc_version(),
        &request.settings.target,
        git,
        c_parts,
    ));
    let folder = request.cache.join(key.short());
    for name in ["vendor", "target"] {
        make(&folder.join(name))?;
    }
    Ok(folder)
}

/// Compiles in one folder come one after the other.
fn lock(folder: &Path, on_line: &dyn Fn(&str)) -> Result<File, CompileError> {
    let path = folder.join("lock");
    let lock = || -> io::Result<File> {
        let file = File::create(&path)?;
        if file.try_lock().is_err() {
            on_line("    Blocking waiting for another compile of the same kind");
            file.lock()?;
        }
        Ok(file)
    };
    lock().map_err(|source| CompileError::Write { path: path.clone(), source })
}

fn make(folder: &Path) -> Result<(), CompileError> {
    fs::create_dir_all(folder).map_err(|source| CompileError::Write { path: folder.into(), source })
}

fn prepare(request: &Compile<'_>, outside: &Layout) -> Result<(), CompileError> {
    for folder in
        [&outside.source, &outside.cargo, &outside.home, &outside.temporary, &outside.tools]
    {
        make(folder)?;
    }
    shadow::write(request.sources, request.tree, &outside.source)?;
    let compilers = C_PROGRAMS.iter().map(|name| (*name, NO_C));
    let mut programs = compilers.chain([(NO_LINKER, NO_CC)]);
    programs.try_for_each(|(name, words)| {
        let script = format!("#!/bin/sh\necho '{words}' >&2\nexit 1\n");
        write_file(&outside.tools.join(name), script.as_bytes(), true)
    })
}

/// Removes what build scripts of the workspace's packages left behind, so that a script finds its
/// folder empty each time, as on a machine that never compiled it.
fn forget_members(request: &Compile<'_>, target: &Path) -> Result<(), CompileError> {
    let places = ["release/build".into(), format!("{}/release/build", request.settings.target)];
    for place in places {
        let entries = target.join(place).read_dir().into_iter().flatten().flatten();
        for entry in entries.filter(|entry| is_of_member(request.sources, &entry.file_name())) {
            let failed = |source| CompileError::Write { path: entry.path(), source };
            fs::remove_dir_all(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Cargo names these folders by the package, a dash and a hash.
fn is_of_member(sources: &Sources, folder: &OsStr) -> bool {
    let name = folder.to_str().and_then(|name| name.rsplit_once('-'));
    name.is_some_and(|(name, _)| sources.folders().values().any(|package| package == name))
}

fn cargo(request: &Compile<'_>, outside: &Layout, seen: &Layout) -> Result<Command, CompileError> {
    let program = seen.sysroot.join("bin/cargo");
    let mut spec = Spec::new(
        request.helper,
        request.walls,
        request.scratch,
        program,
        arguments(request, seen),
    );
    spec.mount(outside, seen);
    let compiler = request.c_compiler.map(CCompiler::program);
    for program in request.toolchain.host_linker().into_iter().chain(compiler) {
        spec.mount_program(program);
    }
    let mut command = spec.command(request.helper, request.scratch)?;
    let environment =
        seen.environment(request.toolchain, &request.settings.target, request.c_compiler);
    command.env_clear().envs(environment).stdout(Stdio::null());
    Ok(command)
}

/// The package's own Cargo.toml is named, because a dependency may have the package's name.
fn arguments(request: &Compile<'_>, seen: &Layout) -> Vec<String> {
    let Settings { binary, features, default_features, target } = request.settings;
    let folders = request.sources.folders().iter();
    let mut main = folders.filter(|(_, package)| *package == request.sources.package());
    let folder = main.next().map(|(folder, _)| folder.as_str()).unwrap_or_default();
    let manifest = seen.source.join(folder).join("Cargo.toml").display().to_string();
    let words = [
        "build",
        "--frozen",
        "--release",
        "--manifest-path",
        &manifest,
        "--target",
        target,
        "--bin",
        binary,
    ];
    let mut arguments = words.map(str::to_owned).to_vec();
    if !features.is_empty() {
        arguments.extend(["--features".into(), features.join(",")]);
    }
    arguments.extend((!default_features).then(|| "--no-default-features".into()));
    arguments.extend(request.jobs.map(|jobs| format!("--jobs={jobs}")));
    arguments
}

fn failure(
    request: &Compile<'_>,
    outside: &Layout,
    Ended { status, output }: Ended,
) -> CompileError {
    let package = request.sources.package().into();
    if let Some(folder) = full_disk(outside, &output) {
        let (folder, source) = (folder.into(), rustix::io::Errno::NOSPC.into());
        return CompileError::DiskFull { package, folder, output, source };
    }
    if status.code() == Some(REFUSED.into()) {
        return CompileError::Confine { output };
    }
    if output.contains(NO_C) {
        return CompileError::NeedsC { package, output };
    }
    if output.contains(NO_CC) {
        return CompileError::NoHostLinker { package, output };
    }
    if output.contains("failed to run custom build command") {
        return CompileError::BuildScript { package, output, confinement: request.walls.words() };
    }
    CompileError::Cargo { package, output }
}

/// Refuses a binary that was made of files that are no inputs. Cargo lists beside a binary what
/// its packages in the workspace read.
fn check_files(request: &Compile<'_>, built: &Path, seen: &Layout) -> Result<(), CompileError> {
    let path = built.join(format!("{}.d", request.settings.binary));
    let text = fs::read_to_string(&path)
        .map_err(|source| CompileError::Read { path: path.clone(), source })?;
    let allowed = |file: &PathBuf| {
        request.c_compiler.is_some()
            || [&seen.source, &seen.target, &seen.vendor]
                .iter()
                .any(|folder| file.starts_with(folder))
    };
    match read_files(&text).into_iter().find(|file| !allowed(file)) {
        None => Ok(()),
        Some(file) => {
            Err(CompileError::OutsideFile { package: request.sources.package().into(), file })
        }
    }
}

/// `binary: file file…`, with a backslash before each blank that belongs to a name.
fn read_files(text: &str) -> Vec<PathBuf> {
    let lines = text.lines().filter_map(|line| line.split_once(": "));
    let files = lines.flat_map(|(_, files)| {
        let files = files.replace("\\ ", "\0");
        files.split(' ').map(|file| PathBuf::from(file.replace('\0', " "))).collect::<Vec<_>>()
    });
    files.filter(|file| !file.as_os_str().is_empty()).collect()
}

fn take(request: &Compile<'_>, built: &Path, own: &Path) -> Result<Compiled, CompileError> {
    let from = built.join(&request.settings.binary);
    let bytes = fs::read(&from).map_err(|source| CompileError::Read { path: from, source })?;
    check_names(request, &bytes, own)?;
    let binary = request.scratch.join("binary");
    write_file(&binary, &bytes, true)?;
    Ok(Compiled {
        binary,
        size_bytes: bytes.len() as u64,
        confinement: request.walls.confinement(),
    })
}

/// Where a compile sees the real folders, a name of one of them in the binary would be another
/// one on another machine.
fn check_names(request: &Compile<'_>, bytes: &[u8], own: &Path) -> Result<(), CompileError> {
    if request.walls == Walls::Namespaces {
        return Ok(());
    }
    let holds = |folder: &&Path| contains(bytes, folder.as_os_str().as_encoded_bytes());
    match [request.scratch, own].into_iter().find(holds) {
        None => Ok(()),
        Some(folder) => {
            let binary = request.settings.binary.clone();
            Err(CompileError::FolderInBinary { binary, folder: folder.into() })
        }
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len().max(1)).any(|window| window == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_files_that_cargo_lists() {
        let files = read_files("/t/app: /s/a.rs /s/with\\ blank.rs\n");
        assert_eq!(files, ["/s/a.rs", "/s/with blank.rs"].map(PathBuf::from));
        assert!(read_files("/t/app:\n").is_empty());
    }
}
