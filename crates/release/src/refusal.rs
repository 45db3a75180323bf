//! Why a digest may not go somewhere.

use landfall_config::{App, Name, Spanned};
use landfall_diagnostics::{Diagnostic, Span};
use landfall_hashing::Digest;

use crate::ImageVersion;

/// A promotion, or a push, that the rules of the stages do not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what its fields hold")]
pub enum Refusal {
    #[error("a promotion leads from one stage to another, and both are `{stage}`")]
    SameStage { stage: Name },
    #[error("the stage `{stage}` builds its own images and takes no promotions")]
    Builds { stage: Name },
    #[error("the stage `{to}` takes images from `{}`, not from `{from}`", declared.value)]
    OtherSource { from: Name, to: Name, declared: Spanned<Name> },
    #[error("the app `{app}` may not go to {}", place_of(stage, region.as_ref()))]
    NotMeant { app: Name, stage: Name, region: Option<Name>, place: Span },
    #[error("the app `{app}` never was in the stage `{stage}`")]
    NeverThere { app: Name, stage: Name, builds: bool },
    #[error("the stage `{stage}` never had {digest} of `{app}`")]
    NeverHeld { app: Name, stage: Name, digest: Digest, held: Vec<ImageVersion> },
    #[error(
        "the stage `{stage}` keeps no ledger, and nothing says which image of `{app}` is meant"
    )]
    NoLedger { app: Name, stage: Name },
    #[error("every region of `{stage}` that `{app}` may go to is on hold")]
    AllOnHold { app: Name, stage: Name, regions: Vec<Name> },
    #[error("the app `{app}` is on hold in {stage} {region}")]
    OnHold { app: Name, stage: Name, region: Name },
    #[error("the stage `{stage}` takes promotions and no pushes")]
    DoesNotBuild { app: Name, stage: Name, from: Option<Spanned<Name>> },
    #[error("`{app}` was never in `{stage}`, and {region} alone cannot be the first")]
    FirstOfOneRegion { app: Name, stage: Name, region: Name },
}

fn place_of(stage: &Name, region: Option<&Name>) -> String {
    match region {
        Some(region) => format!("{stage} {region}"),
        None => format!("any region of the stage `{stage}`"),
    }
}

impl Refusal {
    pub(crate) fn not_meant(app: &App, stage: &Name, region: Option<&Name>) -> Self {
        let place = app.environments.first().map_or(&app.name.span, |first| &first.span);
        Self::NotMeant {
            app: app.name.value.clone(),
            stage: stage.clone(),
            region: region.cloned(),
            place: place.clone(),
        }
    }

    /// The refusal with its place, where a file has one, and the way out.
    pub fn problem(&self) -> Diagnostic {
        let problem = Diagnostic::error(self.code(), self.to_string());
        let place = self.place();
        let problem = place.into_iter().fold(problem, |all, (span, label)| all.at(span, label));
        self.helps().into_iter().fold(problem, Diagnostic::help)
    }

    /// Stable, for scripts and documents.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SameStage { .. } => "release::same-stage",
            Self::Builds { .. } => "release::builds",
            Self::OtherSource { .. } => "release::other-source",
            Self::NotMeant { .. } => "release::not-meant",
            Self::NeverThere { .. } => "release::never-there",
            Self::NeverHeld { .. } => "release::never-held",
            Self::NoLedger { .. } => "release::no-ledger",
            Self::AllOnHold { .. } | Self::OnHold { .. } => "release::on-hold",
            Self::DoesNotBuild { .. } => "release::does-not-build",
            Self::FirstOfOneRegion { .. } => "release::first-of-one-region",
        }
    }

    fn place(&self) -> Option<(&Span, &'static str)> {
        match self {
            Self::OtherSource { declared, .. } => Some((&declared.span, "the stage before it")),
            Self::DoesNotBuild { from: Some(from), .. } => {
                Some((&from.span, "where images come from"))
            }
            Self::NotMeant { place, .. } => Some((place, "its environments")),
            _ => None,
        }
    }

    fn helps(&self) -> Vec<String> {
        let help = match self {
            Self::SameStage { .. } => "name another stage with `--from` or `--to`".to_owned(),
            Self::Builds { stage } => format!(
                "push to it, as in `landfall push myapp --to {stage}`, or take `builds = true` out \
                 of `environments/{stage}/stage.toml`"
            ),
            Self::OtherSource { from, declared, .. } => format!(
                "promote it to `{}` first, or say `--from {from}` to skip that stage",
                declared.value
            ),
            Self::NotMeant { stage, region: Some(region), .. } => {
                format!("add `\"{stage}.{region}\"` to `environments` in app.toml")
            }
            Self::NotMeant { stage, .. } => format!(
                "add `\"{stage}\"`, which means all its regions, to `environments` in app.toml"
            ),
            Self::NeverThere { app, stage, builds } => {
                let verb = if *builds { "push" } else { "promote" };
                format!("bring it there first: `landfall {verb} {app} --to {stage}`")
            }
            Self::NeverHeld { held, .. } => return never_held(held),
            Self::NoLedger { .. } => {
                "name the image: `--digest sha256:…`, as `landfall push` printed it".to_owned()
            }
            Self::AllOnHold { app, stage, regions } => {
                let regions: Vec<_> = regions.iter().map(|region| format!("`{region}`")).collect();
                let regions = regions.join(", ");
                format!(
                    "take the hold off {regions}: `[{app}.regions]` in `environments/{stage}/releases.toml`"
                )
            }
            Self::OnHold { app, stage, region } => format!(
                "take the hold off: `[{app}.regions.{region}]` in `environments/{stage}/releases.toml`"
            ),
            Self::DoesNotBuild { app, stage, .. } => {
                format!("push to the stage that builds, then `landfall promote {app} --to {stage}`")
            }
            Self::FirstOfOneRegion { app, stage, .. } => {
                format!("push it to the whole stage once: `landfall push {app} --to {stage}`")
            }
        };
        vec![help]
    }
}

fn never_held(held: &[ImageVersion]) -> Vec<String> {
    let list: Vec<_> = held.iter().map(|one| format!("{} {}", one.version, one.digest)).collect();
    let known = match list.is_empty() {
        true => "it has had none yet".to_owned(),
        false => format!("its ledger names these, the newest first:\n{}", list.join("\n")),
    };
    vec!["name a digest that ran there, or bring this one there first".to_owned(), known]
}
