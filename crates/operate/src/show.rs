//! Plans and outcomes in words.

use landfall::commands::operate::apply::{RegionOutcome, Unready};
use landfall::commands::operate::plan::{Difference, RegionPlan, Step};
use landfall_cluster::Progress;
use landfall_deploy::Outcome;
use landfall_rollout::{Action, NamespaceStep, Plan, Readiness, Release};
use serde_json::Value;

/// Longer values are cut in texts; `--json` has them whole.
const VALUE_LIMIT: usize = 160;

/// What a step did.
pub fn past(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Change => "changed",
        Action::Keep => "kept",
        Action::Delete => "deleted",
    }
}

/// What a step does, as JSON and tables have it.
fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Change => "change",
        Action::Keep => "keep",
        Action::Delete => "delete",
    }
}

/// An object that is not ready, with what its pods say.
pub fn progress(progress: &Progress) -> String {
    let reason = reason(&progress.readiness);
    let troubles = progress.troubles.iter().map(|trouble| format!(" ({trouble})"));
    format!("{} {reason}{}", progress.object, troubles.collect::<String>())
}

fn reason(readiness: &Readiness) -> &str {
    match readiness {
        Readiness::Ready => "is ready",
        Readiness::Waiting(reason) | Readiness::Failed(reason) => reason,
    }
}

/// A plan as it is printed for people: a line for each object that changes, one for each field.
pub fn plan_lines(plan: &Plan) -> Vec<String> {
    let Release { stage, region, version, digest, .. } = &plan.release;
    let mut lines = vec![format!("{stage} {region}: {version} {digest}")];
    if plan.namespace_step == NamespaceStep::Create {
        lines.push(format!("  + Namespace {}", plan.namespace));
        lines.push("    its objects are checked when it is there".into());
    }
    for step in plan.steps.iter().filter(|step| step.action != Action::Keep) {
        let sign = match step.action {
            Action::Create => '+',
            Action::Delete => '-',
            Action::Change | Action::Keep => '~',
        };
        lines.push(format!("  {sign} {}", step.object));
        lines.extend(step.differences.iter().map(|one| {
            format!("      {}: {} -> {}", one.path, shown(&one.before), shown(&one.after))
        }));
    }
    let kept = plan.count(Action::Keep);
    lines.push(match plan.changes() {
        true => format!(
            "  {} to create, {} to change, {} to delete, {kept} as they are",
            plan.count(Action::Create),
            plan.count(Action::Change),
            plan.count(Action::Delete)
        ),
        false => format!("  nothing to change: {kept} objects are as they should be"),
    });
    lines
}

fn shown(value: &Option<Value>) -> String {
    let Some(value) = value else { return "(nothing)".into() };
    let text = value.to_string();
    if text.chars().count() <= VALUE_LIMIT {
        return text;
    }
    format!("{}…", text.chars().take(VALUE_LIMIT).collect::<String>())
}

/// A plan for machines.
pub fn plan_answer(plan: &Plan) -> RegionPlan {
    let steps = plan.steps.iter().map(|step| Step {
        action: word(step.action).into(),
        object: step.object.to_string(),
        differences: step
            .differences
            .iter()
            .cloned()
            .map(|landfall_rollout::Difference { path, before, after }| Difference {
                path,
                before,
                after,
            })
            .collect(),
    });
    RegionPlan {
        region: plan.release.region.clone(),
        digest: plan.release.digest,
        version: plan.release.version.clone(),
        plan: plan.digest(),
        from_revision: plan.from_revision,
        changes: plan.changes(),
        steps: steps.collect(),
    }
}

/// What came of a region for machines.
pub fn outcome_answer(release: &Release, outcome: &Outcome) -> RegionOutcome {
    let (word, revision, unready) = match outcome {
        Outcome::Unchanged { revision } => ("unchanged", *revision, Vec::new()),
        Outcome::Ready { revision } => ("ready", *revision, Vec::new()),
        Outcome::NotReady { revision, unready, .. } => {
            ("not-ready", *revision, unready.iter().map(unready_answer).collect())
        }
    };
    RegionOutcome {
        region: release.region.clone(),
        digest: release.digest,
        version: release.version.clone(),
        outcome: word.into(),
        revision,
        unready,
    }
}

fn unready_answer(progress: &Progress) -> Unready {
    Unready {
        object: progress.object.to_string(),
        reason: reason(&progress.readiness).into(),
        troubles: progress.troubles.clone(),
    }
}

/// What came of a region for people.
pub fn outcome_line(release: &Release, outcome: &Outcome) -> String {
    let Release { app, stage, region, version, .. } = release;
    match outcome {
        Outcome::Unchanged { revision } => {
            format!("{stage} {region}: {app} {version} runs already, as revision {revision}")
        }
        Outcome::Ready { revision } => {
            format!("{stage} {region}: {app} {version} runs, as revision {revision}")
        }
        Outcome::NotReady { revision, deployed: 0, .. } => {
            format!("{stage} {region}: {app} {version} is not ready, as revision {revision}")
        }
        Outcome::NotReady { revision, deployed, .. } => format!(
            "{stage} {region}: {app} {version} is not ready, as revision {revision}; revision \
             {deployed} is the last that was"
        ),
    }
}
