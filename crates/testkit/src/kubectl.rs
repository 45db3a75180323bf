//! `kubectl` with surroundings of its own, and the questions that the rig asks by it.

use std::ffi::OsString;
use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::RigError;
use crate::command::succeed;

/// `kubectl`, speaking to the current context of one kubeconfig file.
#[derive(Debug)]
pub(crate) struct Kubectl {
    pub(crate) program: PathBuf,
    pub(crate) search_path: OsString,
    pub(crate) kubeconfig: PathBuf,
    /// A folder for what it remembers.
    pub(crate) home: PathBuf,
}

impl Kubectl {
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().env("PATH", &self.search_path).env("HOME", &self.home);
        command.arg("--kubeconfig").arg(&self.kubeconfig);
        command
    }

    /// What kubectl prints; none where it fails.
    pub(crate) fn text(&self, arguments: &[&str]) -> Option<String> {
        let answer = succeed(self.command().args(arguments).arg("--request-timeout=5s")).ok()?;
        String::from_utf8(answer).ok()
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> Result<Value, RigError> {
        let answer = succeed(self.command().args(arguments).arg("--output=json"))?;
        serde_json::from_slice(&answer).map_err(|_| RigError::Answer {
            judge: "kubectl --output=json",
            answer: String::from_utf8_lossy(&answer).into_owned(),
        })
    }

    /// Applies objects, written in YAML or JSON.
    pub(crate) fn apply(&self, objects: &str) -> Result<(), RigError> {
        let file = self.file(objects)?;
        succeed(self.command().args(["apply", "--filename"]).arg(file.path()))?;
        Ok(())
    }

    /// The UID of the namespace kube-system.
    pub(crate) fn identity(&self) -> Result<String, RigError> {
        let namespace = self.json(&["get", "namespace", "kube-system"])?;
        let identity = namespace["metadata"]["uid"].as_str().map(String::from);
        identity.ok_or_else(|| RigError::Answer {
            judge: "kubectl get namespace kube-system",
            answer: namespace.to_string(),
        })
    }

    /// Whether the API server at `port` answers; kubectl is not started before somebody listens.
    pub(crate) fn is_answered(&self, port: u16) -> bool {
        TcpStream::connect(("127.0.0.1", port)).is_ok()
            && self.text(&["get", "--raw=/readyz"]).is_some_and(|answer| answer == "ok")
    }

    /// Whether the controller manager works: it makes this in every namespace.
    pub(crate) fn has_service_account(&self) -> bool {
        self.text(&["get", "serviceaccount", "default", "--output=name"]).is_some()
    }

    /// Whether `count` nodes are there, ready or not.
    pub(crate) fn has_nodes(&self, count: usize) -> bool {
        let names = self.text(&["get", "nodes", "--output=name"]);
        names.is_some_and(|names| names.lines().count() == count)
    }

    /// Whether `count` nodes are ready, and no taint keeps pods from them.
    pub(crate) fn takes_pods(&self, count: usize) -> bool {
        let answer = self.text(&["get", "nodes", "--output=json"]);
        let nodes = answer.and_then(|answer| serde_json::from_str(&answer).ok());
        nodes.is_some_and(|nodes| ready_nodes(&nodes) == count)
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

/// Nodes for kwok to play, `node-0` and so on.
pub(crate) fn nodes(count: usize) -> String {
    let node = |number: usize| {
        let name = format!("node-{number}");
        let labels = json!({ "kubernetes.io/hostname": name, "kubernetes.io/os": "linux" });
        let metadata = json!({ "name": name, "labels": labels });
        json!({ "apiVersion": "v1", "kind": "Node", "metadata": metadata })
    };
    let items: Vec<Value> = (0..count).map(node).collect();
    json!({ "apiVersion": "v1", "kind": "List", "items": items }).to_string()
}

fn ready_nodes(nodes: &Value) -> usize {
    let ready = |node: &&Value| {
        let conditions = node["status"]["conditions"].as_array();
        let ready = conditions.into_iter().flatten().any(|condition| {
            (&condition["type"], &condition["status"]) == (&json!("Ready"), &json!("True"))
        });
        ready && node["spec"].get("taints").is_none()
    };
    nodes["items"].as_array().into_iter().flatten().filter(ready).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_takes_pods_when_it_is_ready_and_has_no_taint() {
        let ready = json!([{ "type": "Ready", "status": "True" }]);
        let waiting = json!([{ "type": "Ready", "status": "Unknown" }]);
        for (conditions, spec, wanted) in [
            (&ready, json!({}), 1),
            (&ready, json!({ "taints": [{ "key": "k" }] }), 0),
            (&waiting, json!({}), 0),
        ] {
            let node = json!({ "status": { "conditions": conditions }, "spec": spec });
            assert_eq!(ready_nodes(&json!({ "items": [node] })), wanted);
        }
        assert_eq!(ready_nodes(&json!({ "items": [] })), 0);
    }
}
