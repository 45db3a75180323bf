//! Which cluster is meant, and how it is known for certain.

use std::fmt;
use std::path::PathBuf;

use landfall_hashing::Digest;

/// A context of a kubeconfig, and what the cluster behind it must be.
#[derive(Debug, Clone)]
pub struct Target {
    /// The kubeconfig's files, the first one winning.
    pub kubeconfigs: Vec<PathBuf>,
    /// The context.
    pub context: String,
    /// What the cluster is known by.
    pub pin: Pin,
    /// Whether only a server on this machine will do, which may name no program to run: so for a
    /// kubeconfig that a workspace names.
    pub loopback_only: bool,
}

/// What a cluster is known by, whatever its address is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pin {
    /// SHA-256 of the certificate (DER) of the authority that signs its server certificate. Checked
    /// before anything is sent.
    CaSha256(Digest),
    /// UID of its namespace `kube-system`, checked by the first request.
    KubeSystemUid(String),
}

impl fmt::Display for Pin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CaSha256(digest) => write!(formatter, "ca_sha256 {}", digest.hex()),
            Self::KubeSystemUid(uid) => write!(formatter, "kube_system_uid {uid}"),
        }
    }
}
