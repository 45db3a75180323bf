//! Pods that never become ready: the cause is named, and the release before goes on serving.

use std::sync::atomic::{AtomicBool, Ordering};

use landfall_deploy::{Event, Outcome, Session, Site, earlier};
use landfall_rollout::{Readiness, Status};
use landfall_testkit::{POD_LABEL, PodFate};
use serde_json::{Value, json};

use crate::site::{
    bring, bring_ready, connect, deployment, kubectl, live, run, session, site, unix_seconds,
};

/// Releases what does not get ready, and lets time run out as soon as a cause is known.
async fn bring_unready(site: &Site<'_>, object: &Value) -> Vec<String> {
    let known = AtomicBool::new(false);
    let clock = || unix_seconds() + if known.load(Ordering::Relaxed) { 1_000 } else { 0 };
    let events = |event: Event<'_>| {
        let Event::Waiting { unready, .. } = event else { return };
        let caused = unready.iter().any(|progress| match &progress.readiness {
            Readiness::Waiting(why) => !progress.troubles.is_empty() || why.contains("forbidden"),
            _ => false,
        });
        known.store(known.load(Ordering::Relaxed) || caused, Ordering::Relaxed);
    };
    let session = Session { clock: &clock, events: &events, ..session() };
    let outcome = bring(site, &session, "2.0.0", std::slice::from_ref(object)).await;
    let Ok(Outcome::NotReady { unready, .. }) = outcome else { panic!("{outcome:?}") };
    let [progress] = &unready[..] else { panic!("{unready:?}") };
    let Readiness::Waiting(why) = &progress.readiness else { panic!("{progress:?}") };
    let mut words = vec![format!("{}: {why}", progress.object)];
    words.extend(progress.troubles.iter().map(|trouble| without_pod(trouble)));
    words.dedup();
    words
}

/// A pod's name is another each time.
fn without_pod(trouble: &str) -> String {
    trouble.split_once(": ").map_or(trouble, |(_, words)| words).to_owned()
}

#[test]
fn each_fate_has_its_words_and_the_release_before_serves() {
    run(async {
        let cluster = connect().await;
        for (fate, words) in [
            (PodFate::NeverReady, "server: runs, and its readiness probe has not passed"),
            (PodFate::ImagePull, "server: ImagePullBackOff: Back-off pulling image"),
            (PodFate::CrashLoop, "server: CrashLoopBackOff: back-off 40s restarting failed"),
        ] {
            let namespace = format!("unready-{}", fate.label_value());
            let site = site(&cluster, &namespace);
            bring_ready(&site, "1.0.0", &[deployment("1.0.0")]).await;
            let mut ill = deployment("2.0.0");
            ill["spec"]["template"]["metadata"]["labels"][POD_LABEL] = fate.label_value().into();
            let found = bring_unready(&site, &ill).await;
            assert_eq!(found[0], "Deployment myapp: 1 of 2 pods are of this release");
            assert!(found.len() == 2 && found[1].starts_with(words), "{found:?}");

            let status = &live(&namespace, "deployment", "myapp")["status"];
            assert_eq!(status["availableReplicas"], 2, "{status}");
            let summaries = cluster.summaries(&namespace, "myapp").await.unwrap();
            let statuses: Vec<_> = summaries.iter().map(|summary| summary.status).collect();
            assert_eq!(statuses, [Some(Status::Deployed), Some(Status::Failed)]);
            let target = earlier(&site, None).await.unwrap();
            assert_eq!(target.revision, 1);
            let revision = bring_ready(&site, "1.0.0", &target.objects).await;
            assert_eq!(revision, 3);
        }
    });
}

#[test]
fn pods_of_a_release_that_failed_before_are_not_taken_for_the_cause() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "unready-twice");
        bring_ready(&site, "1.0.0", &[deployment("1.0.0")]).await;
        let mut found = Vec::new();
        for fate in [PodFate::CrashLoop, PodFate::NeverReady] {
            let mut ill = deployment("2.0.0");
            // Pods of both releases stand side by side: none has to go before another comes.
            ill["spec"]["strategy"]["rollingUpdate"] =
                json!({ "maxSurge": 4, "maxUnavailable": 0 });
            ill["spec"]["minReadySeconds"] = 0.into();
            ill["spec"]["template"]["metadata"]["labels"][POD_LABEL] = fate.label_value().into();
            ill["spec"]["template"]["metadata"]["annotations"]["fate"] = fate.label_value().into();
            found = bring_unready(&site, &ill).await;
        }
        let expected = "server: runs, and its readiness probe has not passed";
        assert_eq!(found[1..], [expected], "{found:?}");
    });
}

#[test]
fn a_quota_that_takes_no_pod_is_named() {
    run(async {
        let cluster = connect().await;
        kubectl("default", &["create", "namespace", "quota"]);
        kubectl("quota", &["create", "quota", "none", "--hard=pods=0"]);
        let site = site(&cluster, "quota");
        let found = bring_unready(&site, &deployment("2.0.0")).await;
        let words = "Deployment myapp: FailedCreate: pods \"myapp-";
        assert!(found[0].starts_with(words), "{found:?}");
        assert!(found[0].contains("exceeded quota: none"), "{found:?}");
    });
}

#[test]
fn a_pod_that_no_node_takes_is_named() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "unschedulable");
        let mut picky = deployment("2.0.0");
        picky["spec"]["template"]["spec"]["nodeSelector"] = json!({ "disk": "fast" });
        let found = bring_unready(&site, &picky).await;
        assert!(
            found[1].starts_with("no node takes the pod: 0/1 nodes are available"),
            "{found:?}"
        );
    });
}
