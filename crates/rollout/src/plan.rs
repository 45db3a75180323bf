//! What will be done to a cluster, every step spelled out, before anything is.

use landfall_hashing::{Digest, canonical};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Difference, ObjectKey, differences};

/// The release that a plan brings about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The app.
    pub app: String,
    /// The stage.
    pub stage: String,
    /// The region.
    pub region: String,
    /// Of the image index: what runs.
    pub digest: Digest,
    /// The app's version.
    pub version: String,
    /// The tag in the registry, for people.
    pub tag: String,
    /// The ledger's revision that named the digest; none where none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger_revision: Option<u64>,
}

/// Everything that an apply will do, and the state that it was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// 1; a reader refuses any other.
    pub format: u64,
    /// What is brought about.
    pub release: Release,
    /// What the cluster is known by: its pin, as text.
    pub cluster: String,
    /// Where the objects are.
    pub namespace: String,
    /// Whether the namespace comes first.
    pub namespace_step: NamespaceStep,
    /// The release that stands; 0 where none does. Another one means that the world moved.
    pub from_revision: u64,
    /// What is done, in order; deletions last.
    pub steps: Vec<Step>,
}

/// What happens to the namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NamespaceStep {
    /// It is there.
    Keep,
    /// It is made. No server can check objects of a namespace that is not there, so the objects are
    /// checked when it is.
    Create,
}

/// What is done to one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Which object.
    pub object: ObjectKey,
    /// What is done.
    pub action: Action,
    /// The object as it is sent; none where it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Value>,
    /// UID of the live object that the step was planned for: a namesake made since is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// What will differ, as the server's dry run shows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

/// The kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is not there.
    Create,
    /// It is there, and fields differ.
    Change,
    /// It is there, and nothing differs.
    Keep,
    /// The release before had it, and this one does not.
    Delete,
}

/// One wanted object beside what the cluster says.
#[derive(Debug, Clone)]
pub struct Observed {
    /// As it is sent.
    pub wanted: Value,
    /// As it stands; none where it does not.
    pub live: Option<Value>,
    /// What the server's dry run made of it; none where none could be run.
    pub result: Option<Value>,
}

impl Step {
    /// The step that brings one object to what is wanted.
    ///
    /// Fails where the wanted object has no kind or name.
    pub fn bring(observed: &Observed) -> Result<Self, crate::KeyError> {
        let object = ObjectKey::of(&observed.wanted)?;
        let Some(live) = &observed.live else {
            let wanted = Some(observed.wanted.clone());
            let (uid, differences) = (None, Vec::new());
            return Ok(Self { object, action: Action::Create, wanted, uid, differences });
        };
        let differences = observed.result.as_ref().map(|result| differences(live, result));
        let differences = differences.unwrap_or_default();
        let action = if differences.is_empty() { Action::Keep } else { Action::Change };
        let wanted = Some(observed.wanted.clone());
        Ok(Self { object, action, wanted, uid: uid(live), differences })
    }

    /// The step that takes a live object away.
    pub fn delete(object: ObjectKey, live: &Value) -> Self {
        let uid = uid(live);
        Self { object, action: Action::Delete, wanted: None, uid, differences: Vec::new() }
    }
}

fn uid(live: &Value) -> Option<String> {
    live.pointer("/metadata/uid").and_then(Value::as_str).map(str::to_owned)
}

impl Plan {
    /// Of the plan's canonical bytes (RFC 8785): what a record names and an approval is for.
    pub fn digest(&self) -> Digest {
        canonical::digest_of(self)
    }

    /// Whether an apply would change an object.
    pub fn changes(&self) -> bool {
        self.namespace_step == NamespaceStep::Create
            || self.steps.iter().any(|step| step.action != Action::Keep)
    }

    /// How many steps are of a kind.
    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }

    /// The steps in groups, in order; within a group the order is free: objects of one kind, that
    /// are brought or taken away.
    pub fn groups(&self) -> impl Iterator<Item = &[Step]> {
        self.steps.chunk_by(|one, next| {
            one.object.kind == next.object.kind
                && (one.action == Action::Delete) == (next.action == Action::Delete)
        })
    }

    /// The objects that will stand, in order.
    pub fn objects(&self) -> Vec<Value> {
        self.steps.iter().filter_map(|step| step.wanted.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Action, Observed, Step};

    #[test]
    fn what_the_dry_run_leaves_alone_is_kept() {
        let wanted = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" }, "data": { "k": "v" } });
        let mut live = wanted.clone();
        live["metadata"]["uid"] = "u".into();
        let mut observed =
            Observed { wanted, live: Some(live.clone()), result: Some(live.clone()) };
        let step = Step::bring(&observed).unwrap();
        assert_eq!((step.action, step.uid.as_deref()), (Action::Keep, Some("u")));
        live["data"]["k"] = "w".into();
        observed.result = Some(live);
        let step = Step::bring(&observed).unwrap();
        assert_eq!((step.action, step.differences[0].path.as_str()), (Action::Change, "data.k"));
        observed.live = None;
        assert_eq!(Step::bring(&observed).unwrap().action, Action::Create);
    }
}
