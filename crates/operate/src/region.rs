//! One region of one stage: its cluster, proven to be the one that is meant, and the app's place.

use landfall::failure::Failure;
use landfall::surroundings::Surroundings;
use landfall_cluster::{Cluster, Target};
use landfall_config::environment::{Environment, Pin};
use landfall_deploy::Site;

use crate::failure::in_region;

/// Connects to the cluster of an environment.
///
/// Fails where the context is unknown or leads to another cluster than the pinned one.
pub async fn connect(around: &Surroundings, environment: &Environment) -> Result<Cluster, Failure> {
    let place = format!("{} {}", environment.stage, environment.region);
    let cluster = Cluster::connect(&target(around, environment)?).await;
    cluster.map_err(|error| in_region(&place, error.into()))
}

fn target(around: &Surroundings, environment: &Environment) -> Result<Target, Failure> {
    let cluster = &environment.cluster;
    let local = cluster.kubeconfig.as_ref();
    let kubeconfigs = match local {
        Some(path) => vec![around.workspace()?.join(path.as_str())],
        None => around.kubeconfigs(),
    };
    Ok(Target {
        kubeconfigs,
        context: cluster.cluster.context.value.clone(),
        pin: match &cluster.cluster.pin.value {
            Pin::CaSha256(digest) => landfall_cluster::Pin::CaSha256(*digest),
            Pin::KubeSystemUid(uid) => landfall_cluster::Pin::KubeSystemUid(uid.clone()),
        },
        loopback_only: local.is_some(),
    })
}

/// The app's place in that cluster.
pub fn site<'a>(cluster: &'a Cluster, environment: &Environment, app: &str) -> Site<'a> {
    Site {
        cluster,
        namespace: environment.namespace.clone(),
        app: app.into(),
        create_namespace: environment.create_namespace,
    }
}
