//! Changes an app in a cluster and dies at a failpoint: the program that the suite `judged` kills.
//!
//! `dying KUBECONFIG CONTEXT UID NAMESPACE FAILPOINT NTH`, with a plan as JSON on standard input;
//! with nothing there it uninstalls. Exit status 0 says that the failpoint was not reached.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use landfall_cluster::{Cluster, Pin, Target};
use landfall_deploy::{Error, Limits, Session, Site, apply, uninstall};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [kubeconfig, context, uid, namespace, failpoint, nth] = &arguments[..] else {
        panic!("not six arguments: {arguments:?}")
    };
    let target = Target {
        kubeconfigs: vec![kubeconfig.into()],
        context: context.clone(),
        pin: Pin::KubeSystemUid(uid.clone()),
        loopback_only: true,
    };
    let plan = std::io::read_to_string(std::io::stdin()).expect("a plan, or nothing");
    let nth = nth.parse().expect("a number");
    assert!(landfall_failpoint::arm(failpoint, nth), "`{failpoint}` is no failpoint");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.expect("a runtime").block_on(change(&target, namespace, &plan)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => panic!("{error:?}"),
    }
}

async fn change(target: &Target, namespace: &str, plan: &str) -> Result<(), Error> {
    let cluster = Cluster::connect(target).await?;
    let site = Site {
        cluster: &cluster,
        namespace: namespace.into(),
        app: "myapp".into(),
        create_namespace: true,
    };
    let session = Session {
        holder: "dead@here 7".into(),
        clock: &unix_seconds,
        has_ended: &|_| false,
        limits: Limits { ready_seconds: 120, look_milliseconds: 50, history: 10 },
        events: &|_| {},
    };
    if plan.is_empty() {
        return uninstall(&site, &session).await.map(drop);
    }
    let plan = serde_json::from_str(plan).expect("a plan");
    apply(&site, &session, &plan, "Upgrade").await.map(drop)
}

#[allow(clippy::disallowed_methods, reason = "a program that releases is a front")]
fn unix_seconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("after 1970").as_secs()
}
