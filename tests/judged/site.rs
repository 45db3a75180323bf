//! One control plane for all tests that release, and a namespace for each.

use std::future::Future;
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

use landfall_cluster::{Cluster, Pin, Target};
use landfall_deploy::{Error, Limits, Outcome, Session, Site, apply, plan};
use landfall_hashing::Digest;
use landfall_rollout::{Plan, Release};
use landfall_testkit::{ControlPlane, ControlPlaneOptions, Rig, succeed};
use serde_json::{Value, json};

/// Started once in this process; each test has its own namespace in it.
pub fn control_plane() -> &'static ControlPlane {
    static CONTROL_PLANE: OnceLock<ControlPlane> = OnceLock::new();
    CONTROL_PLANE.get_or_init(|| {
        let rig = Rig::open().unwrap_or_else(|error| panic!("the rig cannot be had: {error}"));
        let options = ControlPlaneOptions { name: "london", nodes: 1 };
        ControlPlane::start(&rig, options).unwrap_or_else(|error| panic!("{error}"))
    })
}

/// Runs what a test does; a client lives no longer than the runtime that it was made in.
pub fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(test)
}

/// The control plane, known by its UID.
pub fn target() -> Target {
    let control_plane = control_plane();
    Target {
        kubeconfigs: vec![control_plane.kubeconfig().to_path_buf()],
        context: control_plane.name().into(),
        pin: Pin::KubeSystemUid(control_plane.identity().into()),
        loopback_only: true,
    }
}

pub async fn connect() -> Cluster {
    Cluster::connect(&target()).await.unwrap_or_else(|error| panic!("{error:?}"))
}

/// `myapp` in a namespace, which is made where it is missing.
pub fn site<'a>(cluster: &'a Cluster, namespace: &str) -> Site<'a> {
    Site { cluster, namespace: namespace.into(), app: "myapp".into(), create_namespace: true }
}

/// Somebody with a real clock, whom nobody listens to.
pub fn session() -> Session<'static> {
    Session {
        holder: "somebody@here 1".into(),
        clock: &unix_seconds,
        has_ended: &|_| false,
        limits: limits(),
        events: &|_| {},
    }
}

/// Limits that no test reaches by itself.
pub fn limits() -> Limits {
    Limits { ready_seconds: 120, look_milliseconds: 50, history: 10 }
}

#[allow(clippy::disallowed_methods, reason = "a test that releases is a front")]
pub fn unix_seconds() -> u64 {
    let now = std::time::SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("after 1970").as_secs()
}

pub fn release(version: &str) -> Release {
    let digest = Digest::of(version);
    Release {
        app: "myapp".into(),
        stage: "prod".into(),
        region: "london".into(),
        tag: format!("{version}-{}", &digest.hex()[..12]),
        digest,
        version: version.into(),
        ledger_revision: Some(1),
    }
}

/// A Deployment, a Service, a ConfigMap and an Ingress, in no order of installation.
pub fn objects(version: &str) -> Vec<Value> {
    let labels = json!({ "app": "myapp" });
    let backend = json!({ "service": { "name": "myapp", "port": { "name": "http" } } });
    let path = json!({ "path": "/", "pathType": "Prefix", "backend": backend });
    vec![
        json!({
            "apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": { "name": "myapp" },
            "spec": { "rules": [{ "host": "myapp.example.com", "http": { "paths": [path] } }] },
        }),
        deployment(version),
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": "myapp", "labels": labels },
            "spec": {
                "selector": labels,
                "ports": [{ "name": "http", "port": 80, "targetPort": 8080 }],
            },
        }),
        config_map("settings", "info"),
    ]
}

pub fn deployment(version: &str) -> Value {
    let digest = Digest::of(version);
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "myapp" },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "app": "myapp" } },
            "template": {
                "metadata": { "labels": { "app": "myapp" } },
                "spec": { "containers": [
                    { "name": "server", "image": format!("127.0.0.1:5001/prod/myapp@{digest}") },
                ] },
            },
        },
    })
}

pub fn config_map(name: &str, level: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": { "name": name }, "data": { "level": level },
    })
}

/// Plans and applies, as a command does.
pub async fn bring(
    site: &Site<'_>,
    session: &Session<'_>,
    version: &str,
    objects: &[Value],
) -> Result<Outcome, Error> {
    let plan: Plan = plan(site, release(version), objects).await?;
    apply(site, session, &plan, "Upgrade").await
}

/// [`bring`] of what must become ready, as a revision.
pub async fn bring_ready(site: &Site<'_>, version: &str, objects: &[Value]) -> u64 {
    match bring(site, &session(), version, objects).await {
        Ok(Outcome::Ready { revision }) => revision,
        other => panic!("{version}: {other:?}"),
    }
}

/// Everything of an app in a namespace that a release could touch: `KIND/NAME` and resourceVersion.
pub fn versions(namespace: &str) -> Vec<(String, String)> {
    let kinds = "deployments,services,configmaps,ingresses,secrets";
    let list = control_plane().json(&["get", kinds, "--namespace", namespace]).expect("kubectl");
    let items = list["items"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let versions = items.map(|item| {
        let metadata = &item["metadata"];
        let name = format!("{}/{}", text(&item["kind"]), text(&metadata["name"]));
        (name, text(&metadata["resourceVersion"]))
    });
    let mut versions: Vec<_> = versions.collect();
    versions.retain(|(name, _)| name != "ConfigMap/kube-root-ca.crt");
    versions.sort();
    versions
}

pub fn names(namespace: &str) -> Vec<String> {
    versions(namespace).into_iter().map(|(name, _)| name).collect()
}

/// `kubectl ARGUMENTS --namespace NAMESPACE`, which must go well.
pub fn kubectl(namespace: &str, arguments: &[&str]) -> String {
    let mut command = control_plane().kubectl();
    let answer = succeed(command.args(arguments).args(["--namespace", namespace]));
    let answer = answer.unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8(answer).expect("text")
}

/// One object as `kubectl` sees it, with its managers.
pub fn live(namespace: &str, kind: &str, name: &str) -> Value {
    let arguments = ["get", kind, name, "--namespace", namespace, "--show-managed-fields"];
    control_plane().json(&arguments).unwrap_or_else(|error| panic!("{error}"))
}
