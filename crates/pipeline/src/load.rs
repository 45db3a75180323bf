//! Loads an image into containerd on this machine, where its socket is.

use std::io::{Seek, SeekFrom};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::build::Built;
use crate::tag::tag;
use crate::{Error, Session, output};

/// What Kubernetes looks at, so that a kubelet on this machine finds the image.
const NAMESPACE: &str = "k8s.io";

/// Imports an image through `ctr`, and gives the name that it has there.
///
/// Fails where the socket is missing, or `ctr` is, or where it refuses.
pub fn load(
    session: &Session<'_>,
    built: &Built,
    ctr: &Path,
    socket: &Path,
) -> Result<String, Error> {
    if !socket.exists() {
        return Err(Error::NoContainerd { socket: socket.into() });
    }
    let mut archive = session.store.scratch()?;
    output::stream_oci_archive(&session.store, built, &mut archive)?;
    archive.seek(SeekFrom::Start(0)).map_err(Error::file("read", "the archive"))?;
    let mut command = Command::new(ctr);
    command.arg("--address").arg(socket).args([
        "--namespace",
        NAMESPACE,
        "images",
        "import",
        "--all-platforms",
        "-",
    ]);
    command.env_clear().env("PATH", &session.tools.path).stdin(archive).stdout(Stdio::null());
    let output =
        command.output().map_err(|source| Error::Program { program: "ctr".into(), source })?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::ProgramFailed { program: "ctr images import".into(), message });
    }
    Ok(format!("{}:{}", built.record.app, tag(&built.record, &built.image)))
}
