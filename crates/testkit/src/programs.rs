//! The programs that the modules of `tests/go` pin: each is built once, kept in the cache, and
//! started in surroundings of its own.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::go_module::{GoModule, GoTool};
use crate::{RigError, environment};

/// Where programs are looked for and where they are kept.
#[derive(Debug, Clone)]
pub(crate) struct Programs {
    search_path: OsString,
    cache: PathBuf,
}

impl Programs {
    /// Programs of this machine; nothing is built yet.
    pub(crate) fn new() -> Result<Self, RigError> {
        Ok(Self { search_path: environment::search_path(), cache: environment::cache_folder()? })
    }

    /// The program of `tool`; none where it would have to be built.
    pub(crate) fn find(&self, tool: &GoTool) -> Result<Option<PathBuf>, RigError> {
        self.module(tool).find(tool, &self.cache)
    }

    /// The program of `tool`, which is built where the cache does not hold it.
    pub(crate) fn path(&self, tool: &GoTool) -> Result<PathBuf, RigError> {
        self.module(tool).build(tool, &self.cache)
    }

    /// `tool`, with a cleared environment whose HOME and TMPDIR are `home`.
    pub(crate) fn command(&self, tool: &GoTool, home: &Path) -> Result<Command, RigError> {
        let mut command = Command::new(self.path(tool)?);
        command.env_clear().env("PATH", &self.search_path).env("HOME", home).env("TMPDIR", home);
        Ok(command)
    }

    /// The folder of the sources of the module that `tool` is of.
    pub(crate) fn source_folder(&self, tool: &GoTool) -> Result<PathBuf, RigError> {
        self.module(tool).source_folder(tool.module)
    }

    pub(crate) fn search_path(&self) -> &OsStr {
        &self.search_path
    }

    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    fn module(&self, tool: &GoTool) -> GoModule {
        GoModule::of_tool(tool, &self.search_path)
    }
}
