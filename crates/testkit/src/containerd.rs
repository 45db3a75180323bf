//! A containerd of the test's own, in namespaces of its own, so that it meets no other one on the
//! machine and nothing of it, no shim, mount or container, outlives it.
//!
//! It needs no root: an ordinary user gets a user namespace with the ids of `/etc/subuid`.
//! Containers share the host's network, so a test reaches them on loopback.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::command::{succeed, wrapped};
use crate::container::{Container, ContainerRequest};
use crate::scratch::Scratch;
use crate::server::{Server, WATCH};
use crate::{ImageLayout, Rig, RigError, namespaces, prerequisites};

/// Prepares the namespaces; the server that follows is watched as any other, and as the first
/// process of its namespace the watcher takes all others along when it ends.
const PREPARE: &str = include_str!("containerd.sh");

/// Takes the place of runc where nobody is root.
const RUNC_WITHOUT_ROOT: &str = include_str!("runc.sh");

/// A running containerd, empty at first; it ends with the value and takes its containers along.
#[derive(Debug)]
pub struct Containerd {
    /// The first process in the namespaces, as it is seen from outside.
    id: u32,
    search_path: OsString,
    server: Server,
    images: AtomicUsize,
    containers: AtomicUsize,
}

impl Containerd {
    /// Starts a containerd and waits until it answers.
    ///
    /// # Errors
    /// It does not start or does not answer; the error names its log, which is kept.
    pub fn start(rig: &Rig) -> Result<Self, RigError> {
        let scratch = Scratch::new(&["root", "state", "fifo", "home", "tmp"])?;
        write_runc(&scratch)?;
        let settings = scratch.write("config.toml", &settings(&scratch))?;
        let (id, socket) = (scratch.path("id"), scratch.path("socket"));
        let mut daemon = rig.program("containerd");
        daemon.arg("--config").arg(settings);
        let script = [PREPARE, WATCH].concat();
        let prefix = [
            &["unshare"],
            namespaces::unshare_arguments(),
            &["--mount", "--pid", "--fork", "--kill-child", "--", "sh", "-c", &script, "sh"],
            &[&*id.to_string_lossy()],
        ];
        let command = wrapped(&prefix.concat(), &daemon);
        let mut server = Server::start_watched("containerd", scratch, command)?;
        let id = server.ready(|_| {
            UnixStream::connect(&socket).ok()?;
            fs::read_to_string(&id).ok()?.trim().parse().ok()
        })?;
        let search_path = rig.search_path().into();
        let (images, containers) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Ok(Self { id, search_path, server, images, containers })
    }

    /// The socket, for clients outside of the namespaces.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.server.scratch().path("socket")
    }

    /// `ctr`, speaking to this containerd from within its namespaces, where it can mount what it
    /// has to look into.
    #[must_use]
    pub fn ctr(&self) -> Command {
        let mut client = Command::new("ctr");
        client.arg("--address").arg(self.socket()).env("PATH", &self.search_path);
        client.env("HOME", self.path("home")).env("TMPDIR", self.path("tmp"));
        let id = self.id.to_string();
        let target = ["--mount", "--pid", "--target", &id, "--"];
        wrapped(&[&["nsenter"], namespaces::enter_arguments(), &target].concat(), &client)
    }

    /// Imports an image with all its platforms and gives the name that it has from now on.
    ///
    /// # Errors
    /// containerd refuses it, in its own words.
    pub fn import(&self, image: &ImageLayout) -> Result<String, RigError> {
        let number = self.images.fetch_add(1, Ordering::Relaxed);
        let name = format!("landfall.test/image:{number}");
        let view = image.named(&name, &self.path(&format!("image-{number}")))?;
        let archive = self.path(&format!("image-{number}.tar"));
        succeed(&mut tar(view.folder(), &archive, &self.search_path))?;
        succeed(self.ctr().args(["images", "import", "--all-platforms"]).arg(archive))?;
        Ok(name)
    }

    /// The names and digests of the images it has, as `ctr images list` shows them.
    ///
    /// # Errors
    /// containerd does not answer.
    pub fn images(&self) -> Result<Vec<(String, String)>, RigError> {
        let list = succeed(self.ctr().args(["images", "list"]))?;
        let list = String::from_utf8_lossy(&list);
        let rows = list.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
        Ok(rows
            .filter_map(|row| Some((row.first()?.to_string(), row.get(2)?.to_string())))
            .collect())
    }

    /// Imports an image and starts it.
    ///
    /// # Errors
    /// As [`Containerd::import`], or `ctr` does not start. A container that ends at once is no
    /// error here: ask [`Container::wait`].
    pub fn run(&self, request: &ContainerRequest<'_>) -> Result<Container<'_>, RigError> {
        let name = self.import(request.image)?;
        Container::start(self, &name, request)
    }

    pub(crate) fn next_container(&self) -> String {
        format!("container-{}", self.containers.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.server.scratch().path(name)
    }

    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        prerequisites::find(name, &self.search_path)
    }

    /// The program that takes the place of runc, where one has to.
    pub(crate) fn runc(&self) -> Option<PathBuf> {
        (!namespaces::is_root()).then(|| self.path("runc"))
    }
}

fn write_runc(scratch: &Scratch) -> Result<(), RigError> {
    let path = scratch.write("runc", RUNC_WITHOUT_ROOT)?;
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&path, executable).map_err(|source| RigError::File { path, source })
}

/// The settings file. JSON's strings are TOML's basic strings.
fn settings(scratch: &Scratch) -> String {
    let path = |name| Value::from(scratch.path(name).to_string_lossy()).to_string();
    format!(
        "version = 2\nroot = {}\nstate = {}\n\
         disabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n[grpc]\naddress = {}\n",
        path("root"),
        path("state"),
        path("socket"),
    )
}

/// An archive of a layout whose `blobs` is a link to the folder of another one.
fn tar(layout: &Path, archive: &Path, search_path: &OsString) -> Command {
    let mut command = Command::new("tar");
    command.env_clear().env("PATH", search_path);
    command
        .args(["--create", "--dereference", "--file"])
        .arg(archive)
        .arg("--directory")
        .arg(layout);
    command.args(["oci-layout", "index.json", "blobs"]);
    command
}
