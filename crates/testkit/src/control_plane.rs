//! A Kubernetes control plane of the test's own: etcd, the API server, the controller manager and
//! the scheduler that clusters run, with kwok in the place of nodes that run pods.

pub(crate) mod invocation;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::go_module::{API_SERVER, CONTROLLER_MANAGER, ETCD, KUBECTL, KWOK, SCHEDULER};
use crate::kubeconfig::{Authority, KubeconfigEntry, kubeconfig};
use crate::kubectl::{Kubectl, nodes};
use crate::port::ReservedPort;
use crate::scratch::Scratch;
use crate::server::Server;
use crate::stages::stages;
use crate::{Rig, RigError};

use invocation::{ApiServer, ETCD_IS_READY, EtcdSockets};

/// What differs from one control plane to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ControlPlaneOptions<'a> {
    /// The name of its context, cluster and user in the kubeconfig file.
    pub name: &'a str,
    /// How many nodes kwok plays; a pod that is given to one is ready at once.
    pub nodes: usize,
}

impl Default for ControlPlaneOptions<'_> {
    fn default() -> Self {
        Self { name: "test", nodes: 1 }
    }
}

/// A running control plane, empty at first; it ends with the value and takes its data along.
///
/// Pods are ready as soon as they are scheduled; [`crate::PodFate`] says how one is made to fail.
/// No ServiceAccount is mounted into them.
#[derive(Debug)]
pub struct ControlPlane {
    name: String,
    token: String,
    identity: String,
    kubectl: Kubectl,
    // In the order in which they end: whoever asks before whoever answers.
    kwok: Server,
    scheduler: Server,
    controller_manager: Server,
    api_server: Server,
    etcd: Server,
    port: ReservedPort,
}

impl ControlPlane {
    /// Starts a control plane and waits until it answers, and its nodes take pods.
    ///
    /// # Errors
    /// A part of it cannot be built, does not start or does not answer; the error names its log,
    /// which is kept.
    pub fn start(rig: &Rig, options: ControlPlaneOptions<'_>) -> Result<Self, RigError> {
        let port = ReservedPort::new()?;
        let token = invocation::token()?;
        let etcd = start_etcd(rig)?;
        let mut api_server = start_api_server(rig, &etcd, &port, &token)?;
        let entry = KubeconfigEntry {
            name: options.name.into(),
            address: invocation::address(port.number()),
            token: token.clone(),
            authority: Authority::File(certificate(&api_server)),
        };
        let kubectl = kubectl(rig, api_server.scratch(), entry)?;
        api_server.ready(|_| kubectl.is_answered(port.number()).then_some(()))?;
        kubectl.apply(&nodes(options.nodes))?;
        let mut controller_manager = start_controller_manager(rig, &kubectl, &api_server)?;
        let mut scheduler = start_scheduler(rig, &kubectl)?;
        let mut kwok = start_kwok(rig, &kubectl)?;
        kwok.ready(|_| kubectl.takes_pods(options.nodes).then_some(()))?;
        controller_manager.ready(|_| kubectl.has_service_account().then_some(()))?;
        scheduler.ready(|_| Some(()))?;
        Ok(Self {
            name: options.name.into(),
            identity: kubectl.identity()?,
            token,
            kubectl,
            kwok,
            scheduler,
            controller_manager,
            api_server,
            etcd,
            port,
        })
    }

    /// The name of its context in the kubeconfig file, and of its cluster and user.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        invocation::address(self.port.number())
    }

    /// The kubeconfig file, whose one context is the current one. Its user may do everything.
    #[must_use]
    pub fn kubeconfig(&self) -> &Path {
        &self.kubectl.kubeconfig
    }

    /// The bearer token of that user.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The file with the certificates that the API server is known by, in PEM.
    #[must_use]
    pub fn certificate_authority(&self) -> PathBuf {
        certificate(&self.api_server)
    }

    /// The UID of the namespace kube-system, which no two clusters have in common.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// The last lines that each part has logged, for the text of a test that fails. The whole
    /// logs are kept when it does.
    #[must_use]
    pub fn logs(&self) -> String {
        let parts =
            [&self.etcd, &self.api_server, &self.controller_manager, &self.scheduler, &self.kwok];
        let sections = parts.map(|part| format!("{}:\n{}\n", part.log().display(), part.tail()));
        sections.concat()
    }

    /// `kubectl`, speaking to this control plane.
    #[must_use]
    pub fn kubectl(&self) -> Command {
        self.kubectl.command()
    }

    /// Applies objects, written in YAML or JSON.
    ///
    /// # Errors
    /// kubectl refuses them, in its own words.
    pub fn apply(&self, objects: &str) -> Result<(), RigError> {
        self.kubectl.apply(objects)
    }

    /// What `kubectl ARGUMENTS --output=json` answers.
    ///
    /// # Errors
    /// kubectl fails, or its answer is no JSON.
    pub fn json(&self, arguments: &[&str]) -> Result<Value, RigError> {
        self.kubectl.json(arguments)
    }
}

fn start_etcd(rig: &Rig) -> Result<Server, RigError> {
    // In a folder for temporary files, because the path of a socket may have about a hundred bytes.
    let scratch = Scratch::new(&["data", "sockets"])?;
    let mut command = rig.built(&ETCD)?;
    invocation::etcd(&mut command, &scratch.path("data"), &sockets(&scratch));
    let mut server = Server::start("etcd", scratch, &command)?;
    server.ready(|log| log.contains(ETCD_IS_READY).then_some(()))?;
    Ok(server)
}

fn start_api_server(
    rig: &Rig,
    etcd: &Server,
    port: &ReservedPort,
    token: &str,
) -> Result<Server, RigError> {
    let scratch = Scratch::new(&["certificates", "home"])?;
    let tokens = scratch.write("tokens.csv", &invocation::token_line(token))?;
    let options = ApiServer {
        etcd: &sockets(etcd.scratch()),
        port: port.number(),
        certificates: &certificates(&scratch),
        tokens: &tokens,
    };
    let mut command = rig.built(&API_SERVER)?;
    invocation::api_server(&mut command, &options);
    Server::start("kube-apiserver", scratch, &command)
}

fn kubectl(rig: &Rig, api_server: &Scratch, entry: KubeconfigEntry) -> Result<Kubectl, RigError> {
    Ok(Kubectl {
        program: rig.built(&KUBECTL)?.get_program().into(),
        search_path: rig.search_path().into(),
        kubeconfig: api_server.write("kubeconfig", &kubeconfig(&[entry]).to_string())?,
        home: api_server.path("home"),
    })
}

fn start_controller_manager(
    rig: &Rig,
    kubectl: &Kubectl,
    api_server: &Server,
) -> Result<Server, RigError> {
    let mut command = rig.built(&CONTROLLER_MANAGER)?;
    let certificates = certificates(api_server.scratch());
    invocation::controller_manager(&mut command, &kubectl.kubeconfig, &certificates);
    Server::start("kube-controller-manager", Scratch::new(&[])?, &command)
}

fn start_scheduler(rig: &Rig, kubectl: &Kubectl) -> Result<Server, RigError> {
    let mut command = rig.built(&SCHEDULER)?;
    invocation::scheduler(&mut command, &kubectl.kubeconfig);
    Server::start("kube-scheduler", Scratch::new(&[])?, &command)
}

fn start_kwok(rig: &Rig, kubectl: &Kubectl) -> Result<Server, RigError> {
    let scratch = Scratch::new(&[])?;
    let stages = scratch.write("stages.yaml", &stages(&rig.source_folder(&KWOK)?)?)?;
    let mut command = rig.built(&KWOK)?;
    invocation::kwok(&mut command, &kubectl.kubeconfig, &stages);
    Server::start("kwok", scratch, &command)
}

fn sockets(etcd: &Scratch) -> EtcdSockets {
    EtcdSockets::of(&etcd.path("sockets"))
}

fn certificates(api_server: &Scratch) -> PathBuf {
    api_server.path("certificates")
}

fn certificate(api_server: &Server) -> PathBuf {
    invocation::certificate(&certificates(api_server.scratch()))
}
