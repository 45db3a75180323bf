//! The rig: everything that is needed to judge images, checked and built before the first test.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::RigError;
use crate::command::succeed;
use crate::go_module::{self, CRANE, GoModule, GoTool, IMAGE_SPEC, REGISTRY};
use crate::prerequisites::{self, Prerequisite};
use crate::programs::Programs;
use crate::scratch::Scratch;

/// Programs and data that judge, and a private HOME and TMPDIR for what they leave behind.
#[derive(Debug)]
pub struct Rig {
    programs: Programs,
    crane: PathBuf,
    registry: PathBuf,
    go: GoModule,
    scratch: Scratch,
}

/// A part of the rig, as `landfall-rig` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// Its version, in its own words.
    pub version: String,
    /// How long it took to have it; about nothing where the cache held it.
    pub duration: Duration,
}

impl Rig {
    /// Checks every prerequisite and builds what the cache does not hold: the judges of images at
    /// once, what a control plane is made of when one is started.
    ///
    /// # Errors
    /// All missing programs at once, or what Go could not build.
    pub fn open() -> Result<Self, RigError> {
        let programs = Programs::new()?;
        prerequisites::check(programs.search_path())?;
        Ok(Self {
            crane: programs.path(&CRANE)?,
            registry: programs.path(&REGISTRY)?,
            scratch: Scratch::new(&["home", "tmp"])?,
            go: GoModule::of_checkout(programs.search_path()),
            programs,
        })
    }

    /// Has every part and says which; `see` is called with each part as soon as it is there.
    ///
    /// # Errors
    /// As [`Rig::open`].
    pub fn prepare(mut see: impl FnMut(&Part)) -> Result<(), RigError> {
        let programs = Programs::new()?;
        let search_path = programs.search_path();
        prerequisites::check(search_path)?;
        for wanted in prerequisites::ALL {
            see(&installed(wanted, search_path)?);
        }
        let go = GoModule::of_checkout(search_path);
        for tool in go_module::ALL {
            see(&built(&GoModule::of_tool(&tool, search_path), &tool, programs.cache())?);
        }
        see(&timed("image-spec", || Ok((schema_folder(&go)?, go.version_of(IMAGE_SPEC)?)))?);
        Ok(())
    }

    /// `crane` of go-containerregistry.
    #[must_use]
    pub fn crane(&self) -> Command {
        self.command(&self.crane)
    }

    /// `skopeo`.
    #[must_use]
    pub fn skopeo(&self) -> Command {
        self.program("skopeo")
    }

    /// `umoci`. It refuses a reference that names an index of several platforms ("tag is
    /// ambiguous"): give it [`crate::ImageLayout::narrow`]'s answer, or use [`Rig::unpack`].
    #[must_use]
    pub fn umoci(&self) -> Command {
        self.program("umoci")
    }

    /// `buildah` with a storage of its own that needs no kernel support and no daemon.
    #[must_use]
    pub fn buildah(&self) -> Command {
        let mut command = self.program("buildah");
        command.env("STORAGE_DRIVER", "vfs").env("BUILDAH_ISOLATION", "chroot");
        command.arg("--root").arg(self.scratch.path("buildah"));
        command.arg("--runroot").arg(self.scratch.path("buildah-run"));
        command
    }

    /// The registry's program; [`crate::Registry`] starts it.
    pub(crate) fn registry(&self) -> Command {
        self.command(&self.registry)
    }

    /// A program that a module of `tests/go` pins; it is built where the cache does not hold it.
    ///
    /// # Errors
    /// Go cannot download or compile it.
    pub(crate) fn built(&self, tool: &GoTool) -> Result<Command, RigError> {
        Ok(self.command(&self.programs.path(tool)?))
    }

    /// The folder of the sources of the module that `tool` is of.
    ///
    /// # Errors
    /// Go cannot download it.
    pub(crate) fn source_folder(&self, tool: &GoTool) -> Result<PathBuf, RigError> {
        self.programs.source_folder(tool)
    }

    /// Any other program of [`prerequisites::ALL`], by name.
    #[must_use]
    pub fn program(&self, name: &str) -> Command {
        self.command(Path::new(name))
    }

    /// The folder with the image specification's JSON schemas, at the pinned version.
    ///
    /// # Errors
    /// Go cannot download them.
    pub fn schema_folder(&self) -> Result<PathBuf, RigError> {
        schema_folder(&self.go)
    }

    pub(crate) fn search_path(&self) -> &OsStr {
        self.programs.search_path()
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", self.search_path());
        command.env("HOME", self.scratch.path("home")).env("TMPDIR", self.scratch.path("tmp"));
        command
    }
}

fn schema_folder(go: &GoModule) -> Result<PathBuf, RigError> {
    Ok(go.source_folder(IMAGE_SPEC)?.join("schema"))
}

fn installed(wanted: &Prerequisite, search_path: &OsStr) -> Result<Part, RigError> {
    timed(wanted.program, || {
        let path = prerequisites::find(wanted.program, search_path).unwrap_or_default();
        let version = match wanted.version_arguments {
            Some(arguments) => succeed(Command::new(&path).args(arguments))?,
            None => Vec::new(),
        };
        let version = String::from_utf8_lossy(&version);
        let line = version.lines().map(str::trim).find(|line| !line.is_empty());
        Ok((path, line.unwrap_or("present").into()))
    })
}

fn built(go: &GoModule, tool: &GoTool, cache: &Path) -> Result<Part, RigError> {
    timed(tool.name, || Ok((go.build(tool, cache)?, go.version_of(tool.module)?)))
}

fn timed(
    name: &'static str,
    have: impl FnOnce() -> Result<(PathBuf, String), RigError>,
) -> Result<Part, RigError> {
    let start = Instant::now();
    let (path, version) = have()?;
    Ok(Part { name, path, version, duration: start.elapsed() })
}
