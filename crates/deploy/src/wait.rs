//! Looks at a rollout until it is ready, has failed, or has taken too long.

use std::time::Duration;

use landfall_cluster::Progress;
use landfall_rollout::{Head, ObjectKey, Readiness};

use crate::{Error, Event, Session, Site, lease};

/// Waits until every object is ready. Gives what is not when time is up, or as soon as one object
/// says that it will not be.
pub(crate) async fn until_ready(
    site: &Site<'_>,
    session: &Session<'_>,
    head: &mut Head,
    objects: &[ObjectKey],
) -> Result<Vec<Progress>, Error> {
    let began = (session.clock)();
    loop {
        let looked = look(site, session, head, objects).await;
        let seconds = (session.clock)().saturating_sub(began);
        let over = seconds >= session.limits.ready_seconds;
        match looked {
            Ok(unready) if over || is_decided(&unready) => return Ok(unready),
            Ok(unready) => (session.events)(Event::Waiting { seconds, unready: &unready }),
            // An API server that starts anew is no reason to give a rollout up.
            Err(Error::Cluster(error)) if !over && error.is_passing() => {}
            Err(error) => return Err(error),
        }
        tokio::time::sleep(Duration::from_millis(session.limits.look_milliseconds)).await;
    }
}

async fn look(
    site: &Site<'_>,
    session: &Session<'_>,
    head: &mut Head,
    objects: &[ObjectKey],
) -> Result<Vec<Progress>, Error> {
    lease::keep(site, session, head).await?;
    let mut unready = site.cluster.progress(objects).await?;
    unready.retain(|progress| progress.readiness != Readiness::Ready);
    Ok(unready)
}

/// Whether waiting longer would change nothing: all is ready, or something never will be.
fn is_decided(unready: &[Progress]) -> bool {
    let failed = |progress: &Progress| matches!(progress.readiness, Readiness::Failed(_));
    unready.is_empty() || unready.iter().any(failed)
}
