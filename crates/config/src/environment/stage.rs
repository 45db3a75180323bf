//! stage.toml: where the images of a stage come from, and what holds in all its regions.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_diagnostics::{Diagnostic, Source};

use crate::document::{Entry, Table};
use crate::environment::fields::STAGE_FILE;
use crate::environment::namespace::NamespaceTemplate;
use crate::environment::placed::{PlacedValues, read_values};
use crate::environment::slack_channel::SlackChannel;
use crate::problems::Problems;
use crate::{Name, Spanned, document, shape};

/// What stage.toml says.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The name of its folder.
    pub name: Name,
    /// Whether images enter here, fresh from a build.
    pub builds: bool,
    /// The stage that a digest must have been in; none where it builds.
    pub from: Option<Spanned<Name>>,
    /// Whether releases.toml says what the stage runs.
    pub ledger: bool,
    /// Whether `apply` refuses a ledger that differs from the last commit.
    pub committed: bool,
    /// Whether namespaces that are missing are made.
    pub create_namespace: bool,
    /// The namespace of each app; `{{ Name }}` unless said.
    pub namespace: Option<Spanned<NamespaceTemplate>>,
    /// Where releases are told.
    pub slack_channel: Option<Spanned<String>>,
    /// `[values.APP]`.
    pub values: BTreeMap<Name, Spanned<PlacedValues>>,
    /// `[shared.GROUP]`.
    pub shared: BTreeMap<Name, Spanned<PlacedValues>>,
}

/// Reads stage.toml; a stage where nothing is wrong with it.
pub(crate) fn read(name: &Name, source: &Arc<Source>) -> (Stage, Vec<Diagnostic>) {
    let (document, syntax) = document::parse(source);
    let mut problems = Problems::default();
    shape::check(&document, &STAGE_FILE, &mut problems);
    let stage = Stage {
        name: name.clone(),
        builds: document.boolean("builds").unwrap_or(false),
        from: document.text("from").and_then(|text| problems.parse(text)),
        ledger: document.boolean("ledger").unwrap_or(true),
        committed: document.boolean("committed").unwrap_or(false),
        create_namespace: document.boolean("create_namespace").unwrap_or(false),
        namespace: document.text("namespace").and_then(|text| problems.parse(text)),
        slack_channel: slack_channel(&document, &mut problems),
        values: groups(&document, "values", &mut problems),
        shared: groups(&document, "shared", &mut problems),
    };
    check_source(&document, &stage, &mut problems);
    (stage, syntax.join(problems.into_sorted()))
}

/// `[values.APP]` or `[shared.GROUP]`, each by its name.
pub(super) fn groups(
    document: &Table,
    key: &str,
    problems: &mut Problems,
) -> BTreeMap<Name, Spanned<PlacedValues>> {
    let groups = document.entries(key).iter().filter_map(|Entry { key, item }| {
        let text = Spanned { value: key.value.as_str(), span: key.span.clone() };
        let name = problems.parse::<Name>(text);
        let value = read_values(&item.table()?.entries, problems);
        Some((name?.value, Spanned { value, span: key.span.clone() }))
    });
    groups.collect()
}

pub(super) fn slack_channel(document: &Table, problems: &mut Problems) -> Option<Spanned<String>> {
    let channel = problems.parse::<SlackChannel>(document.text("slack_channel")?)?;
    Some(Spanned { value: channel.value.0, span: channel.span })
}

/// Either images are built for a stage, or they were in another one before: both would let a digest
/// skip the stages between.
fn check_source(document: &Table, stage: &Stage, problems: &mut Problems) {
    let (builds, from) = (document.entry("builds"), document.entry("from"));
    if let (true, Some(builds), Some(from)) = (stage.builds, builds, from) {
        let message =
            format!("the stage `{}` both builds and takes from another stage", stage.name);
        problems.push(
            Diagnostic::error("environment::stage-source", message)
                .at(&builds.key.span, "enters here from a build")
                .at(&from.key.span, "or from another stage")
                .help("keep `builds` where images enter, and `from` everywhere else"),
        );
    }
    let said = |key| document.boolean(key) == Some(false);
    if let (true, None, Some(builds)) = (said("builds"), from, builds) {
        let message = format!("nothing can enter the stage `{}`", stage.name);
        problems.push(
            Diagnostic::error("environment::stage-source", message)
                .at(&builds.item.span, "no build, and no `from`")
                .help("write `builds = true`, or name the stage before it, as in `from = \"preprod\"`"),
        );
    }
    let may_build = builds.is_some() && !said("builds");
    if let (true, false, Some(ledger)) = (said("ledger"), may_build, document.entry("ledger")) {
        problems.push(
            Diagnostic::error(
                "environment::ledger",
                "only a stage that builds can do without a ledger",
            )
            .at(&ledger.item.span, "nothing else says what was promoted")
            .help("take `ledger = false` away"),
        );
    }
}
