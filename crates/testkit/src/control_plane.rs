//! A Kubernetes control plane of the test's own: etcd, the API server, the controller manager and
//! the scheduler that clusters run, with kwok in the place of nodes that run pods.
//!
//! etcd listens on sockets in its own folder, and what else serves for itself alone does not
//! listen at all, so that the API server's port is the only one and any number of control planes
//! stand side by side.

use std::ffi::OsString;
use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::command::succeed;
use crate::go_module::{API_SERVER, CONTROLLER_MANAGER, ETCD, KUBECTL, KWOK, SCHEDULER};
use crate::port::ReservedPort;
use crate::scratch::Scratch;
use crate::server::Server;
use crate::stages::stages;
use crate::{Rig, RigError};

/// Where the API server says that it is to be found: an address of documentation (RFC 5737) that
/// nobody asks, because it refuses loopback here, and what it would find by itself depends on the
/// machine.
const ADVERTISED: &str = "192.0.2.1";

/// Never asked: etcd wants addresses to show to other members, and there are none.
const NOBODY: &str = "http://127.0.0.1:1";

/// What the controllers may ask per second; the default of 20 is made for a shared cluster.
const QUERIES: [&str; 2] = ["--kube-api-qps=500", "--kube-api-burst=1000"];

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

/// `kubectl` with the surroundings that it is started in.
#[derive(Debug)]
struct Kubectl {
    program: PathBuf,
    search_path: OsString,
    kubeconfig: PathBuf,
    home: PathBuf,
}

impl ControlPlane {
    /// Starts a control plane and waits until it answers, and its nodes take pods.
    ///
    /// # Errors
    /// A part of it cannot be built, does not start or does not answer; the error names its log,
    /// which is kept.
    pub fn start(rig: &Rig, options: ControlPlaneOptions<'_>) -> Result<Self, RigError> {
        let port = ReservedPort::new()?;
        let token = token()?;
        let etcd = start_etcd(rig)?;
        let mut api_server = start_api_server(rig, &etcd, &port, &token)?;
        let home = api_server.scratch();
        let kubeconfig = kubeconfig(options.name, port.number(), &token, &certificate(home));
        let kubectl = Kubectl::new(rig, home, &kubeconfig)?;
        api_server.ready(|_| is_ready(&kubectl, &port).then_some(()))?;
        kubectl.create(&nodes(options.nodes))?;
        let mut controller_manager = start_controller_manager(rig, &kubectl, &api_server)?;
        let mut scheduler = start_scheduler(rig, &kubectl)?;
        let mut kwok = start_kwok(rig, &kubectl)?;
        kwok.ready(|_| takes_pods(&kubectl.json(&["get", "nodes"]).ok()?, options.nodes))?;
        controller_manager
            .ready(|_| kubectl.text(&["get", "serviceaccount", "default", "--output=name"]))?;
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
        address(self.port.number())
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
        certificate(self.api_server.scratch())
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
        let file = self.kubectl.file(objects)?;
        succeed(self.kubectl().args(["apply", "--filename"]).arg(file.path()))?;
        Ok(())
    }

    /// What `kubectl ARGUMENTS --output=json` answers.
    ///
    /// # Errors
    /// kubectl fails, or its answer is no JSON.
    pub fn json(&self, arguments: &[&str]) -> Result<Value, RigError> {
        self.kubectl.json(arguments)
    }
}

impl Kubectl {
    fn new(rig: &Rig, scratch: &Scratch, kubeconfig: &Value) -> Result<Self, RigError> {
        Ok(Self {
            program: rig.built(&KUBECTL)?.get_program().into(),
            search_path: rig.search_path().into(),
            kubeconfig: scratch.write("kubeconfig", &kubeconfig.to_string())?,
            home: scratch.path("home"),
        })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().env("PATH", &self.search_path).env("HOME", &self.home);
        command.arg("--kubeconfig").arg(&self.kubeconfig);
        command
    }

    /// What kubectl prints; none where it fails.
    fn text(&self, arguments: &[&str]) -> Option<String> {
        let answer = succeed(self.command().args(arguments).arg("--request-timeout=5s")).ok()?;
        String::from_utf8(answer).ok()
    }

    fn json(&self, arguments: &[&str]) -> Result<Value, RigError> {
        let answer = succeed(self.command().args(arguments).arg("--output=json"))?;
        serde_json::from_slice(&answer).map_err(|_| RigError::Answer {
            judge: "kubectl --output=json",
            answer: String::from_utf8_lossy(&answer).into_owned(),
        })
    }

    fn create(&self, objects: &Value) -> Result<(), RigError> {
        let file = self.file(&objects.to_string())?;
        succeed(self.command().args(["create", "--filename"]).arg(file.path()))?;
        Ok(())
    }

    fn identity(&self) -> Result<String, RigError> {
        let namespace = self.json(&["get", "namespace", "kube-system"])?;
        let identity = namespace["metadata"]["uid"].as_str().map(String::from);
        identity.ok_or_else(|| RigError::Answer {
            judge: "kubectl get namespace kube-system",
            answer: namespace.to_string(),
        })
    }

    /// A file with `objects` that is gone with its value.
    fn file(&self, objects: &str) -> Result<tempfile::NamedTempFile, RigError> {
        let failed = |source| RigError::File { path: self.home.clone(), source };
        let file = tempfile::Builder::new().suffix(".yaml").tempfile_in(&self.home);
        let file = file.map_err(failed)?;
        fs::write(file.path(), objects).map_err(failed)?;
        Ok(file)
    }
}

fn start_etcd(rig: &Rig) -> Result<Server, RigError> {
    let scratch = Scratch::new(&["data"])?;
    let mut command = rig.built(&ETCD)?;
    command.arg("--unsafe-no-fsync").arg("--data-dir").arg(scratch.path("data"));
    command.arg("--listen-client-urls").arg(socket(&scratch, "client"));
    command.arg("--listen-peer-urls").arg(socket(&scratch, "peer"));
    command.args(["--advertise-client-urls", NOBODY, "--initial-advertise-peer-urls", NOBODY]);
    command.arg(format!("--initial-cluster=default={NOBODY}"));
    let mut server = Server::start("etcd", scratch, &command)?;
    server.ready(|log| log.contains("\"ready to serve client requests\"").then_some(()))?;
    Ok(server)
}

/// It makes its certificates itself; the key of its own signs the tokens of ServiceAccounts too.
fn start_api_server(
    rig: &Rig,
    etcd: &Server,
    port: &ReservedPort,
    token: &str,
) -> Result<Server, RigError> {
    let scratch = Scratch::new(&["certificates", "home"])?;
    let tokens = scratch.write("tokens.csv", &format!("{token},admin,admin,system:masters\n"))?;
    let mut command = rig.built(&API_SERVER)?;
    command.arg("--etcd-servers").arg(socket(etcd.scratch(), "client"));
    command.args(["--bind-address=127.0.0.1", "--permit-port-sharing", "--secure-port"]);
    command.arg(port.number().to_string()).args(["--advertise-address", ADVERTISED]);
    command.arg("--cert-dir").arg(scratch.path("certificates"));
    command.arg("--token-auth-file").arg(tokens).arg("--authorization-mode=RBAC");
    command.arg("--service-account-key-file").arg(key(&scratch));
    command.arg("--service-account-signing-key-file").arg(key(&scratch));
    command.arg("--service-account-issuer=https://kubernetes.default.svc");
    command.arg("--service-cluster-ip-range=10.0.0.0/24");
    command.arg("--disable-admission-plugins=ServiceAccount");
    Server::start("kube-apiserver", scratch, &command)
}

fn start_controller_manager(
    rig: &Rig,
    kubectl: &Kubectl,
    api_server: &Server,
) -> Result<Server, RigError> {
    let mut command = rig.built(&CONTROLLER_MANAGER)?;
    command.arg("--kubeconfig").arg(&kubectl.kubeconfig);
    command.arg("--service-account-private-key-file").arg(key(api_server.scratch()));
    command.args(["--use-service-account-credentials=false", "--controllers=*,-nodeipam"]);
    command.args(["--leader-elect=false", "--secure-port=0"]).args(QUERIES);
    Server::start("kube-controller-manager", Scratch::new(&[])?, &command)
}

fn start_scheduler(rig: &Rig, kubectl: &Kubectl) -> Result<Server, RigError> {
    let mut command = rig.built(&SCHEDULER)?;
    command.arg("--kubeconfig").arg(&kubectl.kubeconfig);
    command.args(["--leader-elect=false", "--secure-port=0"]).args(QUERIES);
    Server::start("kube-scheduler", Scratch::new(&[])?, &command)
}

fn start_kwok(rig: &Rig, kubectl: &Kubectl) -> Result<Server, RigError> {
    let scratch = Scratch::new(&[])?;
    let stages = scratch.write("stages.yaml", &stages(&rig.source_folder(&KWOK)?)?)?;
    let mut command = rig.built(&KWOK)?;
    command.arg("--kubeconfig").arg(&kubectl.kubeconfig).arg("--config").arg(stages);
    // Without leases the controller manager takes a node for lost after a minute.
    command.args(["--manage-all-nodes=true", "--node-lease-duration-seconds=40"]);
    Server::start("kwok", scratch, &command)
}

/// Whether the API server answers; kubectl is not started before somebody listens.
fn is_ready(kubectl: &Kubectl, port: &ReservedPort) -> bool {
    TcpStream::connect(("127.0.0.1", port.number())).is_ok()
        && kubectl.text(&["get", "--raw=/readyz"]).is_some_and(|answer| answer == "ok")
}

/// A socket of etcd, as its clients write it.
fn socket(scratch: &Scratch, name: &str) -> String {
    format!("unix://{}", scratch.path(name).display())
}

fn certificate(api_server: &Scratch) -> PathBuf {
    api_server.path("certificates").join("apiserver.crt")
}

fn key(api_server: &Scratch) -> PathBuf {
    api_server.path("certificates").join("apiserver.key")
}

fn address(port: u16) -> String {
    format!("https://127.0.0.1:{port}")
}

/// The kubeconfig file; JSON is YAML too.
fn kubeconfig(name: &str, port: u16, token: &str, authority: &Path) -> Value {
    let cluster = json!({ "server": address(port), "certificate-authority": authority });
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{ "name": name, "context": { "cluster": name, "user": name } }],
        "clusters": [{ "name": name, "cluster": cluster }],
        "users": [{ "name": name, "user": { "token": token } }],
    })
}

fn nodes(count: usize) -> Value {
    let node = |number: usize| {
        let name = format!("node-{number}");
        let labels = json!({ "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" });
        let metadata = json!({ "name": name, "labels": labels });
        json!({ "apiVersion": "v1", "kind": "Node", "metadata": metadata })
    };
    json!({ "apiVersion": "v1", "kind": "List", "items": (0..count).map(node).collect::<Vec<_>>() })
}

/// Whether `count` nodes are ready, and no taint keeps pods from them.
fn takes_pods(nodes: &Value, count: usize) -> Option<()> {
    let ready = |node: &&Value| {
        let conditions = node["status"]["conditions"].as_array();
        let ready = conditions.into_iter().flatten().any(|condition| {
            (&condition["type"], &condition["status"]) == (&json!("Ready"), &json!("True"))
        });
        ready && node["spec"].get("taints").is_none()
    };
    (nodes["items"].as_array()?.iter().filter(ready).count() == count).then_some(())
}

/// A token that is in no other control plane.
fn token() -> Result<String, RigError> {
    let random = "/proc/sys/kernel/random/uuid";
    let token = fs::read_to_string(random);
    let token = token.map_err(|source| RigError::File { path: random.into(), source })?;
    Ok(token.trim().replace('-', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_takes_pods_when_it_is_ready_and_has_no_taint() {
        let ready = json!([{ "type": "Ready", "status": "True" }]);
        let waiting = json!([{ "type": "Ready", "status": "Unknown" }]);
        for (conditions, spec, wanted) in [
            (&ready, json!({}), Some(())),
            (&ready, json!({ "taints": [{ "key": "k" }] }), None),
            (&waiting, json!({}), None),
        ] {
            let node = json!({ "status": { "conditions": conditions }, "spec": spec });
            assert_eq!(takes_pods(&json!({ "items": [node] }), 1), wanted);
        }
        assert_eq!(takes_pods(&json!({ "items": [] }), 0), Some(()));
        assert_eq!(takes_pods(&json!({ "items": [] }), 1), None);
    }
}
