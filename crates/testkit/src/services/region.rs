//! The servers of one region: what they are called, where they lie, and whether they answer.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use crate::control_plane::invocation::{self, ETCD_IS_READY, EtcdSockets};
use crate::go_module::{API_SERVER, CONTROLLER_MANAGER, ETCD, KWOK, REGISTRY, SCHEDULER};
use crate::kubectl::Kubectl;
use crate::services::folder::Folder;
use crate::services::part::Part;
use crate::{environment, registry};

const REGISTRY_PART: &str = REGISTRY.name;
const ETCD_PART: &str = ETCD.name;
const API_SERVER_PART: &str = API_SERVER.name;
const CONTROLLER_MANAGER_PART: &str = CONTROLLER_MANAGER.name;
const KWOK_PART: &str = KWOK.name;

/// Every part of a region, in the order in which they start.
pub(crate) const PARTS: [&str; 6] =
    [REGISTRY_PART, ETCD_PART, API_SERVER_PART, CONTROLLER_MANAGER_PART, SCHEDULER.name, KWOK_PART];

/// Nodes that kwok plays.
pub(crate) const NODES: usize = 2;

/// The working folder of whoever asks, which is that of the region: the path of a socket may have
/// about a hundred bytes, and that of a workspace has any number.
const WORKING_FOLDER: &str = "/proc/self/cwd";

/// One region; its servers may be there or not.
#[derive(Debug)]
pub(crate) struct Region {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) kubectl: Kubectl,
}

impl Region {
    pub(crate) fn of(services: &Folder, name: &str) -> Self {
        let folder = services.region(name);
        let kubectl = Kubectl {
            program: services.kubectl(),
            search_path: environment::search_path(),
            kubeconfig: folder.join("kubeconfig"),
            home: folder.clone(),
        };
        Self { name: name.into(), folder, kubectl }
    }

    pub(crate) fn part(&self, name: &str) -> Part {
        Part::at(self.folder.join(name))
    }

    /// Of its etcd, which has to be started in [`Region::folder`] like whoever asks it.
    pub(crate) fn sockets(&self) -> EtcdSockets {
        EtcdSockets::of(Path::new(WORKING_FOLDER))
    }

    /// Where its API server keeps its certificates.
    pub(crate) fn certificates(&self) -> PathBuf {
        self.part(API_SERVER.name).path("certificates")
    }

    /// The port that its API server was given last.
    pub(crate) fn port(&self) -> Option<u16> {
        let text = fs::read_to_string(self.part(API_SERVER.name).path("port")).ok()?;
        text.parse().ok()
    }

    /// Whether a part that runs does its work, as far as that can be seen from outside.
    pub(crate) fn is_answered(&self, part: &str, log: &str) -> bool {
        match part {
            REGISTRY_PART => {
                registry::listening(log).is_some_and(|address| registry::answers(&address))
            }
            ETCD_PART => log.contains(ETCD_IS_READY),
            API_SERVER_PART => self.port().is_some_and(|port| self.kubectl.is_answered(port)),
            CONTROLLER_MANAGER_PART => self.kubectl.has_service_account(),
            KWOK_PART => self.kubectl.takes_pods(NODES),
            // The scheduler says nothing by itself, and does not listen.
            _ => true,
        }
    }

    /// Where a part is reached; none where it does not listen on a port.
    pub(crate) fn address(&self, part: &str) -> Option<String> {
        match part {
            REGISTRY_PART => registry::listening(&self.part(part).logged()),
            API_SERVER_PART => self.port().map(invocation::address),
            _ => None,
        }
    }

    /// The port that its registry had; none where it had none or somebody else has it now.
    pub(crate) fn former_registry_port(&self) -> Option<u16> {
        let address = registry::listening(&self.part(REGISTRY.name).logged())?;
        let port = address.rsplit_once(':')?.1.parse().ok()?;
        TcpStream::connect(("127.0.0.1", port)).is_err().then_some(port)
    }
}
