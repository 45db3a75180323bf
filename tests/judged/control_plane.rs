//! The rig's control plane, without anything of the product: if this fails, the rig is broken.

use std::process::Command;
use std::thread;

use landfall_testkit::{
    ControlPlane, ControlPlaneOptions, POD_LABEL, PodFate, Rig, RigError, succeed,
};
use serde_json::{Value, json};

fn rig() -> Rig {
    Rig::open().unwrap_or_else(|error| panic!("the rig cannot be had: {error}"))
}

fn start(rig: &Rig, name: &str) -> ControlPlane {
    let options = ControlPlaneOptions { name, ..ControlPlaneOptions::default() };
    ControlPlane::start(rig, options).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A Deployment of two pods that fare as `fate` says.
fn deployment(name: &str, fate: Option<PodFate>) -> Value {
    let mut labels = json!({ "app": name });
    if let Some(fate) = fate {
        labels[POD_LABEL] = fate.label_value().into();
    }
    let container = json!({ "name": "server", "image": "127.0.0.1:5000/example@sha256:00" });
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": name },
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "app": name } },
            "template": {
                "metadata": { "labels": labels },
                "spec": { "containers": [container] },
            },
        },
    })
}

fn text(command: &mut Command) -> Result<String, RigError> {
    Ok(String::from_utf8_lossy(&succeed(command)?).trim().to_owned())
}

/// Waits until each pod of `name` has `wanted` at `path`.
fn wait(cluster: &ControlPlane, name: &str, path: &str, wanted: &str) -> Result<(), RigError> {
    let (selector, condition) = (format!("app={name}"), format!("jsonpath={path}={wanted}"));
    let mut wait = cluster.kubectl();
    wait.args(["wait", "pod", "--selector", &selector, "--for", &condition, "--timeout=60s"]);
    succeed(&mut wait).map(drop)
}

#[test]
fn the_pods_of_a_deployment_get_ready_unless_a_label_wants_otherwise() -> Result<(), RigError> {
    let rig = rig();
    let cluster = start(&rig, "london");
    assert_eq!(text(cluster.kubectl().args(["config", "current-context"]))?, "london");
    assert_eq!(cluster.json(&["version"])?["serverVersion"]["gitVersion"], "v1.36.3");
    cluster.apply(&deployment("well", None).to_string())?;
    for fate in PodFate::ALL {
        cluster.apply(&deployment(fate.label_value(), Some(fate)).to_string())?;
    }
    succeed(cluster.kubectl().args(["rollout", "status", "deployment/well", "--timeout=60s"]))
        .unwrap_or_else(|error| panic!("{error}\n{}", cluster.logs()));
    let well = cluster.json(&["get", "deployment", "well"])?;
    assert_eq!(well["status"]["readyReplicas"], 2, "{well}");
    let reason = "{.status.containerStatuses[0].state.waiting.reason}";
    for (fate, path, wanted) in [
        (PodFate::NeverReady, "{.status.phase}", "Running"),
        (PodFate::ImagePull, reason, "ImagePullBackOff"),
        (PodFate::CrashLoop, reason, "CrashLoopBackOff"),
    ] {
        let name = fate.label_value();
        wait(&cluster, name, path, wanted)?;
        let deployment = cluster.json(&["get", "deployment", name])?;
        assert_eq!(deployment["status"].get("readyReplicas"), None, "{deployment}");
    }
    // Waits until the pods are gone, the failing ones too.
    let delete = ["delete", "deployments", "--all", "--cascade=foreground", "--timeout=60s"];
    succeed(cluster.kubectl().args(delete))?;
    assert_eq!(cluster.json(&["get", "pods"])?["items"], json!([]));
    Ok(())
}

#[test]
fn control_planes_stand_side_by_side_and_leave_nothing_behind() -> Result<(), RigError> {
    let rig = rig();
    let names = ["london", "virginia", "seoul"];
    let clusters = thread::scope(|scope| {
        let starts = names.map(|name| (name, scope.spawn(|| start(&rig, name))));
        starts.map(|(name, start)| start.join().unwrap_or_else(|_| panic!("{name} panicked")))
    });
    for (cluster, name) in clusters.iter().zip(names) {
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name },
        });
        cluster.apply(&object.to_string())?;
    }
    let mut identities = Vec::new();
    for (cluster, name) in clusters.iter().zip(names) {
        let found = cluster.kubectl().args(["get", "configmaps", "--output=name"]).output();
        let found = String::from_utf8_lossy(&found.expect("kubectl starts").stdout).into_owned();
        let ours: Vec<_> = names.iter().filter(|name| found.contains(**name)).collect();
        assert_eq!(ours, [&name], "{found}");
        identities.push(cluster.identity().to_owned());
    }
    identities.sort();
    identities.dedup();
    assert_eq!(identities.len(), names.len(), "{identities:?}");
    let folder = clusters[0].kubeconfig().parent().expect("a folder").to_path_buf();
    let port = clusters[0].address().rsplit(':').next().and_then(|port| port.parse().ok());
    drop(clusters);
    assert!(!folder.exists());
    let refused = std::net::TcpStream::connect(("127.0.0.1", port.unwrap_or(0u16)));
    assert!(refused.is_err(), "somebody still answers");
    Ok(())
}
