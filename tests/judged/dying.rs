//! A run dies at each failpoint of a release, as `kill -9` would end it: the next run mends it.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use landfall_cluster::Cluster;
use landfall_deploy::{Outcome, apply, plan, uninstall};
use landfall_rollout::Plan;
use landfall_tests::deaths;

use crate::at_once::{heir, statuses};
use crate::site::{
    bring, bring_ready, connect, control_plane, live, names, objects, release, run, site,
};

const SIGABRT: i32 = 6;

/// Where an apply dies, and what the next one of the same plan comes to.
struct Apply {
    failpoint: &'static str,
    /// How often it is come by.
    hits: usize,
    /// Whether a revision was begun, which is then recorded as failed.
    begun: bool,
    /// Whether everything was done but for telling the head.
    done: bool,
}

const APPLIES: [Apply; 6] = [
    Apply { failpoint: "apply::after-lease", hits: 1, begun: false, done: false },
    Apply { failpoint: "apply::after-head", hits: 1, begun: false, done: false },
    Apply { failpoint: "apply::after-record", hits: 1, begun: true, done: false },
    Apply { failpoint: "apply::between-objects", hits: 4, begun: true, done: false },
    Apply { failpoint: "apply::before-wait", hits: 1, begun: true, done: false },
    Apply { failpoint: "apply::after-record-end", hits: 1, begun: false, done: true },
];

/// Where an uninstall dies, how often it comes by, and whether the records are gone by then.
const UNINSTALLS: [(&str, usize, bool); 2] =
    [("uninstall::between-objects", 4, false), ("uninstall::before-head", 1, true)];

/// Whether another process, that applies a plan or uninstalls, was killed there.
fn dies(namespace: &str, failpoint: &str, nth: usize, plan: Option<&Plan>) -> bool {
    let control_plane = control_plane();
    let mut dying = Command::new(env!("CARGO_BIN_EXE_dying"));
    dying.arg(control_plane.kubeconfig()).args([
        control_plane.name(),
        control_plane.identity(),
        namespace,
        failpoint,
        &nth.to_string(),
    ]);
    let mut child = dying.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let text = plan.map(|plan| serde_json::to_string(plan).expect("JSON")).unwrap_or_default();
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(text.as_bytes()).expect("it reads all of it");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    match output.status.signal() {
        Some(signal) => assert_eq!(signal, SIGABRT, "{failpoint}: {stderr}"),
        None => assert!(output.status.success(), "{failpoint}: {stderr}"),
    }
    output.status.signal().is_some()
}

/// A namespace for one death.
fn namespace(failpoint: &str, what: &str, nth: usize) -> String {
    format!("{}-{what}-{nth}", failpoint.replace("::", "-"))
}

/// What must hold after the next run: its revision stands, with all its objects and no lease.
async fn stands(cluster: &Cluster, namespace: &str, version: &str, expected: &[(u64, &str)]) {
    let revision = expected.last().expect("a revision").0;
    assert_eq!(statuses(cluster, namespace).await, expected, "{namespace}");
    let head = cluster.head(namespace, "myapp").await.unwrap();
    let found = (head.revision, head.deployed, head.lease);
    assert_eq!(found, (revision, revision, None), "{namespace}");
    let again = plan(&site(cluster, namespace), release(version), &objects(version)).await.unwrap();
    assert!(!again.changes(), "{namespace}: {again:?}");
    let status = &live(namespace, "deployment", "myapp")["status"];
    assert_eq!(status["availableReplicas"], 2, "{namespace}");
    assert_eq!(status["updatedReplicas"], 2, "{namespace}");
}

/// Over a release that stands, or none: an apply dies, the same plan is carried out once more.
async fn mended_by_apply(cluster: &Cluster, case: &Apply, before: u64, nth: usize) -> bool {
    let namespace = namespace(case.failpoint, if before == 0 { "first" } else { "next" }, nth);
    let site = site(cluster, &namespace);
    if before == 1 {
        bring_ready(&site, "1.0.0", &objects("1.0.0")).await;
    }
    let wanted = plan(&site, release("2.0.0"), &objects("2.0.0")).await.unwrap();
    if !dies(&namespace, case.failpoint, nth, Some(&wanted)) {
        return false;
    }
    let outcome = apply(&site, &heir(), &wanted, "Upgrade").await;
    let (revision, unchanged) = match outcome.unwrap_or_else(|error| panic!("{namespace}: {error}"))
    {
        Outcome::Ready { revision } => (revision, false),
        Outcome::Unchanged { revision } => (revision, true),
        other => panic!("{namespace}: {other:?}"),
    };
    let last = before + 1 + u64::from(case.begun);
    assert_eq!((revision, unchanged), (last, case.done), "{namespace}");
    let mut expected = vec![(1, "superseded")];
    expected.truncate(usize::try_from(before).expect("0 or 1"));
    expected.extend(case.begun.then_some((before + 1, "failed")));
    expected.push((last, "deployed"));
    stands(cluster, &namespace, "2.0.0", &expected).await;
    true
}

#[test]
fn an_apply_that_dies_anywhere_is_mended_by_the_next_one() {
    run(async {
        let cluster = connect().await;
        for case in &APPLIES {
            for before in [0, 1] {
                for nth in 1..=case.hits {
                    let died = mended_by_apply(&cluster, case, before, nth).await;
                    assert!(died, "{} was not reached {nth} times", case.failpoint);
                }
                let again = mended_by_apply(&cluster, case, before, case.hits + 1).await;
                assert!(!again, "{} is reached more often", case.failpoint);
            }
        }
    });
}

#[test]
fn what_an_apply_leaves_that_dies_anywhere_is_taken_away_by_an_uninstall() {
    run(async {
        let cluster = connect().await;
        for case in &APPLIES {
            let namespace = namespace(case.failpoint, "gone", 1);
            let site = site(&cluster, &namespace);
            let first = plan(&site, release("1.0.0"), &objects("1.0.0")).await.unwrap();
            assert!(dies(&namespace, case.failpoint, 1, Some(&first)), "{namespace}");
            uninstall(&site, &heir()).await.unwrap_or_else(|error| panic!("{namespace}: {error}"));
            assert_eq!(names(&namespace), [""; 0], "{namespace}");
        }
    });
}

#[test]
fn an_uninstall_that_dies_anywhere_is_mended_by_the_next_one_and_by_an_apply() {
    run(async {
        let cluster = connect().await;
        for (failpoint, hits, is_forgotten) in UNINSTALLS {
            for nth in 1..=hits {
                let namespaces = ["gone", "back"].map(|what| namespace(failpoint, what, nth));
                for namespace in &namespaces {
                    bring_ready(&site(&cluster, namespace), "1.0.0", &objects("1.0.0")).await;
                    assert!(dies(namespace, failpoint, nth, None), "{namespace}: not reached");
                }
                let [gone, back] = &namespaces;
                uninstall(&site(&cluster, gone), &heir()).await.unwrap();
                assert_eq!(names(gone), [""; 0], "{gone}");
                let outcome =
                    bring(&site(&cluster, back), &heir(), "2.0.0", &objects("2.0.0")).await;
                assert!(
                    matches!(outcome, Ok(Outcome::Ready { revision: 2 })),
                    "{back}: {outcome:?}"
                );
                let first = (!is_forgotten).then_some((1, "superseded"));
                let expected: Vec<_> = first.into_iter().chain([(2, "deployed")]).collect();
                stands(&cluster, back, "2.0.0", &expected).await;
            }
            let namespace = namespace(failpoint, "whole", 1);
            bring_ready(&site(&cluster, &namespace), "1.0.0", &objects("1.0.0")).await;
            assert!(
                !dies(&namespace, failpoint, hits + 1, None),
                "{failpoint}: reached more often"
            );
        }
    });
}

#[test]
fn every_failpoint_of_a_release_is_died_at() {
    let applies = APPLIES.iter().map(|case| case.failpoint);
    let died_at: Vec<_> = applies.chain(UNINSTALLS.map(|(failpoint, ..)| failpoint)).collect();
    assert_eq!(died_at, deaths::failpoints(deaths::RELEASES));
}
