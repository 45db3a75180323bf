//! The namespace of an app.

use landfall_rollout::ObjectKey;
use serde_json::json;

use crate::{Cluster, ClusterError};

/// Whether a namespace is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamespaceState {
    /// It is not.
    Absent,
    /// It is.
    Present,
    /// Somebody has deleted it, and what is in it is going: nothing new is taken.
    Ending,
}

impl Cluster {
    /// Whether a namespace is there.
    pub async fn namespace_state(&self, name: &str) -> Result<NamespaceState, ClusterError> {
        Ok(match self.get(&namespace(name)).await? {
            None => NamespaceState::Absent,
            Some(found) if found["status"]["phase"] == "Terminating" => NamespaceState::Ending,
            Some(_) => NamespaceState::Present,
        })
    }

    /// Makes a namespace where there is none.
    pub async fn create_namespace(&self, name: &str) -> Result<(), ClusterError> {
        let wanted = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": name, "labels": { "app.kubernetes.io/managed-by": "landfall" } },
        });
        self.apply(&wanted).await.map(drop)
    }
}

fn namespace(name: &str) -> ObjectKey {
    ObjectKey {
        api_version: "v1".into(),
        kind: "Namespace".into(),
        namespace: None,
        name: name.into(),
    }
}
