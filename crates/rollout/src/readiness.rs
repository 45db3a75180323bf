//! Whether an object does what it is for, judged from its JSON alone.
//!
//! A condition that the controller has not looked at yet (`observedGeneration`) says nothing. Kinds
//! that are not named here are ready as soon as they are there.

use serde_json::Value;

/// What an object's own words say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It does what it is for.
    Ready,
    /// Not yet, and why.
    Waiting(String),
    /// It will not by itself, and why.
    Failed(String),
}

type Rule = (&'static str, fn(&Value) -> Readiness);

/// How each kind is judged that has a rule.
const RULES: [Rule; 7] = [
    ("CustomResourceDefinition", definition),
    ("DaemonSet", daemon_set),
    ("Deployment", deployment),
    ("Job", job),
    ("Namespace", active),
    ("PersistentVolumeClaim", claim),
    ("StatefulSet", stateful_set),
];

/// Whether objects of a kind are anything but ready as soon as they are there.
pub fn has_rule(kind: &str) -> bool {
    RULES.iter().any(|(named, _)| *named == kind)
}

/// Judges one object as the cluster shows it.
pub fn readiness(object: &Value) -> Readiness {
    if object.pointer("/metadata/deletionTimestamp").is_some() {
        return Readiness::Waiting("is being deleted".into());
    }
    if lags(object) {
        return Readiness::Waiting("its controller has not seen the change yet".into());
    }
    let rule = RULES.iter().find(|(kind, _)| object["kind"] == *kind);
    rule.map_or(Readiness::Ready, |(_, judge)| judge(object))
}

/// Whether the controller still has to look at the newest generation.
fn lags(object: &Value) -> bool {
    let wanted = object.pointer("/metadata/generation").and_then(Value::as_i64);
    let seen = object.pointer("/status/observedGeneration").and_then(Value::as_i64);
    let reports = matches!(
        object["kind"].as_str(),
        Some("Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet")
    );
    match (wanted, seen) {
        (Some(wanted), Some(seen)) => seen < wanted,
        _ => reports,
    }
}

fn number(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

fn replicas(object: &Value) -> i64 {
    object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1)
}

/// The condition of a type: its status, reason and message.
fn condition<'a>(object: &'a Value, kind: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let conditions = object.pointer("/status/conditions")?.as_array()?;
    let found = conditions.iter().find(|condition| condition["type"] == kind)?;
    let text = |key: &str| found[key].as_str().unwrap_or_default();
    Some((text("status"), text("reason"), text("message")))
}

fn deployment(object: &Value) -> Readiness {
    if let Some(("False", "ProgressDeadlineExceeded", message)) = condition(object, "Progressing") {
        return Readiness::Failed(message.into());
    }
    let wanted = replicas(object);
    let (updated, all) =
        (number(object, "/status/updatedReplicas"), number(object, "/status/replicas"));
    let available = number(object, "/status/availableReplicas");
    // A quota or an admission that takes no pod: there is none whose words could be read.
    if let Some(("True", reason, message)) = condition(object, "ReplicaFailure") {
        return Readiness::Waiting(format!("{reason}: {message}"));
    }
    if updated < wanted {
        Readiness::Waiting(format!("{updated} of {wanted} pods are of this release"))
    } else if all > updated {
        Readiness::Waiting(format!("{} pods of the release before are left", all - updated))
    } else if available < wanted {
        Readiness::Waiting(format!("{available} of {wanted} pods are ready"))
    } else {
        Readiness::Ready
    }
}

fn stateful_set(object: &Value) -> Readiness {
    let wanted = replicas(object);
    let ready = number(object, "/status/readyReplicas");
    let on_delete =
        object.pointer("/spec/updateStrategy/type").is_some_and(|kind| kind == "OnDelete");
    let partition = number(object, "/spec/updateStrategy/rollingUpdate/partition");
    let updated = number(object, "/status/updatedReplicas");
    if ready < wanted {
        Readiness::Waiting(format!("{ready} of {wanted} pods are ready"))
    } else if !on_delete && updated < wanted - partition {
        Readiness::Waiting(format!("{updated} of {} pods are of this release", wanted - partition))
    } else {
        Readiness::Ready
    }
}

fn daemon_set(object: &Value) -> Readiness {
    let wanted = number(object, "/status/desiredNumberScheduled");
    let on_delete =
        object.pointer("/spec/updateStrategy/type").is_some_and(|kind| kind == "OnDelete");
    let updated = number(object, "/status/updatedNumberScheduled");
    let available = number(object, "/status/numberAvailable");
    if !on_delete && updated < wanted {
        Readiness::Waiting(format!("{updated} of {wanted} pods are of this release"))
    } else if available < wanted {
        Readiness::Waiting(format!("{available} of {wanted} pods are ready"))
    } else {
        Readiness::Ready
    }
}

/// A job that a release carries is there to be done, not to be begun.
fn job(object: &Value) -> Readiness {
    if let Some(("True", reason, message)) = condition(object, "Failed") {
        return Readiness::Failed(format!("{reason}: {message}"));
    }
    let suspended = object.pointer("/spec/suspend").is_some_and(|value| value == true);
    match condition(object, "Complete") {
        Some(("True", _, _)) => Readiness::Ready,
        _ if suspended => Readiness::Ready,
        _ => Readiness::Waiting("the job is not complete".into()),
    }
}

fn claim(object: &Value) -> Readiness {
    match object.pointer("/status/phase").and_then(Value::as_str) {
        Some("Lost") => Readiness::Failed("its volume is lost".into()),
        // Pending may be meant: a volume that waits for its first consumer. The pod will tell.
        _ => Readiness::Ready,
    }
}

fn definition(object: &Value) -> Readiness {
    if let Some(("False", reason, message)) = condition(object, "NamesAccepted") {
        return Readiness::Failed(format!("{reason}: {message}"));
    }
    match condition(object, "Established") {
        Some(("True", _, _)) => Readiness::Ready,
        _ => Readiness::Waiting("the kind is not served yet".into()),
    }
}

fn active(namespace: &Value) -> Readiness {
    match namespace.pointer("/status/phase").and_then(Value::as_str) {
        Some("Active") => Readiness::Ready,
        phase => Readiness::Waiting(format!("is {}", phase.unwrap_or("without a phase"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Readiness, readiness};

    fn deployment(status: Value) -> Value {
        json!({ "kind": "Deployment", "metadata": { "generation": 2 }, "spec": { "replicas": 2 }, "status": status })
    }

    #[test]
    fn a_deployment_is_ready_when_all_pods_are_new_and_available() {
        let cases = [
            (json!({}), "waiting: its controller has not seen the change yet"),
            (
                json!({ "observedGeneration": 1, "updatedReplicas": 2 }),
                "waiting: its controller has not seen the change yet",
            ),
            (
                json!({ "observedGeneration": 2, "updatedReplicas": 1, "replicas": 2 }),
                "waiting: 1 of 2 pods are of this release",
            ),
            (
                json!({ "observedGeneration": 2, "updatedReplicas": 2, "replicas": 3 }),
                "waiting: 1 pods of the release before are left",
            ),
            (
                json!({ "observedGeneration": 2, "updatedReplicas": 2, "replicas": 2, "availableReplicas": 1 }),
                "waiting: 1 of 2 pods are ready",
            ),
            (
                json!({ "observedGeneration": 2, "updatedReplicas": 2, "replicas": 2, "availableReplicas": 2 }),
                "ready",
            ),
            (
                json!({ "observedGeneration": 2, "conditions": [{ "type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "late" }] }),
                "failed: late",
            ),
        ];
        for (status, expected) in cases {
            assert_eq!(words(&readiness(&deployment(status.clone()))), expected, "{status}");
        }
    }

    #[test]
    fn a_job_is_ready_when_it_is_done_and_not_when_it_has_begun() {
        let job = |conditions: Value| json!({ "kind": "Job", "metadata": {}, "status": { "active": 1, "conditions": conditions } });
        let done =
            |kind: &str| json!([{ "type": kind, "status": "True", "reason": "R", "message": "m" }]);
        assert_eq!(words(&readiness(&job(json!([])))), "waiting: the job is not complete");
        assert_eq!(words(&readiness(&job(done("Complete")))), "ready");
        assert_eq!(words(&readiness(&job(done("Failed")))), "failed: R: m");
    }

    #[test]
    fn a_kind_without_a_rule_is_ready_when_it_is_there() {
        assert_eq!(readiness(&json!({ "kind": "ConfigMap", "metadata": {} })), Readiness::Ready);
    }

    fn words(readiness: &Readiness) -> String {
        match readiness {
            Readiness::Ready => "ready".into(),
            Readiness::Waiting(why) => format!("waiting: {why}"),
            Readiness::Failed(why) => format!("failed: {why}"),
        }
    }
}
