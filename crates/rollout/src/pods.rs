//! Why a pod is not ready, from the pod's own words.

use serde_json::Value;

/// What keeps a pod from being ready, as `CONTAINER: REASON: message`; none where nothing is known
/// to be wrong. Init containers count: most tools overlook them.
pub fn pod_trouble(pod: &Value) -> Option<String> {
    unschedulable(pod).or_else(|| {
        ["/status/initContainerStatuses", "/status/containerStatuses"].iter().find_map(|pointer| {
            let statuses = pod.pointer(pointer)?.as_array()?;
            statuses.iter().find_map(container_trouble)
        })
    })
}

fn unschedulable(pod: &Value) -> Option<String> {
    let conditions = pod.pointer("/status/conditions")?.as_array()?;
    let scheduled = conditions.iter().find(|condition| condition["type"] == "PodScheduled")?;
    let refused = scheduled["status"] == "False" && scheduled["reason"] == "Unschedulable";
    let message = scheduled["message"].as_str().unwrap_or("no node takes it");
    refused.then(|| format!("no node takes the pod: {message}"))
}

/// Reasons that are steps of every start.
const ON_THE_WAY: [&str; 2] = ["ContainerCreating", "PodInitializing"];

fn container_trouble(status: &Value) -> Option<String> {
    let name = status["name"].as_str().unwrap_or("container");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if let Some(waiting) = status.pointer("/state/waiting") {
        let (reason, message) = (text(&waiting["reason"]), text(&waiting["message"]));
        let known = !reason.is_empty() && !ON_THE_WAY.contains(&reason.as_str());
        return known.then(|| said(name, &reason, &message));
    }
    if let Some(ended) = status.pointer("/state/terminated") {
        let code = ended["exitCode"].as_i64().unwrap_or(0);
        return (code != 0)
            .then(|| said(name, &format!("ended with {code}"), &text(&ended["reason"])));
    }
    let runs = status.pointer("/state/running").is_some();
    (runs && status["ready"] == false && status["started"] != false).then(|| unready(name, status))
}

/// It runs, and that is all: its readiness probe has not passed, now or since it came back.
fn unready(name: &str, status: &Value) -> String {
    match status["restartCount"].as_i64() {
        Some(count) if count > 0 => {
            format!("{name}: runs after {count} restarts, and its readiness probe has not passed")
        }
        _ => format!("{name}: runs, and its readiness probe has not passed"),
    }
}

fn said(name: &str, reason: &str, message: &str) -> String {
    if message.is_empty() {
        format!("{name}: {reason}")
    } else {
        format!("{name}: {reason}: {message}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::pod_trouble;

    #[test]
    fn each_trouble_has_its_words_and_a_start_has_none() {
        let waiting = |field: &str, reason: &str| json!({ "status": { field: [{ "name": "web", "state": { "waiting": { "reason": reason, "message": "m" } } }] } });
        let running = |ready: bool| json!({ "status": { "containerStatuses": [{ "name": "web", "ready": ready, "started": true, "state": { "running": {} } }] } });
        let cases: [(Value, Option<&str>); 7] = [
            (running(true), None),
            (running(false), Some("web: runs, and its readiness probe has not passed")),
            (waiting("containerStatuses", "ContainerCreating"), None),
            (waiting("containerStatuses", "ErrImagePull"), Some("web: ErrImagePull: m")),
            (
                waiting("initContainerStatuses", "CrashLoopBackOff"),
                Some("web: CrashLoopBackOff: m"),
            ),
            (
                json!({ "status": { "containerStatuses": [{ "name": "web", "state": { "terminated": { "exitCode": 3, "reason": "Error" } } }] } }),
                Some("web: ended with 3: Error"),
            ),
            (
                json!({ "status": { "conditions": [{ "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes" }] } }),
                Some("no node takes the pod: 0/1 nodes"),
            ),
        ];
        for (pod, expected) in cases {
            assert_eq!(pod_trouble(&pod).as_deref(), expected, "{pod}");
        }
    }
}
