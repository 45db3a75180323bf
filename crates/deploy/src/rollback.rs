//! Which release to go back to.

use landfall_rollout::{Record, Status, Summary};

use crate::{Error, Site};

/// The record of an earlier release: the revision that is named, or the newest one that ran before
/// the current one.
pub async fn earlier(site: &Site<'_>, revision: Option<u64>) -> Result<Record, Error> {
    let summaries = site.cluster.summaries(&site.namespace, &site.app).await?;
    if summaries.is_empty() {
        let (app, namespace) = (site.app.clone(), site.namespace.clone());
        return Err(Error::NotInstalled { app, namespace });
    }
    let record = match revision.or_else(|| rollback_target(&summaries)) {
        Some(target) => site.cluster.record(&site.namespace, &site.app, target).await?,
        None => None,
    };
    let kept = summaries.iter().map(|summary| summary.revision).collect();
    record.ok_or_else(|| Error::NoRevision { app: site.app.clone(), wanted: revision, kept })
}

/// Of all releases, the oldest first, the one to go back to: where the newest failed, the one which
/// still runs; else the one that ran before it.
///
/// What has run is told by its place as well as by its status: a run that was killed at its end left
/// two that are `deployed`.
pub fn rollback_target(summaries: &[Summary]) -> Option<u64> {
    let has_run =
        |summary: &&Summary| matches!(summary.status, Some(Status::Deployed | Status::Superseded));
    let newest_runs = summaries.last().is_some_and(|newest| has_run(&newest));
    let mut ran = summaries.iter().rev().filter(has_run);
    let target = if newest_runs { ran.nth(1) } else { ran.next() };
    target.map(|summary| summary.revision)
}

#[cfg(test)]
mod tests {
    use landfall_rollout::{Status, Summary};

    use super::rollback_target;

    fn summary((revision, status): (u64, Status)) -> Summary {
        let (version, description, who, started) = <(String, String, String, String)>::default();
        let (status, digest, finished) = (Some(status), None, None);
        Summary { revision, status, digest, version, description, who, started, finished }
    }

    #[test]
    fn the_way_back_leads_to_what_ran_before() {
        use Status::{Deployed, Failed, Pending, Superseded};
        type Kept = &'static [(u64, Status)];
        let cases: [(Kept, Option<u64>); 6] = [
            (&[(1, Deployed)], None),
            (&[(1, Superseded), (2, Deployed)], Some(1)),
            (&[(1, Superseded), (2, Failed), (3, Deployed)], Some(1)),
            (&[(1, Superseded), (2, Deployed), (3, Failed)], Some(2)),
            (&[(1, Deployed), (2, Deployed)], Some(1)),
            (&[(1, Failed), (2, Pending)], None),
        ];
        for (kept, expected) in cases {
            let summaries: Vec<_> = kept.iter().copied().map(summary).collect();
            assert_eq!(rollback_target(&summaries), expected, "{kept:?}");
        }
    }
}
