//! Where the objects of a kind are found: the cluster's own list, read once per group and version.

use landfall_rollout::ObjectKey;
use serde_json::Value;

use crate::place::{group, part};
use crate::{Cluster, ClusterError};

/// A kind that the cluster serves.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    kind: String,
    plural: String,
    namespaced: bool,
}

impl Cluster {
    /// The path of the collection that an object is in, and whether its kind is in namespaces.
    pub(crate) async fn collection(&self, key: &ObjectKey) -> Result<String, ClusterError> {
        let served = self.served(key).await?;
        let base = group(&key.api_version);
        Ok(match key.namespace.as_deref().filter(|_| served.namespaced) {
            Some(namespace) => format!("{base}/namespaces/{}/{}", part(namespace), served.plural),
            None => format!("{base}/{}", served.plural),
        })
    }

    /// Whether objects of the kind are in namespaces.
    ///
    /// Fails where the cluster does not serve the kind.
    pub async fn is_namespaced(&self, key: &ObjectKey) -> Result<bool, ClusterError> {
        Ok(self.served(key).await?.namespaced)
    }

    async fn served(&self, key: &ObjectKey) -> Result<Served, ClusterError> {
        let mut kinds = self.kinds.lock().await;
        if !kinds.contains_key(&key.api_version) {
            let found = self.find(&group(&key.api_version)).await?;
            kinds.insert(
                key.api_version.clone(),
                found.map(|list| parse(&list)).unwrap_or_default(),
            );
        }
        let all = &kinds[&key.api_version];
        all.iter().find(|served| served.kind == key.kind).cloned().ok_or_else(|| {
            ClusterError::UnknownKind {
                kind: key.kind.clone(),
                api_version: key.api_version.clone(),
                served: all.iter().map(|served| served.kind.clone()).collect(),
            }
        })
    }
}

/// `APIResourceList`, without the parts of objects (`deployments/scale`).
fn parse(list: &Value) -> Vec<Served> {
    let resources = list["resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    let served = |resource: &Value| {
        let plural = resource["name"].as_str()?;
        (!plural.contains('/')).then_some(Served {
            kind: resource["kind"].as_str()?.into(),
            plural: plural.into(),
            namespaced: resource["namespaced"].as_bool()?,
        })
    };
    resources.iter().filter_map(served).collect()
}
