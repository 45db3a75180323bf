//! The judges and data that are pinned by `tests/go`: built or downloaded once, and kept in a
//! cache outside the checkout.
//!
//! A built tool stands in a folder named after the hash of go.mod, go.sum, the tool's package and
//! the Go release, so that a change of any of them is another tool and never overwrites one in use.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::RigError;
use crate::command::succeed;

/// A program of a pinned Go module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoTool {
    /// The name of the program.
    pub name: &'static str,
    /// The module, as go.mod requires it.
    pub module: &'static str,
    /// Its main package.
    pub package: &'static str,
}

/// The judge of images and the fastest of the peers for a single layer.
pub const CRANE: GoTool = GoTool {
    name: "crane",
    module: "github.com/google/go-containerregistry",
    package: "github.com/google/go-containerregistry/cmd/crane",
};

/// The reference implementation of an OCI registry.
pub const REGISTRY: GoTool = GoTool {
    name: "registry",
    module: "github.com/distribution/distribution/v3",
    package: "github.com/distribution/distribution/v3/cmd/registry",
};

/// The module whose `schema` folder holds the JSON schemas of the image specification.
pub const IMAGE_SPEC: &str = "github.com/opencontainers/image-spec";

/// The Go module that pins the rig.
#[derive(Debug, Clone)]
pub struct GoModule {
    folder: PathBuf,
    search_path: OsString,
}

impl GoModule {
    /// The module of this checkout; `search_path` is where `go` is looked for.
    #[must_use]
    pub fn of_checkout(search_path: &OsStr) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/go");
        Self { folder, search_path: search_path.into() }
    }

    /// The version at which go.mod pins `module`.
    ///
    /// # Errors
    /// go.mod cannot be read, or does not require it.
    pub fn version_of(&self, module: &str) -> Result<String, RigError> {
        let path = self.folder.join("go.mod");
        let version = required_version(&read(&path)?, module);
        version.ok_or_else(|| RigError::NotPinned { path, module: module.into() })
    }

    /// Gives the program of `tool`, which is built where `cache` does not hold it yet.
    ///
    /// # Errors
    /// The cache cannot be written, or Go cannot download or compile the tool.
    pub fn build(&self, tool: &GoTool, cache: &Path) -> Result<PathBuf, RigError> {
        let folder = cache.join(self.folder_name(tool)?);
        let program = folder.join(tool.name);
        fs::create_dir_all(cache).map_err(at(cache))?;
        let _lock = lock(&cache.join("lock"))?;
        if !program.is_file() {
            self.build_aside(tool, cache, &folder)?;
        }
        Ok(program)
    }

    /// Compiles into a temporary folder of the cache and renames that, so that the tool is there
    /// whole or not at all.
    fn build_aside(&self, tool: &GoTool, cache: &Path, folder: &Path) -> Result<(), RigError> {
        let aside = tempfile::tempdir_in(cache).map_err(at(cache))?;
        succeed(
            self.go().args(["build", "-o"]).arg(aside.path().join(tool.name)).arg(tool.package),
        )?;
        fs::rename(aside.keep(), folder).map_err(at(folder))
    }

    /// The folder of the sources of `module`, which are downloaded where they are not there yet.
    ///
    /// # Errors
    /// Go cannot download it.
    pub fn source_folder(&self, module: &str) -> Result<PathBuf, RigError> {
        let answer = succeed(self.go().args(["mod", "download", "-json", module]))?;
        let folder = serde_json::from_slice::<serde_json::Value>(&answer)
            .ok()
            .and_then(|answer| answer.get("Dir")?.as_str().map(PathBuf::from));
        folder.ok_or_else(|| RigError::Answer {
            judge: "go mod download -json",
            answer: String::from_utf8_lossy(&answer).into_owned(),
        })
    }

    fn folder_name(&self, tool: &GoTool) -> Result<String, RigError> {
        let release = succeed(self.go().arg("version"))?;
        let mut hash = Sha256::new();
        for part in [&read(&self.folder.join("go.mod"))?, &read(&self.folder.join("go.sum"))?] {
            absorb(&mut hash, part.as_bytes());
        }
        absorb(&mut hash, tool.package.as_bytes());
        absorb(&mut hash, &release);
        let key: String =
            hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(format!("{}-{}-{key}", tool.name, self.version_of(tool.module)?))
    }

    /// `go` in the folder of the module. It keeps the developer's environment, which may hold a
    /// proxy and its certificates, except for what would change what is built.
    fn go(&self) -> Command {
        let mut command = Command::new("go");
        command.current_dir(&self.folder).env("PATH", &self.search_path);
        command.env("GOTOOLCHAIN", "local").env("GOWORK", "off").env("CGO_ENABLED", "0");
        command.env("GOFLAGS", "-trimpath -buildvcs=false -mod=readonly");
        command
    }
}

/// Adds `part` with its length before it, so that no two lists of parts give the same bytes.
fn absorb(hash: &mut Sha256, part: &[u8]) {
    hash.update((part.len() as u64).to_be_bytes());
    hash.update(part);
}

/// Reads the version of `module` from the text of a go.mod file (Go modules reference, "require").
fn required_version(go_mod: &str, module: &str) -> Option<String> {
    go_mod.lines().find_map(|line| {
        let mut words = line.trim().trim_start_matches("require ").split_whitespace();
        (words.next() == Some(module)).then(|| words.next().map(String::from))?
    })
}

/// Holds other test processes off while one builds; the lock dies with the process.
fn lock(path: &Path) -> Result<File, RigError> {
    let file = File::create(path).map_err(at(path))?;
    file.lock().map_err(at(path))?;
    Ok(file)
}

fn read(path: &Path) -> Result<String, RigError> {
    fs::read_to_string(path).map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> RigError {
    move |source| RigError::File { path: path.into(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_either_form_of_require() {
        let go_mod = "module m\n\nrequire example.com/a v1.2.3\n\nrequire (\n\t\
            example.com/b/v2 v2.0.0 // indirect\n)\n";
        for (module, version) in [
            ("example.com/a", Some("v1.2.3")),
            ("example.com/b/v2", Some("v2.0.0")),
            ("example.com/b", None),
        ] {
            assert_eq!(required_version(go_mod, module).as_deref(), version, "{module}");
        }
    }

    #[test]
    fn every_tool_is_pinned() {
        let module = GoModule::of_checkout(OsStr::new(""));
        for required in [CRANE.module, REGISTRY.module, IMAGE_SPEC] {
            let version = module.version_of(required).unwrap();
            assert!(version.starts_with('v'), "{required} {version}");
        }
        assert!(module.version_of("example.com/absent").is_err());
    }
}
