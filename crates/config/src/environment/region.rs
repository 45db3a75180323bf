//! `STAGE/REGION.toml`: registry, domain and cluster of one region, and what differs from the stage.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_diagnostics::{Diagnostic, Source};

use crate::document::Table;
use crate::environment::context::Context;
use crate::environment::domain::Domain;
use crate::environment::fields::REGION_FILE;
use crate::environment::namespace::NamespaceTemplate;
use crate::environment::pin::{self, Pin};
use crate::environment::placed::PlacedValues;
use crate::environment::registry::RegistryPrefix;
use crate::environment::stage::{groups, slack_channel};
use crate::problems::Problems;
use crate::{Name, Spanned, document, shape};

/// What a region's file says.
#[derive(Debug, Clone)]
pub struct Region {
    /// The name of its file.
    pub name: Name,
    /// Where images are pushed to and pulled from.
    pub registry: Spanned<RegistryPrefix>,
    /// The DNS domain of the apps.
    pub domain: Spanned<String>,
    /// `[cluster]`.
    pub cluster: Cluster,
    /// The namespace of each app, in the place of the stage's.
    pub namespace: Option<Spanned<NamespaceTemplate>>,
    /// Where releases are told, in the place of the stage's.
    pub slack_channel: Option<Spanned<String>>,
    /// `[values.APP]`.
    pub values: BTreeMap<Name, Spanned<PlacedValues>>,
    /// `[shared.GROUP]`.
    pub shared: BTreeMap<Name, Spanned<PlacedValues>>,
}

/// A cluster by its context, and what proves that the context leads to it.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// The context in the kubeconfig of whoever runs the command.
    pub context: Spanned<String>,
    /// What proves it.
    pub pin: Spanned<Pin>,
}

/// Reads a region's file; none where something of it is missing.
pub(crate) fn read(name: &Name, source: &Arc<Source>) -> (Option<Region>, Vec<Diagnostic>) {
    let (document, syntax) = document::parse(source);
    let mut problems = Problems::default();
    shape::check(&document, &REGION_FILE, &mut problems);
    let region = assemble(name, &document, &mut problems);
    (region, syntax.join(problems.into_sorted()))
}

fn assemble(name: &Name, document: &Table, problems: &mut Problems) -> Option<Region> {
    let registry = document.text("registry").and_then(|text| problems.parse(text));
    let domain = document.text("domain").and_then(|text| problems.parse::<Domain>(text));
    let namespace = document.text("namespace").and_then(|text| problems.parse(text));
    let slack_channel = slack_channel(document, problems);
    let cluster = document.table("cluster").and_then(|table| cluster(table, problems));
    let values = groups(document, "values", problems);
    let shared = groups(document, "shared", problems);
    let domain = domain.map(|domain| Spanned { value: domain.value.0, span: domain.span });
    Some(Region {
        name: name.clone(),
        registry: registry?,
        domain: domain?,
        cluster: cluster?,
        namespace,
        slack_channel,
        values,
        shared,
    })
}

fn cluster(table: &Table, problems: &mut Problems) -> Option<Cluster> {
    let context = context(table, problems);
    let pin = pin::read(table, problems);
    Some(Cluster { context: context?, pin: pin? })
}

pub(super) fn context(table: &Table, problems: &mut Problems) -> Option<Spanned<String>> {
    let context = problems.parse::<Context>(table.text("context")?)?;
    Some(Spanned { value: context.value.0, span: context.span })
}
