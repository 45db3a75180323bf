//! The reference registry (distribution), one per test, on a port of its own.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::scratch::Scratch;
use crate::server::Server;
use crate::{Rig, RigError, http};

/// What differs from one registry to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistryOptions {
    /// Whether image manifests and blobs may be deleted.
    pub delete: bool,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self { delete: true }
    }
}

/// A running registry, empty at first; it ends with the value and takes its data along.
///
/// It speaks plain HTTP, allows everything to everybody, and has no referrers API: `/referrers/`
/// answers a plain 404.
#[derive(Debug)]
pub struct Registry {
    address: String,
    server: Server,
}

impl Registry {
    /// Starts a registry and waits until it answers.
    ///
    /// # Errors
    /// It does not start or does not answer; the error names its log, which is kept.
    pub fn start(rig: &Rig, options: RegistryOptions) -> Result<Self, RigError> {
        let scratch = Scratch::new(&["data"])?;
        let settings = settings(&scratch.path("data"), options, 0);
        let settings = scratch.write("settings.yml", &settings)?;
        let mut command = rig.registry();
        invoke(&mut command, &settings);
        let mut server = Server::start("registry", scratch, &command)?;
        let address = server.ready(|log| listening(log).filter(|address| answers(address)))?;
        Ok(Self { address, server })
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// `127.0.0.1:PORT/REPOSITORY`, to which `:TAG` or `@DIGEST` is added.
    #[must_use]
    pub fn repository(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    /// What it has logged so far, requests included.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.server.log()).unwrap_or_default()
    }
}

/// How the program is told what to do.
pub(crate) fn invoke(command: &mut Command, settings: &Path) {
    // Without it every request is also reported to a collector that nobody runs.
    command.arg("serve").arg(settings).env("OTEL_TRACES_EXPORTER", "none");
}

/// The settings file; JSON is YAML too, and quotes whatever a path may hold. Port 0 lets the
/// kernel choose, and the log says which one it was.
pub(crate) fn settings(data: &Path, options: RegistryOptions, port: u16) -> String {
    json!({
        "version": "0.1",
        "log": { "level": "info", "formatter": "text" },
        "storage": {
            "filesystem": { "rootdirectory": data },
            "delete": { "enabled": options.delete },
        },
        "http": { "addr": format!("127.0.0.1:{port}") },
    })
    .to_string()
}

/// Finds `msg="listening on 127.0.0.1:PORT"` in a log whose last line may be half written.
pub(crate) fn listening(log: &str) -> Option<String> {
    let (_, rest) = log.split_once("msg=\"listening on ")?;
    Some(rest.split_once('"')?.0.into())
}

/// Asks for the root of the API (distribution specification, end-1).
pub(crate) fn answers(address: &str) -> bool {
    http::get(address, "/v2/").is_ok_and(|answer| answer.status == 200)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_once_its_line_is_whole() {
        let log =
            "level=info msg=\"Starting\"\nlevel=info msg=\"listening on 127.0.0.1:4711\" x=y\n";
        assert_eq!(listening(log).as_deref(), Some("127.0.0.1:4711"));
        for end in 0..log.find("\" x=y").unwrap() {
            assert_eq!(listening(&log[..end]), None, "{}", &log[..end]);
        }
    }
}
