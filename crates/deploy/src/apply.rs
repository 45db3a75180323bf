//! Plan → rollout: every step, then the wait, with a record of both.
//!
//! The order is what makes a kill harmless: the lease and a record of what is wanted come first, so
//! that whoever comes next knows what may have been done; the record says `deployed` only when
//! everything is ready.

use std::collections::BTreeSet;

use futures::future;
use landfall_cluster::{AT_ONCE, ClusterError, Dependents, Progress};
use landfall_failpoint as failpoint;
use landfall_rollout::{
    Action, FORMAT, Head, NamespaceStep, ObjectKey, Plan, Record, Status, Step,
};

use crate::plan::is_idle;
use crate::{Error, Event, Session, Site, lease, wait};

/// What came of an apply.
#[derive(Debug)]
pub enum Outcome {
    /// The cluster is as the plan wants it, and was before.
    Unchanged {
        /// The release that stands.
        revision: u64,
    },
    /// Everything is ready.
    Ready {
        /// The new release.
        revision: u64,
    },
    /// Applied, and not ready in time. The release before goes on where its objects allow that.
    NotReady {
        /// The new release, which is recorded as failed.
        revision: u64,
        /// The last release that was ready; 0 where none was.
        deployed: u64,
        /// What is not ready.
        unready: Vec<Progress>,
    },
}

/// Carries a plan out and waits until every object is ready.
///
/// `description` is for people: `Upgrade`, `Rollback to 3`. Fails where the plan is for another
/// cluster or another state, where somebody else is at work, and where the cluster refuses a step; a
/// release that was begun is then recorded as failed. A plan may be carried out twice: what was cut
/// short is gone on with, and what stands is left alone.
pub async fn apply(
    site: &Site<'_>,
    session: &Session<'_>,
    plan: &Plan,
    description: &str,
) -> Result<Outcome, Error> {
    check_cluster(site, plan)?;
    if let Some(revision) = standing(site, plan).await? {
        return Ok(Outcome::Unchanged { revision });
    }
    if plan.namespace_step == NamespaceStep::Create {
        site.cluster.create_namespace(&site.namespace).await?;
    }
    let mut head = lease::take(site, session).await?;
    failpoint::hit("apply::after-lease");
    let outcome = with_lease(site, session, plan, description, &mut head).await;
    let given_back = lease::give_back(site, session, head).await;
    // The first error tells; a lease that cannot be given back runs out.
    let outcome = outcome?;
    given_back.map(|()| outcome)
}

fn check_cluster(site: &Site<'_>, plan: &Plan) -> Result<(), Error> {
    let found = site.cluster.pin().to_string();
    if plan.cluster == found && plan.namespace == site.namespace {
        return Ok(());
    }
    let planned = format!("{} and namespace {}", plan.cluster, plan.namespace);
    Err(Error::OtherCluster { planned, found: format!("{found} and namespace {}", site.namespace) })
}

/// The release that stands, where it is what the plan wants and nobody is at work: then nothing is
/// written, not even a lease.
async fn standing(site: &Site<'_>, plan: &Plan) -> Result<Option<u64>, Error> {
    if plan.changes() {
        return Ok(None);
    }
    let head = site.cluster.head(&site.namespace, &site.app).await?;
    let rests = head.lease.is_none() && head.deployed == head.revision;
    if !rests || head.revision != plan.from_revision {
        return Ok(None);
    }
    let current = newest(site, &head).await?;
    let idle = is_idle(&again(site, plan).await?, current.as_ref());
    Ok(idle.then_some(head.revision))
}

/// The record of the newest release, whatever came of it.
async fn newest(site: &Site<'_>, head: &Head) -> Result<Option<Record>, Error> {
    if head.revision == 0 {
        return Ok(None);
    }
    Ok(site.cluster.record(&site.namespace, &site.app, head.revision).await?)
}

/// The plan as it would be made now.
async fn again(site: &Site<'_>, plan: &Plan) -> Result<Plan, Error> {
    crate::plan(site, plan.release.clone(), &plan.objects()).await
}

async fn with_lease(
    site: &Site<'_>,
    session: &Session<'_>,
    plan: &Plan,
    description: &str,
    head: &mut Head,
) -> Result<Outcome, Error> {
    let newest = mend(site, session, head).await?;
    let now = unmoved(site, plan, head, newest.as_ref()).await?;
    if head.deployed == head.revision && is_idle(&now, newest.as_ref()) {
        return Ok(Outcome::Unchanged { revision: head.revision });
    }
    let mut record = record(session, plan, description, head.revision + 1);
    begin(site, session, &record, head).await?;
    match carry_out(site, session, &now, head, &mut record).await {
        Ok(unready) => finish(site, session, head, record, unready).await,
        Err(error) => {
            fail(site, session, record, &error).await;
            Err(error)
        }
    }
}

/// Puts right what a run left that was cut short: with the lease in hand it is known that it will
/// not go on. Gives the newest record.
async fn mend(
    site: &Site<'_>,
    session: &Session<'_>,
    head: &mut Head,
) -> Result<Option<Record>, Error> {
    let mut found = newest(site, head).await?;
    if found.is_none() && head.deployed < head.revision {
        // It was counted, and never begun: the number is free.
        head.revision -= 1;
        found = newest(site, head).await?;
    }
    let Some(mut record) = found else { return Ok(None) };
    match record.status {
        Status::Pending => {
            (session.events)(Event::Interrupted { revision: record.revision });
            record.status = Status::Failed;
            record.finished = Some(session.now_text());
            record.journal.push("interrupted".into());
            site.cluster.update_record(&site.namespace, &record).await?;
        }
        // It became ready, and the head was not told.
        Status::Deployed if head.deployed < head.revision => {
            supersede(site, head.deployed).await?;
            head.deployed = head.revision;
        }
        _ => {}
    }
    Ok(Some(record))
}

/// The plan as it would be made now, where that is what was planned, or what is left of it.
///
/// Everything that the cluster would refuse is found here, before anything is changed: also what
/// could not be checked before, because the namespace was not there.
async fn unmoved(
    site: &Site<'_>,
    plan: &Plan,
    head: &Head,
    newest: Option<&Record>,
) -> Result<Plan, Error> {
    let begun = newest.filter(|record| record.plan == plan.digest());
    if begun.is_none() && plan.from_revision != head.revision {
        return Err(Error::Moved { planned: plan.from_revision, found: head.revision });
    }
    let now = again(site, plan).await?;
    let same = match begun {
        Some(record) if record.status == Status::Deployed => !now.changes(),
        Some(_) => true,
        None => now.steps == plan.steps,
    };
    if same { Ok(now) } else { Err(Error::Changed { objects: changed(plan, &now) }) }
}

/// The objects whose steps differ.
fn changed(planned: &Plan, now: &Plan) -> Vec<String> {
    let missing = |step: &&Step, plan: &Plan| !plan.steps.contains(step);
    let before = planned.steps.iter().filter(|step| missing(step, now));
    let after = now.steps.iter().filter(|step| missing(step, planned));
    let names: BTreeSet<_> = before.chain(after).map(|step| step.object.to_string()).collect();
    names.into_iter().collect()
}

/// Writes down what is about to happen. The head comes first: a revision that it does not count
/// would be looked for by nobody.
async fn begin(
    site: &Site<'_>,
    session: &Session<'_>,
    record: &Record,
    head: &mut Head,
) -> Result<(), Error> {
    // A record that is too large is found before anything is written.
    record.to_secret(&site.namespace).map_err(ClusterError::from)?;
    head.revision = record.revision;
    lease::write(site, session, head).await?;
    failpoint::hit("apply::after-head");
    site.cluster.create_record(&site.namespace, record).await?;
    failpoint::hit("apply::after-record");
    Ok(())
}

fn record(session: &Session<'_>, plan: &Plan, description: &str, revision: u64) -> Record {
    Record {
        format: FORMAT,
        release: plan.release.clone(),
        revision,
        status: Status::Pending,
        description: description.into(),
        who: session.holder.clone(),
        started: session.now_text(),
        finished: None,
        plan: plan.digest(),
        objects: plan.objects(),
        journal: Vec::new(),
    }
}

async fn carry_out(
    site: &Site<'_>,
    session: &Session<'_>,
    plan: &Plan,
    head: &mut Head,
    record: &mut Record,
) -> Result<Vec<Progress>, Error> {
    for batch in plan.groups().flat_map(|group| group.chunks(AT_ONCE)) {
        lease::keep(site, session, head).await?;
        carry_out_batch(site, session, batch, &mut record.journal).await?;
    }
    failpoint::hit("apply::before-wait");
    let kept = plan.steps.iter().filter(|step| step.action != Action::Delete);
    let keys: Vec<ObjectKey> = kept.map(|step| step.object.clone()).collect();
    wait::until_ready(site, session, head, &keys).await
}

/// Steps side by side; every one ends, whatever comes of the others, so that the journal is true.
async fn carry_out_batch(
    site: &Site<'_>,
    session: &Session<'_>,
    batch: &[Step],
    journal: &mut Vec<String>,
) -> Result<(), Error> {
    let steps = batch.iter().map(|step| carry_out_one(site, session, step));
    let mut first_error = None;
    for (step, done) in batch.iter().zip(future::join_all(steps).await) {
        match done {
            Ok(()) => journal.push(format!("{} {}", past(step.action), step.object)),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    first_error.map_or(Ok(()), Err)
}

fn past(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Change => "changed",
        Action::Keep => "kept",
        Action::Delete => "deleted",
    }
}

/// A step that keeps an object is sent as well: it costs little, and makes true what was planned.
async fn carry_out_one(site: &Site<'_>, session: &Session<'_>, step: &Step) -> Result<(), Error> {
    match &step.wanted {
        Some(wanted) => site.cluster.apply(wanted).await.map(drop)?,
        None => {
            site.cluster.delete(&step.object, step.uid.as_deref(), Dependents::Later).await?;
        }
    }
    failpoint::hit("apply::between-objects");
    (session.events)(Event::Done { object: &step.object, action: step.action });
    Ok(())
}

async fn finish(
    site: &Site<'_>,
    session: &Session<'_>,
    head: &mut Head,
    mut record: Record,
    unready: Vec<Progress>,
) -> Result<Outcome, Error> {
    lease::keep(site, session, head).await?;
    let (revision, deployed) = (record.revision, head.deployed);
    let ready = unready.is_empty();
    record.status = if ready { Status::Deployed } else { Status::Failed };
    record.finished = Some(session.now_text());
    site.cluster.update_record(&site.namespace, &record).await?;
    failpoint::hit("apply::after-record-end");
    if !ready {
        return Ok(Outcome::NotReady { revision, deployed, unready });
    }
    head.deployed = revision;
    supersede(site, deployed).await?;
    forget(site, session, revision).await?;
    Ok(Outcome::Ready { revision })
}

async fn supersede(site: &Site<'_>, revision: u64) -> Result<(), Error> {
    if revision == 0 {
        return Ok(());
    }
    let before = site.cluster.record(&site.namespace, &site.app, revision).await?;
    if let Some(mut before) = before.filter(|record| record.status == Status::Deployed) {
        before.status = Status::Superseded;
        site.cluster.update_record(&site.namespace, &before).await?;
    }
    Ok(())
}

/// Removes the oldest records beyond what is kept.
async fn forget(site: &Site<'_>, session: &Session<'_>, current: u64) -> Result<(), Error> {
    let mut ended = site.cluster.summaries(&site.namespace, &site.app).await?;
    ended.retain(|summary| summary.revision != current);
    let surplus = ended.len().saturating_sub(session.limits.history);
    for summary in &ended[..surplus] {
        site.cluster.remove_record(&site.namespace, &site.app, summary.revision).await?;
    }
    Ok(())
}

/// Writes down that a release failed. Where that fails, too, the next run closes the record; the
/// first error is the one that tells.
async fn fail(site: &Site<'_>, session: &Session<'_>, mut record: Record, error: &Error) {
    record.status = Status::Failed;
    record.finished = Some(session.now_text());
    record.journal.push(format!("stopped: {error}"));
    drop(site.cluster.update_record(&site.namespace, &record).await);
}
