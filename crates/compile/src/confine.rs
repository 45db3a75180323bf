//! The walls around a compile: which the kernel allows, and what stands inside them.
//!
//! A thread cannot leave its namespaces, and a process with threads cannot enter a new user
//! namespace; so the front's own executable is started again as a helper that has one thread (see
//! [`crate::confined_main`]). It reads a [`Spec`], puts up the walls and becomes cargo.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::CompileError;
use crate::layout::Layout;
use crate::process::run;

/// How the front starts itself as the helper.
#[derive(Debug, Clone)]
pub struct Helper {
    /// The executable that calls [`crate::confined_main`].
    pub program: PathBuf,
    /// What makes it do so, such as a hidden command; the helper's own arguments follow.
    pub arguments: Vec<OsString>,
}

/// What keeps a compile apart from the rest of the machine, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Walls {
    /// Namespaces of its own: an empty network, and a root folder that holds the inputs and the
    /// system's libraries and nothing else, under the same names on every machine.
    Namespaces,
    /// Landlock: files outside the inputs cannot be opened and TCP cannot be spoken.
    Landlock,
    /// None: the kernel refused both.
    Open,
}

/// What was out of reach of a compile: recorded beside its result, and no part of its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// The network.
    pub network: bool,
    /// The home folder, and every other file that is no input.
    pub files: bool,
}

/// What the kernel allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The strongest walls.
    pub walls: Walls,
    /// Why stronger ones were refused, a sentence each.
    pub refusals: Vec<String>,
}

impl Walls {
    /// What these walls keep out of reach.
    pub fn confinement(self) -> Confinement {
        match self {
            Self::Namespaces => Confinement { network: true, files: true },
            Self::Landlock => Confinement { network: false, files: true },
            Self::Open => Confinement { network: false, files: false },
        }
    }

    /// The same for people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Namespaces => {
                "(the compile is confined: there is no network and no home folder, and of files only the sources, the dependencies, the toolchain and the system's libraries)"
            }
            Self::Landlock => {
                "(the compile is confined: there is no home folder, and of files only the sources, the dependencies, the toolchain and the system's libraries; TCP is refused)"
            }
            Self::Open => {
                "(the compile has an empty home folder and a cleared environment; this kernel allows no further walls)"
            }
        }
    }
}

/// One folder or file under another name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Mount {
    pub from: PathBuf,
    pub to: PathBuf,
    pub writable: bool,
}

/// What the helper is told. It lies in a file in the scratch folder.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Spec {
    pub walls: Walls,
    /// An empty folder: the new root is mounted there.
    pub root: PathBuf,
    pub mounts: Vec<Mount>,
    /// The helper's own arguments, for its second stage.
    pub helper_arguments: Vec<OsString>,
    pub program: PathBuf,
    pub arguments: Vec<String>,
}

/// The helper inside the new root.
pub(crate) const HELPER_INSIDE: &str = "/landfall/helper";
/// The spec inside the new root.
pub(crate) const SPEC_INSIDE: &str = "/landfall/spec.json";
/// What the helper ends with where the kernel refused; cargo ends with 0 or 101.
pub(crate) const REFUSED: u8 = 125;
/// The helper's first stage and its second.
pub(crate) const STAGES: [&str; 2] = ["outer", "inner"];

/// What programs of this machine need to start and to be linked, as far as it exists. None of it
/// holds anything of a user's.
const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/lib",
    "/lib32",
    "/lib64",
    "/nix/store",
    "/gnu/store",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
];

/// Tries the walls, the strongest first, on a helper that becomes a program that does nothing.
///
/// `scratch` is an empty folder. Fails only where the helper itself cannot be started.
pub fn probe(helper: &Helper, scratch: &Path) -> Result<Probe, CompileError> {
    let mut refusals = Vec::new();
    for walls in [Walls::Namespaces, Walls::Landlock] {
        match attempt(helper, walls, scratch)? {
            None => return Ok(Probe { walls, refusals }),
            Some(refusal) => refusals.push(refusal),
        }
    }
    Ok(Probe { walls: Walls::Open, refusals })
}

/// The program is one that every Linux has, since what matters is whether it is reached.
fn attempt(helper: &Helper, walls: Walls, scratch: &Path) -> Result<Option<String>, CompileError> {
    let program = PathBuf::from("/bin/sh");
    let spec = Spec::new(helper, walls, scratch, program, vec!["-c".into(), "exit 0".into()]);
    let ended = run(spec.command(helper, scratch)?.env_clear(), Duration::MAX, &|_| {})?;
    Ok((!ended.status.success()).then_some(ended.output))
}

impl Spec {
    /// A helper that becomes `program`; the system's folders are mounted already.
    pub(crate) fn new(
        helper: &Helper,
        walls: Walls,
        scratch: &Path,
        program: PathBuf,
        arguments: Vec<String>,
    ) -> Self {
        let system = SYSTEM.iter().filter(|path| Path::new(path).exists());
        let mounts = system.map(|path| Mount::read_only(path, path)).collect();
        let helper_arguments = helper.arguments.clone();
        Self { walls, root: scratch.join("root"), mounts, helper_arguments, program, arguments }
    }

    /// Adds the folders of a compile.
    pub(crate) fn mount(&mut self, outside: &Layout, inside: &Layout) {
        let (outside, inside) = (outside.folders(), inside.folders());
        let read = outside.0.iter().zip(&inside.0).map(|pair| (pair, false));
        let written = outside.1.iter().zip(&inside.1).map(|pair| (pair, true));
        self.mounts.extend(read.chain(written).map(|((from, to), writable)| Mount {
            from: (*from).into(),
            to: (*to).into(),
            writable,
        }));
    }

    /// Adds the place where a program of this machine is installed, unless it is there already.
    pub(crate) fn mount_program(&mut self, program: &Path) {
        let prefix =
            program.parent().and_then(Path::parent).filter(|prefix| prefix.parent().is_some());
        let is_there = self.mounts.iter().any(|mount| program.starts_with(&mount.to));
        if let (Some(prefix), false) = (prefix, is_there) {
            self.mounts.push(Mount::read_only(prefix, prefix));
        }
    }

    /// Writes the spec and gives the command that obeys it.
    pub(crate) fn command(
        mut self,
        helper: &Helper,
        scratch: &Path,
    ) -> Result<Command, CompileError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| CompileError::Write { path, source }
        };
        let path = scratch.join("spec.json");
        fs::create_dir_all(&self.root).map_err(failed(&self.root))?;
        self.mounts.push(Mount::read_only(&helper.program, HELPER_INSIDE));
        self.mounts.push(Mount::read_only(&path, SPEC_INSIDE));
        let text = serde_json::to_vec(&self)
            .map_err(|_| CompileError::NotText { path: scratch.into() })?;
        fs::write(&path, text).map_err(failed(&path))?;
        let mut command = Command::new(&helper.program);
        command.args(&helper.arguments).arg(STAGES[0]).arg(&path);
        Ok(command)
    }
}

impl Mount {
    fn read_only(from: impl AsRef<Path>, to: impl AsRef<Path>) -> Self {
        Self { from: from.as_ref().into(), to: to.as_ref().into(), writable: false }
    }
}
