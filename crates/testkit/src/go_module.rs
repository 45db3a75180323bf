//! The judges, servers and data that are pinned by the modules of `tests/go`: built or downloaded
//! once, and kept in a cache outside the checkout.
//!
//! A built tool stands in a folder named after the hash of go.mod, go.sum, the tool's package, its
//! linker flags and the Go release, so that a change of any of them is another tool and never
//! overwrites one in use.

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
    /// The folder below `tests/go` whose go.mod pins it; empty for `tests/go` itself.
    pub folder: &'static str,
    /// The module, as go.mod requires it.
    pub module: &'static str,
    /// Its main package.
    pub package: &'static str,
    /// The flags of the linker, where `{version}`, `{major}` and `{minor}` are those of the module.
    pub linker_flags: &'static str,
}

/// The judge of images and the fastest of the peers for a single layer.
pub const CRANE: GoTool = GoTool {
    name: "crane",
    folder: "",
    module: "github.com/google/go-containerregistry",
    package: "github.com/google/go-containerregistry/cmd/crane",
    linker_flags: "",
};

/// The reference implementation of an OCI registry.
pub const REGISTRY: GoTool = GoTool {
    name: "registry",
    folder: "",
    module: "github.com/distribution/distribution/v3",
    package: "github.com/distribution/distribution/v3/cmd/registry",
    linker_flags: "",
};

/// Where a control plane keeps its objects.
pub const ETCD: GoTool = GoTool {
    name: "etcd",
    folder: "kubernetes",
    module: "go.etcd.io/etcd/server/v3",
    package: "go.etcd.io/etcd/server/v3",
    linker_flags: "",
};

/// What clients of a cluster speak to.
pub const API_SERVER: GoTool = kubernetes("kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver");

/// Makes ReplicaSets of Deployments, pods of ReplicaSets, and removes what nobody owns.
pub const CONTROLLER_MANAGER: GoTool =
    kubernetes("kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager");

/// Gives pods to nodes.
pub const SCHEDULER: GoTool = kubernetes("kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler");

/// The judge of clusters.
pub const KUBECTL: GoTool = kubernetes("kubectl", "k8s.io/kubernetes/cmd/kubectl");

/// Plays nodes, and the pods on them, by the rules of stages.
pub const KWOK: GoTool = GoTool {
    name: "kwok",
    folder: "kwok",
    module: "sigs.k8s.io/kwok",
    package: "sigs.k8s.io/kwok/cmd/kwok",
    linker_flags: "",
};

/// Every tool, in the order in which they are built.
pub const ALL: [GoTool; 8] =
    [CRANE, REGISTRY, ETCD, API_SERVER, CONTROLLER_MANAGER, SCHEDULER, KUBECTL, KWOK];

/// A program of Kubernetes. Its `/version` says v0.0.0 where the linker does not set it, and
/// clients refuse that.
const fn kubernetes(name: &'static str, package: &'static str) -> GoTool {
    let linker_flags = "-X k8s.io/component-base/version.gitVersion={version} \
        -X k8s.io/component-base/version.gitMajor={major} \
        -X k8s.io/component-base/version.gitMinor={minor}";
    GoTool { name, folder: "kubernetes", module: "k8s.io/kubernetes", package, linker_flags }
}

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

    /// The module of this checkout that pins `tool`.
    #[must_use]
    pub fn of_tool(tool: &GoTool, search_path: &OsStr) -> Self {
        let mut module = Self::of_checkout(search_path);
        if !tool.folder.is_empty() {
            module.folder.push(tool.folder);
        }
        module
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

    /// Gives the program of `tool`; none where `cache` does not hold it yet.
    ///
    /// # Errors
    /// Go is not there, or its modules cannot be read.
    pub fn find(&self, tool: &GoTool, cache: &Path) -> Result<Option<PathBuf>, RigError> {
        // Whole or not at all: whoever sees it need not wait for what others build.
        let program = cache.join(self.folder_name(tool)?).join(tool.name);
        Ok(program.is_file().then_some(program))
    }

    /// Gives the program of `tool`, which is built where `cache` does not hold it yet.
    ///
    /// # Errors
    /// The cache cannot be written, or Go cannot download or compile the tool.
    pub fn build(&self, tool: &GoTool, cache: &Path) -> Result<PathBuf, RigError> {
        let folder = cache.join(self.folder_name(tool)?);
        let program = folder.join(tool.name);
        if program.is_file() {
            return Ok(program);
        }
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
        let flags = linker_flags(tool.linker_flags, &self.version_of(tool.module)?);
        let mut build = self.go();
        build.args(["build", "-ldflags", &flags, "-o"]).arg(aside.path().join(tool.name));
        succeed(build.arg(tool.package))?;
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
        if !tool.linker_flags.is_empty() {
            absorb(&mut hash, tool.linker_flags.as_bytes());
        }
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

/// Writes `version` (`vMAJOR.MINOR.PATCH`) into `flags`.
fn linker_flags(flags: &str, version: &str) -> String {
    let mut numbers = version.trim_start_matches('v').split('.');
    let mut next = || numbers.next().unwrap_or_default();
    let (major, minor) = (next(), next());
    flags.replace("{version}", version).replace("{major}", major).replace("{minor}", minor)
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
        assert!(module.version_of(IMAGE_SPEC).unwrap().starts_with('v'));
        assert!(module.version_of("example.com/absent").is_err());
        for tool in ALL {
            let version = GoModule::of_tool(&tool, OsStr::new("")).version_of(tool.module).unwrap();
            assert!(version.starts_with('v'), "{} {version}", tool.name);
        }
    }

    #[test]
    fn the_linker_is_told_the_version() {
        assert_eq!(
            linker_flags("a={version} b={major} c={minor}", "v1.36.3"),
            "a=v1.36.3 b=1 c=36"
        );
        assert_eq!(linker_flags("", "v1.36.3"), "");
    }

    /// Kubernetes is in one version: that of its main module, written as its others write it.
    #[test]
    fn kubernetes_replaces_its_own_modules_by_those_of_its_version() {
        let module = GoModule::of_tool(&API_SERVER, OsStr::new(""));
        let version = module.version_of(API_SERVER.module).unwrap();
        let wanted = format!("v0.{}", version.split_once('.').unwrap().1);
        let go_mod = read(&module.folder.join("go.mod")).unwrap();
        let replaced: Vec<_> = go_mod.lines().filter_map(|line| line.split_once(" => ")).collect();
        assert_eq!(replaced.len(), 33);
        for (name, by) in replaced {
            assert_eq!(by, format!("{} {wanted}", name.trim()));
        }
    }
}
