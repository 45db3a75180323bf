//! How far a rollout is.

use futures::future;
use landfall_rollout::{ObjectKey, Readiness, has_rule, pod_trouble, readiness};
use serde_json::Value;

use crate::place::part;
use crate::{Cluster, ClusterError};

/// One object of a rollout as it stands.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Which.
    pub object: ObjectKey,
    /// What it says of itself.
    pub readiness: Readiness,
    /// What its pods say, `POD: CONTAINER: REASON: message`, sorted; empty where nothing is known to
    /// be wrong.
    pub troubles: Vec<String>,
}

impl Cluster {
    /// Looks once at every object that may not be ready, and at the pods of those that are not.
    ///
    /// Objects whose kind is ready as soon as it is there are not asked for, nor given back.
    pub async fn progress(&self, keys: &[ObjectKey]) -> Result<Vec<Progress>, ClusterError> {
        let judged = keys.iter().filter(|key| has_rule(&key.kind)).cloned();
        let judged: Vec<_> = judged.collect();
        let live = self.get_all(&judged).await?;
        let looked = judged.into_iter().zip(live);
        let all = looked.map(|(object, live)| self.judged(object, live));
        Ok(future::join_all(all).await)
    }

    async fn judged(&self, object: ObjectKey, live: Option<Value>) -> Progress {
        let Some(live) = live else {
            let readiness = Readiness::Failed("was deleted by somebody".into());
            return Progress { object, readiness, troubles: Vec::new() };
        };
        let readiness = readiness(&live);
        let troubles = match readiness {
            Readiness::Ready => Vec::new(),
            // A release does not fail because nobody may look at its pods.
            _ => self.troubles(&object, &live).await.unwrap_or_else(|error| vec![blind(&error)]),
        };
        Progress { object, readiness, troubles }
    }

    async fn troubles(
        &self,
        object: &ObjectKey,
        live: &Value,
    ) -> Result<Vec<String>, ClusterError> {
        let (Some(namespace), Some(mut selector)) = (&object.namespace, selector(live)) else {
            return Ok(Vec::new());
        };
        if object.kind == "Deployment" {
            selector.extend(self.newest_pods(namespace, live, &selector).await?);
        }
        let path = listed(&format!("/api/v1/namespaces/{}/pods", part(namespace)), &selector);
        let pods = self.read(&path).await?;
        let mut troubles: Vec<_> = items(&pods).iter().filter_map(trouble).collect();
        troubles.sort();
        Ok(troubles)
    }

    /// The label that tells the pods of this release from those of the one before.
    async fn newest_pods(
        &self,
        namespace: &str,
        deployment: &Value,
        selector: &[String],
    ) -> Result<Option<String>, ClusterError> {
        let revision = annotation(deployment);
        let path = format!("/apis/apps/v1/namespaces/{}/replicasets", part(namespace));
        let sets = self.list_metadata(&listed(&path, selector)).await?;
        let newest = items(&sets).iter().find(|set| annotation(set) == revision);
        let hash = newest.and_then(|set| set["metadata"]["labels"][POD_HASH].as_str());
        Ok(hash.map(|hash| format!("{POD_HASH}={hash}")))
    }
}

/// On a ReplicaSet and its pods: which template they are of.
const POD_HASH: &str = "pod-template-hash";

/// On a Deployment and its ReplicaSets: which of them is the newest.
fn annotation(object: &Value) -> Option<&str> {
    object["metadata"]["annotations"]["deployment.kubernetes.io/revision"].as_str()
}

fn items(list: &Value) -> &[Value] {
    list["items"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn trouble(pod: &Value) -> Option<String> {
    let name = pod.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("pod");
    pod_trouble(pod).map(|words| format!("{name}: {words}"))
}

fn blind(error: &ClusterError) -> String {
    format!("its pods cannot be looked at: {error}")
}

/// `app=web`, `tier=front`; none where the kind selects no pods.
fn selector(live: &Value) -> Option<Vec<String>> {
    let labels = live.pointer("/spec/selector/matchLabels")?.as_object()?;
    labels.iter().map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect()
}

fn listed(path: &str, selector: &[String]) -> String {
    format!("{path}?labelSelector={}&limit=100", part(&selector.join(",")))
}
