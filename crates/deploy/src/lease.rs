//! The right to change an app: taken, kept while work goes on, given back.

use std::time::Duration;

use landfall_cluster::ClusterError;
use landfall_rollout::{Head, Lease};

use crate::{Error, Event, Session, Site};

/// How long a lease runs when nobody renews it: what a killed run holds others up at the most.
///
/// Longer than any request may take, so that no write arrives after its end.
const LEASE_SECONDS: u64 = 45;
/// A lease that has less left is renewed.
const RENEW_BELOW_SECONDS: u64 = 35;
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Takes the lease. A holder that does not renew is waited for until its lease ends; one of this
/// machine that has ended is not waited for.
pub(crate) async fn take(site: &Site<'_>, session: &Session<'_>) -> Result<Head, Error> {
    let mut seen: Option<Lease> = None;
    loop {
        let mut head = site.cluster.head(&site.namespace, &site.app).await?;
        let other = head.held_by_another(&session.holder, (session.clock)()).cloned();
        match other.filter(|lease| !(session.has_ended)(&lease.holder)) {
            None => {
                head.lease = Some(lease(session));
                match site.cluster.write_head(&site.namespace, &head).await {
                    // Another was faster: let us see who.
                    Err(ClusterError::Raced { .. }) => {}
                    written => return Ok(written?),
                }
            }
            // It was renewed while we looked on: somebody is at work.
            Some(lease) if seen.as_ref().is_some_and(|seen| *seen != lease) => {
                return Err(Error::Held { holder: lease.holder });
            }
            Some(lease) => {
                if seen.is_none() {
                    let seconds = lease.until_unix_seconds.saturating_sub((session.clock)());
                    (session.events)(Event::Held { holder: &lease.holder, seconds });
                }
                seen = Some(lease);
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }
}

fn lease(session: &Session<'_>) -> Lease {
    let until_unix_seconds = (session.clock)() + LEASE_SECONDS;
    Lease { holder: session.holder.clone(), until_unix_seconds }
}

/// Renews a lease that is about to run out.
pub(crate) async fn keep(
    site: &Site<'_>,
    session: &Session<'_>,
    head: &mut Head,
) -> Result<(), Error> {
    let until = head.lease.as_ref().map_or(0, |lease| lease.until_unix_seconds);
    if until.saturating_sub((session.clock)()) < RENEW_BELOW_SECONDS {
        head.lease = Some(lease(session));
        write(site, session, head).await?;
    }
    Ok(())
}

/// Writes a head whose lease is held.
///
/// Where the answer to an earlier write was lost, that write may stand: then the stored lease is
/// still this holder's, and nobody else has changed anything. Fails with [`ClusterError::Raced`]
/// where somebody has taken over.
pub(crate) async fn write(
    site: &Site<'_>,
    session: &Session<'_>,
    head: &mut Head,
) -> Result<(), Error> {
    let mut written = site.cluster.write_head(&site.namespace, head).await;
    if let Err(ClusterError::Raced { .. }) = written {
        let found = site.cluster.head(&site.namespace, &site.app).await?;
        if found.lease.as_ref().is_some_and(|lease| lease.holder == session.holder) {
            head.resource_version = found.resource_version;
            written = site.cluster.write_head(&site.namespace, head).await;
        }
    }
    *head = written?;
    Ok(())
}

/// Gives the lease back, with what the head has become.
pub(crate) async fn give_back(
    site: &Site<'_>,
    session: &Session<'_>,
    mut head: Head,
) -> Result<(), Error> {
    head.lease = None;
    write(site, session, &mut head).await
}
