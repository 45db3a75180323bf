//! Wanted objects, and what the cluster says → plan.

use futures::{StreamExt, TryStreamExt, future, stream};
use landfall_cluster::{AT_ONCE, Cluster, ClusterError, NamespaceState};
use landfall_rollout::{
    Head, NamespaceStep, ObjectKey, Observed, Plan, Record, Release, Status, Step, install_rank,
};
use serde_json::Value;

use crate::{Error, Site, mark, owner};

/// Makes a plan that brings a release about. Nothing is changed.
///
/// Fails where the namespace is missing and may not be made, where objects are another release's,
/// and with every object that the cluster refuses.
pub async fn plan(site: &Site<'_>, release: Release, objects: &[Value]) -> Result<Plan, Error> {
    let namespace_step = namespace_step(site).await?;
    let exists = namespace_step == NamespaceStep::Keep;
    let mut wanted = marked(site, objects).await?;
    wanted.sort_by_key(|object| install_rank(object["kind"].as_str().unwrap_or_default()));
    let observed = site.cluster.observe(&wanted, exists);
    let (observed, head) = future::join(observed, head(site, exists)).await;
    let (observed, head) = (observed.map_err(one_or_all)?, head?);
    owner::check(site, &observed)?;
    let mut steps = bring(&observed)?;
    steps.extend(leavers(site, &head, &wanted).await?);
    Ok(Plan {
        format: 1,
        release,
        cluster: site.cluster.pin().to_string(),
        namespace: site.namespace.clone(),
        namespace_step,
        from_revision: head.revision,
        steps,
    })
}

/// One error for several: where the cluster does not answer, that is the one.
fn one_or_all(mut errors: Vec<ClusterError>) -> Error {
    match errors.iter().position(ClusterError::is_passing) {
        Some(index) => Error::Cluster(errors.swap_remove(index)),
        None if errors.len() == 1 => Error::Cluster(errors.remove(0)),
        None => Error::Refused(errors),
    }
}

async fn namespace_step(site: &Site<'_>) -> Result<NamespaceStep, Error> {
    let namespace = site.namespace.clone();
    match site.cluster.namespace_state(&namespace).await? {
        NamespaceState::Present => Ok(NamespaceStep::Keep),
        NamespaceState::Absent if site.create_namespace => Ok(NamespaceStep::Create),
        NamespaceState::Absent => Err(Error::NoNamespace { namespace }),
        NamespaceState::Ending => Err(Error::NamespaceEnding { namespace }),
    }
}

async fn head(site: &Site<'_>, namespace_exists: bool) -> Result<Head, Error> {
    if !namespace_exists {
        return Ok(Head::new(&site.app));
    }
    let mut head = site.cluster.head(&site.namespace, &site.app).await?;
    // A run that was killed before it wrote the record counted a revision that never began; the next
    // apply takes the number back, and a plan that started from it would be refused.
    if head.deployed < head.revision {
        let newest = site.cluster.record(&site.namespace, &site.app, head.revision).await?;
        head.revision -= u64::from(newest.is_none());
    }
    Ok(head)
}

/// The objects in the app's namespace, with its marks. A kind that the cluster does not serve is
/// left for the dry run to tell, together with all other refusals.
async fn marked(site: &Site<'_>, objects: &[Value]) -> Result<Vec<Value>, Error> {
    let mut marked = Vec::with_capacity(objects.len());
    for object in objects {
        let key = key_of(object)?;
        if let Some(found) = key.namespace.as_ref().filter(|found| **found != site.namespace) {
            return Err(Error::OtherNamespace {
                object: key.to_string(),
                found: found.clone(),
                namespace: site.namespace.clone(),
            });
        }
        let namespaced = match site.cluster.is_namespaced(&key).await {
            Err(ClusterError::UnknownKind { .. }) => true,
            known => known?,
        };
        let mut object = object.clone();
        mark(&mut object, &site.app, &site.namespace, namespaced);
        marked.push(object);
    }
    Ok(marked)
}

fn key_of(object: &Value) -> Result<ObjectKey, Error> {
    ObjectKey::of(object).map_err(|error| Error::Cluster(error.into()))
}

fn bring(observed: &[Observed]) -> Result<Vec<Step>, Error> {
    let steps = observed.iter().map(Step::bring).collect::<Result<Vec<_>, _>>();
    steps.map_err(|error| Error::Cluster(error.into()))
}

/// What earlier releases left and this one does not want: of the one that runs, and of a newer one
/// that did not make it. What came last goes first.
async fn leavers(site: &Site<'_>, head: &Head, wanted: &[Value]) -> Result<Vec<Step>, Error> {
    let wanted = wanted.iter().map(key_of).collect::<Result<Vec<_>, _>>()?;
    let mut left = objects_of(site.cluster, &site.namespace, head).await?;
    left.retain(|key| !wanted.iter().any(|other| other.names_same(key)));
    let steps = deletions(site, left).await?;
    let allowed = stream::iter(steps.clone())
        .map(|step| async move { site.cluster.dry_delete(&step.object, step.uid.as_deref()).await })
        .buffered(AT_ONCE);
    let refused = allowed.filter_map(|answer| future::ready(answer.err()));
    match refused.collect::<Vec<_>>().await {
        errors if errors.is_empty() => Ok(steps),
        errors => Err(one_or_all(errors)),
    }
}

/// The steps that take away which of the objects are there, and the app's to delete.
pub(crate) async fn deletions(
    site: &Site<'_>,
    mut keys: Vec<ObjectKey>,
) -> Result<Vec<Step>, Error> {
    keys.sort_by_key(|key| install_rank(&key.kind));
    keys.reverse();
    let live = site.cluster.get_all(&keys).await?;
    let found = keys.into_iter().zip(live).filter_map(|(key, live)| Some((key, live?)));
    let ours = found.filter(|(key, live)| owner::may_delete(site, key, live));
    Ok(ours.map(|(key, live)| Step::delete(key, &live)).collect())
}

/// The objects that the app's releases may have left in the cluster.
pub async fn objects_of(
    cluster: &Cluster,
    namespace: &str,
    head: &Head,
) -> Result<Vec<ObjectKey>, Error> {
    let records = stream::iter(revisions(head))
        .map(|revision| cluster.record(namespace, &head.app, revision))
        .buffered(AT_ONCE);
    let mut keys: Vec<ObjectKey> = Vec::new();
    for record in records.try_collect::<Vec<_>>().await?.iter().flatten() {
        for object in &record.objects {
            let key = key_of(object)?;
            if !keys.iter().any(|other| other.names_same(&key)) {
                keys.push(key);
            }
        }
    }
    Ok(keys)
}

/// The release that runs, and everything that was tried since.
fn revisions(head: &Head) -> impl Iterator<Item = u64> {
    head.deployed.max(1)..=head.revision
}

/// Whether a plan would only write down what a deployed record says already.
pub(crate) fn is_idle(plan: &Plan, current: Option<&Record>) -> bool {
    let same = |record: &Record| {
        record.status == Status::Deployed
            && record.release.digest == plan.release.digest
            && record.release.version == plan.release.version
            && record.objects == plan.objects()
    };
    !plan.changes() && current.is_some_and(same)
}
