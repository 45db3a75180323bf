//! A pinned context → a client that does nothing by itself.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use landfall_hashing::Digest;
use tokio::sync::Mutex;

use crate::kinds::Served;
use crate::request::ANSWER_LIMIT;
use crate::{ClusterError, Pin, Target};

const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A cluster that is the one that was meant.
pub struct Cluster {
    pub(crate) client: Client,
    pub(crate) server: String,
    pub(crate) answer_limit: Duration,
    pub(crate) kinds: Mutex<BTreeMap<String, Vec<Served>>>,
    pin: Pin,
}

impl Cluster {
    /// Connects to a context and proves that it leads to the pinned cluster.
    ///
    /// Fails where no kubeconfig has the context, where the context gives up on certificates, where
    /// the cluster is another one or does not answer.
    pub async fn connect(target: &Target) -> Result<Self, ClusterError> {
        let config = config(target).await?;
        check_context(target, &config)?;
        if let Pin::CaSha256(expected) = &target.pin {
            check_authority(target, &config, expected)?;
        }
        let server = config.cluster_url.to_string();
        let client = Client::try_from(config).map_err(|source| ClusterError::Client {
            context: target.context.clone(),
            source: Box::new(source),
        })?;
        let (kinds, pin) = (Mutex::default(), target.pin.clone());
        let cluster = Self { client, server, answer_limit: ANSWER_LIMIT, kinds, pin };
        if let Pin::KubeSystemUid(expected) = &target.pin {
            cluster.check_uid(target, expected).await?;
        }
        Ok(cluster)
    }

    /// The same with another limit for each answer; 30 seconds unless told.
    #[must_use]
    pub fn answering_within(mut self, limit: Duration) -> Self {
        self.answer_limit = limit;
        self
    }

    /// What the cluster is known by.
    pub fn pin(&self) -> &Pin {
        &self.pin
    }

    async fn check_uid(&self, target: &Target, expected: &str) -> Result<(), ClusterError> {
        let namespace = self.read("/api/v1/namespaces/kube-system").await?;
        let found = namespace.pointer("/metadata/uid").and_then(serde_json::Value::as_str);
        if found == Some(expected) {
            return Ok(());
        }
        Err(other(target, format!("kube_system_uid {}", found.unwrap_or("none"))))
    }
}

fn other(target: &Target, found: String) -> ClusterError {
    let expected = target.pin.to_string();
    ClusterError::OtherCluster { context: target.context.clone(), expected, found }
}

async fn config(target: &Target) -> Result<Config, ClusterError> {
    let mut merged = Kubeconfig::default();
    for path in &target.kubeconfigs {
        let unusable =
            |source| ClusterError::Kubeconfig { path: path.clone(), source: Box::new(source) };
        let next = Kubeconfig::read_from(path).map_err(unusable)?;
        merged = merged.merge(next).map_err(unusable)?;
    }
    let proxy = named_proxy(&merged, &target.context);
    let options =
        KubeConfigOptions { context: Some(target.context.clone()), ..KubeConfigOptions::default() };
    let config = Config::from_custom_kubeconfig(merged, &options).await;
    let mut config = config.map_err(|source| ClusterError::Context {
        context: target.context.clone(),
        files: files(target),
        source: Box::new(source),
    })?;
    // Left to itself the client repeats for minutes, and waits for ever.
    config.default_retry = false;
    // It would take one from the environment; only what the kubeconfig names counts, and is judged.
    config.proxy_url = config.proxy_url.filter(|_| proxy.is_some());
    config.connect_timeout = Some(CONNECT_LIMIT);
    Ok(config)
}

/// The proxy that the cluster of a context names.
fn named_proxy(kubeconfig: &Kubeconfig, context: &str) -> Option<String> {
    let context = kubeconfig.contexts.iter().find(|named| named.name == context)?;
    let cluster = &context.context.as_ref()?.cluster;
    let cluster = kubeconfig.clusters.iter().find(|named| named.name == *cluster)?;
    cluster.cluster.as_ref()?.proxy_url.clone().filter(|url| !url.is_empty())
}

fn files(target: &Target) -> String {
    let names = target.kubeconfigs.iter().map(|path| format!("`{}`", path.display()));
    match names.collect::<Vec<_>>() {
        names if names.is_empty() => "any kubeconfig: there is none".into(),
        names => names.join(", "),
    }
}

fn check_context(target: &Target, config: &Config) -> Result<(), ClusterError> {
    let refused = |reason: &str| {
        Err(ClusterError::Unsafe { context: target.context.clone(), reason: reason.into() })
    };
    if config.accept_invalid_certs {
        return refused("it accepts any certificate (`insecure-skip-tls-verify`)");
    }
    if config.cluster_url.scheme_str() != Some("https") {
        return refused("its server is not reached by HTTPS");
    }
    if config.proxy_url.is_some() {
        return refused("it names a proxy (`proxy-url`), and clusters are reached directly only");
    }
    if !target.loopback_only {
        return Ok(());
    }
    if !is_loopback(config.cluster_url.host().unwrap_or_default()) {
        return refused("`local.toml` may name servers of this machine only");
    }
    if runs_a_program(&config.auth_info) {
        return refused("a kubeconfig that `local.toml` names may run no program");
    }
    Ok(())
}

fn runs_a_program(user: &AuthInfo) -> bool {
    user.exec.is_some() || user.auth_provider.is_some()
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// One certificate and no other: a second one beside it would be trusted as well.
fn check_authority(
    target: &Target,
    config: &Config,
    expected: &Digest,
) -> Result<(), ClusterError> {
    let certificates = config.root_cert.as_deref().unwrap_or_default();
    match certificates {
        [certificate] if Digest::of(certificate) == *expected => Ok(()),
        [certificate] => Err(other(target, format!("ca_sha256 {}", Digest::of(certificate).hex()))),
        several => Err(other(
            target,
            format!("{} certificate authorities in the kubeconfig", several.len()),
        )),
    }
}
