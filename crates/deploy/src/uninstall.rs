//! Takes an app away: its objects, then its records.

use std::time::Duration;

use futures::future;
use landfall_cluster::{AT_ONCE, Dependents};
use landfall_failpoint as failpoint;
use landfall_rollout::{Action, Head, ObjectKey, Step};

use crate::plan::deletions;
use crate::{Error, Event, Session, Site, lease, objects_of};

/// Deletes every object that the app's releases left, waits until they are gone, and forgets the
/// app. Gives the objects, in the order of their deletion.
///
/// A run that was cut short is gone on with by the next one, because the records go last.
pub async fn uninstall(site: &Site<'_>, session: &Session<'_>) -> Result<Vec<ObjectKey>, Error> {
    if site.cluster.head(&site.namespace, &site.app).await?.is_new() {
        let (app, namespace) = (site.app.clone(), site.namespace.clone());
        return Err(Error::NotInstalled { app, namespace });
    }
    let mut head = lease::take(site, session).await?;
    let taken = take_away(site, session, &mut head).await;
    if taken.is_err() {
        // The first error tells; a lease that cannot be given back runs out.
        drop(lease::give_back(site, session, head).await);
    }
    taken
}

async fn take_away(
    site: &Site<'_>,
    session: &Session<'_>,
    head: &mut Head,
) -> Result<Vec<ObjectKey>, Error> {
    let keys = objects_of(site.cluster, &site.namespace, head).await?;
    let steps = deletions(site, keys).await?;
    for batch in steps.chunk_by(|one, next| one.object.kind == next.object.kind) {
        for batch in batch.chunks(AT_ONCE) {
            lease::keep(site, session, head).await?;
            delete(site, session, batch).await?;
        }
    }
    let keys: Vec<_> = steps.into_iter().map(|step| step.object).collect();
    until_gone(site, session, head, &keys).await?;
    forget(site, session, head).await?;
    Ok(keys)
}

async fn delete(site: &Site<'_>, session: &Session<'_>, batch: &[Step]) -> Result<(), Error> {
    let delete = |step: &Step| {
        let (object, uid) = (step.object.clone(), step.uid.clone());
        async move { site.cluster.delete(&object, uid.as_deref(), Dependents::First).await }
    };
    let answers = future::join_all(batch.iter().map(delete)).await;
    for (step, answer) in batch.iter().zip(answers) {
        answer?;
        failpoint::hit("uninstall::between-objects");
        (session.events)(Event::Done { object: &step.object, action: Action::Delete });
    }
    Ok(())
}

/// The head goes last: as long as it is there, the next run knows that something was.
async fn forget(site: &Site<'_>, session: &Session<'_>, head: &mut Head) -> Result<(), Error> {
    for summary in site.cluster.summaries(&site.namespace, &site.app).await? {
        lease::keep(site, session, head).await?;
        site.cluster.remove_record(&site.namespace, &site.app, summary.revision).await?;
    }
    failpoint::hit("uninstall::before-head");
    Ok(site.cluster.remove_head(&site.namespace, &site.app).await?)
}

async fn until_gone(
    site: &Site<'_>,
    session: &Session<'_>,
    head: &mut Head,
    keys: &[ObjectKey],
) -> Result<(), Error> {
    let began = (session.clock)();
    loop {
        let live = site.cluster.get_all(keys).await?;
        let left = keys.iter().zip(&live).filter(|(_, live)| live.is_some());
        let left: Vec<_> = left.map(|(key, _)| key.to_string()).collect();
        if left.is_empty() {
            return Ok(());
        }
        if (session.clock)().saturating_sub(began) >= session.limits.ready_seconds {
            return Err(Error::Lingering { objects: left });
        }
        lease::keep(site, session, head).await?;
        tokio::time::sleep(Duration::from_millis(session.limits.look_milliseconds)).await;
    }
}
