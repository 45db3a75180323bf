//! Which release of an app is current, and who may change it.
//!
//! One Secret per app, changed only with the `resourceVersion` that was read: of two writers one
//! wins. Its lease runs out by itself, so that a process that was killed holds nothing up.

use serde_json::{Value, json};

/// `type` of the Secret.
const HEAD_TYPE: &str = "landfall/head.v1";

/// The head of an app's releases in one namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The app.
    pub app: String,
    /// The newest revision, whatever came of it; 0 where there is none.
    pub revision: u64,
    /// The newest revision that became ready; 0 where none did.
    pub deployed: u64,
    /// Who is changing the app now.
    pub lease: Option<Lease>,
    /// What a change is fenced by; none for a head that is not stored yet.
    pub resource_version: Option<String>,
}

/// The right to change an app, until a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who: `USER@HOST PROCESS`, for people and for telling one's own lease from another's.
    pub holder: String,
    /// Seconds since 1970 after which anyone may take it.
    pub until_unix_seconds: u64,
}

/// A head that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Secret `{name}` is no head of releases that can be read: `{field}` is {found}")]
pub struct HeadError {
    /// The Secret.
    pub name: String,
    /// Which field.
    pub field: &'static str,
    /// What stands there.
    pub found: String,
}

impl Head {
    /// `landfall.head.APP`.
    pub fn secret_name(app: &str) -> String {
        format!("landfall.head.{app}")
    }

    /// The head of an app that was never released.
    pub fn new(app: &str) -> Self {
        Self { app: app.into(), revision: 0, deployed: 0, lease: None, resource_version: None }
    }

    /// Whether there is nothing that it could be the head of.
    pub fn is_new(&self) -> bool {
        self.revision == 0 && self.resource_version.is_none()
    }

    /// The lease of somebody else that still runs at a time.
    pub fn held_by_another(&self, holder: &str, now_unix_seconds: u64) -> Option<&Lease> {
        self.lease
            .as_ref()
            .filter(|lease| lease.holder != holder && lease.until_unix_seconds > now_unix_seconds)
    }

    /// The Secret that keeps the head.
    pub fn to_secret(&self, namespace: &str) -> Value {
        let mut annotations = json!({
            "landfall/deployed": self.deployed.to_string(),
            "landfall/revision": self.revision.to_string(),
        });
        if let Some(lease) = &self.lease {
            annotations["landfall/holder"] = lease.holder.as_str().into();
            annotations["landfall/until"] = lease.until_unix_seconds.to_string().into();
        }
        let mut metadata = json!({
            "name": Self::secret_name(&self.app),
            "namespace": namespace,
            "labels": { "landfall/app": self.app, "landfall/kind": "head" },
            "annotations": annotations,
        });
        if let Some(version) = &self.resource_version {
            metadata["resourceVersion"] = version.as_str().into();
        }
        json!({ "apiVersion": "v1", "kind": "Secret", "type": HEAD_TYPE, "metadata": metadata })
    }

    /// Reads the Secret that keeps a head.
    pub fn from_secret(app: &str, secret: &Value) -> Result<Self, HeadError> {
        let annotation = |field: &'static str| {
            let annotations = secret.pointer("/metadata/annotations");
            annotations.and_then(|all| all.get(field)).and_then(Value::as_str)
        };
        let number = |field: &'static str| {
            let found = annotation(field);
            found.and_then(|text| text.parse::<u64>().ok()).ok_or_else(|| HeadError {
                name: Self::secret_name(app),
                field,
                found: found.map_or("missing".into(), |text| format!("{text:?}, no number")),
            })
        };
        let lease = match annotation("landfall/holder") {
            Some(holder) => {
                Some(Lease { holder: holder.into(), until_unix_seconds: number("landfall/until")? })
            }
            None => None,
        };
        let version = secret.pointer("/metadata/resourceVersion").and_then(Value::as_str);
        Ok(Self {
            app: app.into(),
            revision: number("landfall/revision")?,
            deployed: number("landfall/deployed")?,
            lease,
            resource_version: version.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Head, Lease};

    fn head() -> Head {
        let lease = Some(Lease { holder: "a@b 1".into(), until_unix_seconds: 100 });
        Head {
            app: "myapp".into(),
            revision: 4,
            deployed: 3,
            lease,
            resource_version: Some("7".into()),
        }
    }

    #[test]
    fn a_head_comes_back_from_its_secret() {
        let secret = head().to_secret("n");
        assert_eq!(Head::from_secret("myapp", &secret), Ok(head()));
    }

    #[test]
    fn a_lease_holds_off_others_until_its_end() {
        assert!(head().held_by_another("c@d 2", 99).is_some());
        assert!(head().held_by_another("c@d 2", 100).is_none());
        assert!(head().held_by_another("a@b 1", 99).is_none());
    }

    #[test]
    fn a_head_edited_by_hand_names_the_field() {
        let mut secret = head().to_secret("n");
        secret["metadata"]["annotations"]["landfall/revision"] = "new".into();
        let text = Head::from_secret("myapp", &secret).unwrap_err().to_string();
        assert!(text.contains("`landfall/revision` is \"new\", no number"), "{text}");
    }
}
