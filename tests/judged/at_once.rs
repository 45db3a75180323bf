//! Two who change one app at a time, and what a run leaves that was cut short.

use std::future::pending;
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use futures::future::{self, Either};
use landfall_cluster::Cluster;
use landfall_deploy::{Error, Event, Outcome, Session, apply, earlier, plan, uninstall};
use landfall_hashing::Digest;
use landfall_rollout::{FORMAT, Head, Lease, Plan, Record, Status};
use landfall_testkit::{POD_LABEL, PodFate};

use crate::site::{
    bring, bring_ready, connect, deployment, names, objects, release, run, session, site,
    unix_seconds,
};

const DEAD: &str = "dead@here 7";

#[test]
fn of_two_at_once_one_wins_and_the_other_is_told() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "race");
        bring_ready(&site, "1.0.0", &objects("1.0.0")).await;
        let second = Session { holder: "another@there 2".into(), ..session() };
        let (one, other) = (objects("2.0.0"), objects("3.0.0"));
        let mut came = [
            plan(&site, release("2.0.0"), &one).await.unwrap(),
            plan(&site, release("3.0.0"), &other).await.unwrap(),
        ];
        let [one, other] = &mut came;
        let first = session();
        let outcomes = future::join(
            apply(&site, &first, one, "Upgrade"),
            apply(&site, &second, other, "Upgrade"),
        );
        let (one, other) = outcomes.await;
        let (winner, loser) = if one.is_ok() { (one, other) } else { (other, one) };
        assert!(matches!(winner, Ok(Outcome::Ready { revision: 2 })), "{winner:?}");
        assert!(matches!(loser, Err(Error::Moved { planned: 1, found: 2 })), "{loser:?}");
        let head = cluster.head("race", "myapp").await.unwrap();
        assert_eq!((head.revision, head.deployed, head.lease), (2, 2, None));
    });
}

#[test]
fn whoever_waits_for_one_who_goes_on_is_told_who_it_is() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "held");
        bring_ready(&site, "1.0.0", &[deployment("1.0.0")]).await;
        let mut ill = deployment("2.0.0");
        let fate = PodFate::NeverReady.label_value();
        ill["spec"]["template"]["metadata"]["labels"][POD_LABEL] = fate.into();
        // Its time flies, so that it renews its lease while the other looks on.
        let began = Instant::now();
        let clock = || unix_seconds() + began.elapsed().as_secs() * 20;
        let mut first = Session { clock: &clock, ..session() };
        first.limits.ready_seconds = 10_000;
        let waited = Mutex::new(None);
        let events = |event: Event<'_>| {
            if let Event::Held { holder, .. } = event {
                *waited.lock().unwrap() = Some(holder.to_owned());
            }
        };
        let second = Session { holder: "another@there 2".into(), events: &events, ..session() };
        let other = plan(&site, release("3.0.0"), &[deployment("3.0.0")]).await.unwrap();
        let ill = [ill];
        let first = pin!(bring(&site, &first, "2.0.0", &ill));
        let second = pin!(async {
            while cluster.head("held", "myapp").await.unwrap().lease.is_none() {}
            apply(&site, &second, &other, "Upgrade").await
        });
        let Either::Right((told, _)) = future::select(first, second).await else {
            panic!("the first has ended")
        };
        let error = told.unwrap_err();
        assert_eq!(error.to_string(), "somebody@here 1 is changing the app right now");
        assert_eq!(waited.lock().unwrap().as_deref(), Some("somebody@here 1"));
    });
}

/// Carries a plan out until `count` objects are done, and is not heard of again.
async fn cut_short(cluster: &Cluster, namespace: &str, plan: &Plan, count: usize) {
    let (site, done) = (site(cluster, namespace), AtomicUsize::new(0));
    let events = |event: Event<'_>| {
        if let Event::Done { .. } = event {
            done.fetch_add(1, Ordering::Relaxed);
        }
    };
    let session = Session { holder: DEAD.into(), events: &events, ..session() };
    let run = pin!(apply(&site, &session, plan, "Upgrade"));
    let enough = pin!(future::poll_fn(|context| {
        if done.load(Ordering::Relaxed) >= count {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    }));
    let Either::Right(_) = future::select(run, enough).await else { panic!("it came to its end") };
}

/// Someone who knows that the dead are dead, as on the same machine.
pub fn heir() -> Session<'static> {
    Session { holder: "heir@here 8".into(), has_ended: &|holder| holder == DEAD, ..session() }
}

pub async fn statuses(cluster: &Cluster, namespace: &str) -> Vec<(u64, &'static str)> {
    let summaries = cluster.summaries(namespace, "myapp").await.unwrap();
    let status = |status: Option<Status>| status.map_or("?", Status::word);
    summaries.iter().map(|summary| (summary.revision, status(summary.status))).collect()
}

#[test]
fn a_run_that_was_cut_short_between_objects_is_gone_on_with() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "cut");
        let first = plan(&site, release("1.0.0"), &objects("1.0.0")).await.unwrap();
        cut_short(&cluster, "cut", &first, 2).await;
        let known = Mutex::new(Vec::new());
        let events = |event: Event<'_>| {
            if let Event::Interrupted { revision } = event {
                known.lock().unwrap().push(revision);
            }
        };
        let heir = Session { events: &events, ..heir() };
        // The same plan, as from a file, although the namespace and two objects are there now.
        let outcome = apply(&site, &heir, &first, "Install").await.unwrap();
        assert!(matches!(outcome, Outcome::Ready { revision: 2 }), "{outcome:?}");
        assert_eq!(*known.lock().unwrap(), [1]);
        assert_eq!(statuses(&cluster, "cut").await, [(1, "failed"), (2, "deployed")]);
        let interrupted = cluster.record("cut", "myapp", 1).await.unwrap().unwrap();
        assert_eq!(interrupted.journal, ["interrupted"]);
    });
}

#[test]
fn what_a_run_left_that_was_cut_short_goes_with_the_next_release_that_does_not_want_it() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "left");
        bring_ready(&site, "1.0.0", &objects("1.0.0")[1..2]).await;
        let second = plan(&site, release("2.0.0"), &objects("2.0.0")).await.unwrap();
        cut_short(&cluster, "left", &second, 1).await;
        assert!(names("left").contains(&"ConfigMap/settings".into()));
        let outcome = bring(&site, &heir(), "1.0.0", &objects("1.0.0")[1..2]).await.unwrap();
        assert!(matches!(outcome, Outcome::Ready { revision: 3 }), "{outcome:?}");
        assert!(!names("left").contains(&"ConfigMap/settings".into()));
        assert_eq!(
            statuses(&cluster, "left").await,
            [(1, "superseded"), (2, "failed"), (3, "deployed")]
        );
    });
}

#[test]
fn an_uninstall_that_was_cut_short_is_gone_on_with() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "half-gone");
        bring_ready(&site, "1.0.0", &objects("1.0.0")).await;
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let stop = Mutex::new(Some(stop));
        let events = |event: Event<'_>| {
            if let Event::Done { .. } = event {
                stop.lock().unwrap().take().map(|stop| stop.send(()));
            }
        };
        let dying = Session { holder: DEAD.into(), events: &events, ..session() };
        {
            let dying = pin!(uninstall(&site, &dying));
            let half = future::select(dying, stopped).await;
            assert!(matches!(half, Either::Right(_)), "it came to its end");
        }
        uninstall(&site, &heir()).await.unwrap();
        assert_eq!(names("half-gone"), [""; 0]);
    });
}

/// What stands where a run was killed right after a write: the head, and perhaps a record.
struct Left {
    namespace: &'static str,
    head: (u64, u64),
    record: Option<Status>,
    /// What the next run of the same plan comes to, and the records then.
    revision: u64,
    unchanged: bool,
    statuses: &'static [(u64, &'static str)],
}

#[test]
fn each_state_that_a_kill_leaves_is_mended_by_the_next_run() {
    let cases = [
        Left {
            namespace: "killed-after-lease",
            head: (1, 1),
            record: None,
            revision: 2,
            unchanged: false,
            statuses: &[(1, "superseded"), (2, "deployed")],
        },
        Left {
            namespace: "killed-after-head",
            head: (2, 1),
            record: None,
            revision: 2,
            unchanged: false,
            statuses: &[(1, "superseded"), (2, "deployed")],
        },
        Left {
            namespace: "killed-after-record",
            head: (2, 1),
            record: Some(Status::Pending),
            revision: 3,
            unchanged: false,
            statuses: &[(1, "superseded"), (2, "failed"), (3, "deployed")],
        },
        Left {
            namespace: "killed-after-record-end",
            head: (2, 1),
            record: Some(Status::Deployed),
            revision: 2,
            unchanged: true,
            statuses: &[(1, "superseded"), (2, "deployed")],
        },
    ];
    run(async {
        let cluster = connect().await;
        for case in cases {
            let site = site(&cluster, case.namespace);
            bring_ready(&site, "1.0.0", &objects("1.0.0")).await;
            let second = plan(&site, release("2.0.0"), &objects("2.0.0")).await.unwrap();
            leave(&cluster, &case, &second).await;
            let outcome = apply(&site, &heir(), &second, "Upgrade").await;
            let found = match outcome.unwrap_or_else(|error| panic!("{}: {error}", case.namespace))
            {
                Outcome::Ready { revision } => (revision, false),
                Outcome::Unchanged { revision } => (revision, true),
                other => panic!("{}: {other:?}", case.namespace),
            };
            assert_eq!(found, (case.revision, case.unchanged), "{}", case.namespace);
            assert_eq!(statuses(&cluster, case.namespace).await, case.statuses);
            let head = cluster.head(case.namespace, "myapp").await.unwrap();
            let revision = case.revision;
            assert_eq!((head.revision, head.deployed, head.lease), (revision, revision, None));
            assert_eq!(earlier(&site, None).await.unwrap().revision, 1);
        }
    });
}

async fn leave(cluster: &Cluster, case: &Left, plan: &Plan) {
    let (revision, deployed) = case.head;
    let lease = Some(Lease { holder: DEAD.into(), until_unix_seconds: unix_seconds() + 3_600 });
    let head = cluster.head(case.namespace, "myapp").await.unwrap();
    let head = Head { revision, deployed, lease, ..head };
    cluster.write_head(case.namespace, &head).await.unwrap();
    let Some(status) = case.record else { return };
    let record = Record { revision, status, plan: plan.digest(), ..record(plan) };
    cluster.create_record(case.namespace, &record).await.unwrap();
    if status == Status::Deployed {
        for object in plan.objects() {
            cluster.apply(&object).await.unwrap();
        }
    }
}

fn record(plan: &Plan) -> Record {
    Record {
        format: FORMAT,
        release: plan.release.clone(),
        revision: 0,
        status: Status::Pending,
        description: "Upgrade".into(),
        who: DEAD.into(),
        started: "2026-01-01T00:00:00Z".into(),
        finished: None,
        plan: Digest::of(""),
        objects: plan.objects(),
        journal: Vec::new(),
    }
}

#[test]
fn a_lease_that_has_run_out_is_taken_without_waiting() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "ran-out");
        bring_ready(&site, "1.0.0", &objects("1.0.0")).await;
        let lease = Some(Lease { holder: DEAD.into(), until_unix_seconds: unix_seconds() });
        let head = cluster.head("ran-out", "myapp").await.unwrap();
        cluster.write_head("ran-out", &Head { lease, ..head }).await.unwrap();
        let waits = |event: Event<'_>| assert!(!matches!(event, Event::Held { .. }));
        let session = Session { events: &waits, ..session() };
        let outcome = bring(&site, &session, "1.1.0", &objects("1.1.0")).await.unwrap();
        assert!(matches!(outcome, Outcome::Ready { revision: 2 }), "{outcome:?}");
    });
}

#[test]
fn who_lost_the_lease_meanwhile_stops() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "lost");
        bring_ready(&site, "1.0.0", &[deployment("1.0.0")]).await;
        let mut ill = deployment("2.0.0");
        let fate = PodFate::NeverReady.label_value();
        ill["spec"]["template"]["metadata"]["labels"][POD_LABEL] = fate.into();
        let began = Instant::now();
        let clock = || unix_seconds() + began.elapsed().as_secs() * 20;
        let slow = Session { clock: &clock, ..session() };
        let ill = [ill];
        let slow = pin!(bring(&site, &slow, "2.0.0", &ill));
        let takes = pin!(async {
            let mut head = cluster.head("lost", "myapp").await.unwrap();
            while head.revision < 2 {
                head = cluster.head("lost", "myapp").await.unwrap();
            }
            let until_unix_seconds = unix_seconds() + 3_600;
            head.lease = Some(Lease { holder: "another@there 2".into(), until_unix_seconds });
            while cluster.write_head("lost", &head).await.is_err() {
                head.resource_version =
                    cluster.head("lost", "myapp").await.unwrap().resource_version;
            }
            pending::<()>().await;
        });
        let Either::Left((stopped, _)) = future::select(slow, takes).await else { unreachable!() };
        let error = stopped.unwrap_err().to_string();
        let expected =
            "the head of the app's releases was changed by somebody else at the same moment";
        assert_eq!(error, expected);
        let head = cluster.head("lost", "myapp").await.unwrap();
        assert_eq!(head.lease.map(|lease| lease.holder).as_deref(), Some("another@there 2"));
    });
}
