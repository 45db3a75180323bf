//! How each program of a control plane is told what to do, wherever its files lie.
//!
//! etcd listens on sockets, and what else serves for itself alone does not listen at all, so that
//! the API server's port is the only one and any number of control planes stand side by side.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::RigError;

/// Where the API server says that it is to be found: an address of documentation (RFC 5737) that
/// nobody asks, because it refuses loopback here, and what it would find by itself depends on the
/// machine.
const ADVERTISED: &str = "192.0.2.1";

/// Never asked: etcd wants addresses to show to other members, and there are none.
const NOBODY: &str = "http://127.0.0.1:1";

/// What the controllers may ask per second; the default of 20 is made for a shared cluster.
const QUERIES: [&str; 2] = ["--kube-api-qps=500", "--kube-api-burst=1000"];

/// What the log of etcd holds once it answers.
pub(crate) const ETCD_IS_READY: &str = "\"ready to serve client requests\"";

/// The sockets of an etcd, as its clients write them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EtcdSockets {
    pub(crate) client: String,
    pub(crate) peer: String,
}

/// What an API server is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ApiServer<'a> {
    pub(crate) etcd: &'a EtcdSockets,
    pub(crate) port: u16,
    /// It makes its certificates itself; the key of its own signs the tokens of ServiceAccounts
    /// too.
    pub(crate) certificates: &'a Path,
    /// A file with [`token_line`].
    pub(crate) tokens: &'a Path,
}

impl EtcdSockets {
    /// Sockets in a folder.
    pub(crate) fn of(folder: &Path) -> Self {
        let socket = |name: &str| format!("unix://{}", folder.join(name).display());
        Self { client: socket("client"), peer: socket("peer") }
    }
}

pub(crate) fn etcd(command: &mut Command, data: &Path, sockets: &EtcdSockets) {
    command.arg("--unsafe-no-fsync").arg("--data-dir").arg(data);
    command.args(["--listen-client-urls", &sockets.client]);
    command.args(["--listen-peer-urls", &sockets.peer]);
    command.args(["--advertise-client-urls", NOBODY, "--initial-advertise-peer-urls", NOBODY]);
    command.arg(format!("--initial-cluster=default={NOBODY}"));
}

pub(crate) fn api_server(command: &mut Command, options: &ApiServer<'_>) {
    command.args(["--etcd-servers", &options.etcd.client]);
    command.args(["--bind-address=127.0.0.1", "--permit-port-sharing", "--secure-port"]);
    command.arg(options.port.to_string()).args(["--advertise-address", ADVERTISED]);
    command.arg("--cert-dir").arg(options.certificates);
    command.arg("--token-auth-file").arg(options.tokens).arg("--authorization-mode=RBAC");
    command.arg("--service-account-key-file").arg(key(options.certificates));
    command.arg("--service-account-signing-key-file").arg(key(options.certificates));
    command.arg("--service-account-issuer=https://kubernetes.default.svc");
    command.arg("--service-cluster-ip-range=10.0.0.0/24");
    command.arg("--disable-admission-plugins=ServiceAccount");
}

pub(crate) fn controller_manager(command: &mut Command, kubeconfig: &Path, certificates: &Path) {
    command.arg("--kubeconfig").arg(kubeconfig);
    command.arg("--service-account-private-key-file").arg(key(certificates));
    command.args(["--use-service-account-credentials=false", "--controllers=*,-nodeipam"]);
    command.args(["--leader-elect=false", "--secure-port=0"]).args(QUERIES);
}

pub(crate) fn scheduler(command: &mut Command, kubeconfig: &Path) {
    command.arg("--kubeconfig").arg(kubeconfig);
    command.args(["--leader-elect=false", "--secure-port=0"]).args(QUERIES);
}

pub(crate) fn kwok(command: &mut Command, kubeconfig: &Path, stages: &Path) {
    command.arg("--kubeconfig").arg(kubeconfig).arg("--config").arg(stages);
    // Without leases the controller manager takes a node for lost after a minute.
    command.args(["--manage-all-nodes=true", "--node-lease-duration-seconds=40"]);
}

/// The file with the certificates that an API server is known by, in PEM.
pub(crate) fn certificate(certificates: &Path) -> PathBuf {
    certificates.join("apiserver.crt")
}

fn key(certificates: &Path) -> PathBuf {
    certificates.join("apiserver.key")
}

/// `https://127.0.0.1:PORT`.
pub(crate) fn address(port: u16) -> String {
    format!("https://127.0.0.1:{port}")
}

/// The line of a file of tokens that lets its bearer do everything.
pub(crate) fn token_line(token: &str) -> String {
    format!("{token},admin,admin,system:masters\n")
}

/// A token that is in no other control plane.
pub(crate) fn token() -> Result<String, RigError> {
    let random = "/proc/sys/kernel/random/uuid";
    let token = fs::read_to_string(random);
    let token = token.map_err(|source| RigError::File { path: random.into(), source })?;
    Ok(token.trim().replace('-', ""))
}
