//! Reading and writing one object.

use landfall_rollout::ObjectKey;
use serde_json::{Value, json};

use crate::place::part;
use crate::{Cluster, ClusterError, FIELD_MANAGER};

const APPLY: &str = "application/apply-patch+yaml";
const JSON: &str = "application/json";

impl Cluster {
    /// The object as it stands; none where it does not.
    pub async fn get(&self, key: &ObjectKey) -> Result<Option<Value>, ClusterError> {
        self.find(&self.place(key).await?).await.map_err(|error| named(key, error))
    }

    async fn place(&self, key: &ObjectKey) -> Result<String, ClusterError> {
        Ok(format!("{}/{}", self.collection(key).await?, part(&key.name)))
    }

    /// What an apply would make of the object. Nothing is changed.
    ///
    /// Unknown fields, wrong types and fields that another manager owns are errors.
    pub async fn dry_run(&self, wanted: &Value) -> Result<Value, ClusterError> {
        match self.patch(wanted, "dryRun=All&").await {
            // A patch of unknown fields is answered by 500 with the first of them alone; a creation
            // that is not carried out names all.
            Err(error @ ClusterError::Refused { code: 500, .. }) => {
                Err(self.all_faults(wanted).await?.unwrap_or(error))
            }
            answer => answer,
        }
    }

    /// Brings the object to what is wanted, by server-side apply.
    pub async fn apply(&self, wanted: &Value) -> Result<Value, ClusterError> {
        self.patch(wanted, "").await
    }

    async fn patch(&self, wanted: &Value, dry: &str) -> Result<Value, ClusterError> {
        let key = ObjectKey::of(wanted)?;
        let place = self.place(&key).await?;
        let path = format!("{place}?{dry}fieldManager={FIELD_MANAGER}&fieldValidation=Strict");
        let answer = self.send("PATCH", &path, APPLY, Some(wanted)).await;
        answer.map_err(|error| named(&key, error))
    }

    async fn all_faults(&self, wanted: &Value) -> Result<Option<ClusterError>, ClusterError> {
        let key = ObjectKey::of(wanted)?;
        let collection = self.collection(&key).await?;
        let path = format!("{collection}?dryRun=All&fieldValidation=Strict");
        match self.send("POST", &path, JSON, Some(wanted)).await {
            Err(error @ ClusterError::Refused { code: 400, .. }) => Ok(Some(named(&key, error))),
            _ => Ok(None),
        }
    }

    /// Deletes the object, and only the one with this UID; what is gone already is fine.
    ///
    /// `dependents` says whether it stays until its pods and what else it owns are gone.
    pub async fn delete(
        &self,
        key: &ObjectKey,
        uid: Option<&str>,
        dependents: Dependents,
    ) -> Result<(), ClusterError> {
        self.send_delete(key, options(uid, dependents)).await
    }

    /// Whether the object could be deleted. Nothing is changed.
    pub async fn dry_delete(&self, key: &ObjectKey, uid: Option<&str>) -> Result<(), ClusterError> {
        let mut options = options(uid, Dependents::Later);
        options["dryRun"] = json!(["All"]);
        self.send_delete(key, options).await
    }

    async fn send_delete(&self, key: &ObjectKey, options: Value) -> Result<(), ClusterError> {
        let path = self.place(key).await?;
        match self.send("DELETE", &path, JSON, Some(&options)).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_missing() => Ok(()),
            Err(error) => Err(named(key, error)),
        }
    }
}

fn options(uid: Option<&str>, dependents: Dependents) -> Value {
    let policy = dependents.word();
    let mut options = json!({
        "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy,
    });
    if let Some(uid) = uid {
        options["preconditions"] = json!({ "uid": uid });
    }
    options
}

/// When an object goes that owns others (`propagationPolicy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dependents {
    /// At once; they go later, in the background.
    Later,
    /// After them.
    First,
}

impl Dependents {
    fn word(self) -> &'static str {
        match self {
            Self::Later => "Background",
            Self::First => "Foreground",
        }
    }
}

/// A refusal that names the object and not the request.
fn named(key: &ObjectKey, error: ClusterError) -> ClusterError {
    match error {
        ClusterError::Refused { code, reason, message, causes, .. } => {
            ClusterError::Refused { what: key.to_string(), code, reason, message, causes }
        }
        other => other,
    }
}
