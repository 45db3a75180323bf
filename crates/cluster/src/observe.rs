//! Wanted objects beside what the cluster says, many at once.

use futures::{StreamExt, future, stream};
use landfall_rollout::{ObjectKey, Observed};
use serde_json::Value;

use crate::{Cluster, ClusterError};

/// How many requests are on their way at once: more gains nothing.
pub const AT_ONCE: usize = 16;

impl Cluster {
    /// Reads every wanted object and asks what an apply would make of it, in the order given.
    ///
    /// `namespace_exists` says whether a dry run is possible at all. Every object's problem is given,
    /// not the first alone.
    pub async fn observe(
        &self,
        wanted: &[Value],
        namespace_exists: bool,
    ) -> Result<Vec<Observed>, Vec<ClusterError>> {
        let all = stream::iter(wanted.to_vec())
            .map(|wanted| self.observe_one(wanted, namespace_exists))
            .buffered(AT_ONCE)
            .collect::<Vec<_>>();
        let mut observed = Vec::new();
        let mut errors = Vec::new();
        for one in all.await {
            match one {
                Ok(one) => observed.push(one),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(observed) } else { Err(errors) }
    }

    async fn observe_one(&self, wanted: Value, dry_run: bool) -> Result<Observed, ClusterError> {
        let key = ObjectKey::of(&wanted)?;
        if !dry_run {
            // The kind at least can be judged.
            self.is_namespaced(&key).await?;
            return Ok(Observed { wanted, live: None, result: None });
        }
        let (live, result) = future::join(self.get(&key), self.dry_run(&wanted)).await;
        // A refusal of the dry run tells more: it comes first.
        let result = Some(result?);
        Ok(Observed { live: live?, wanted, result })
    }

    /// Reads several objects, in the order given.
    pub async fn get_all(&self, keys: &[ObjectKey]) -> Result<Vec<Option<Value>>, ClusterError> {
        let all = stream::iter(keys.to_vec())
            .map(|key| async move { self.get(&key).await })
            .buffered(AT_ONCE)
            .collect::<Vec<_>>();
        all.await.into_iter().collect()
    }
}
