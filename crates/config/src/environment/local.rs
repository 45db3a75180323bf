//! local.toml: servers on this machine in the place of those that the regions name.
//!
//! The file is not committed. It exists so that the whole line can be tried by hand, and it can lead
//! nowhere but to this machine: a registry elsewhere is refused here, a server elsewhere or a
//! command in the kubeconfig where the kubeconfig is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use landfall_diagnostics::{Diagnostic, Source};
use landfall_tree::EntryPath;

use crate::document::{Entry, Table};
use crate::environment::fields::LOCAL_FILE;
use crate::environment::kubeconfig::Kubeconfig;
use crate::environment::namespace::NamespaceTemplate;
use crate::environment::pin;
use crate::environment::region::{Cluster, context};
use crate::environment::registry::RegistryPrefix;
use crate::problems::Problems;
use crate::{Name, Spanned, document, shape};

/// `[STAGE.REGION]` of local.toml.
#[derive(Debug, Clone)]
pub struct LocalRegion {
    /// A registry on this machine.
    pub registry: Spanned<RegistryPrefix>,
    /// From the root of the workspace; its servers must be on this machine.
    pub kubeconfig: Spanned<EntryPath>,
    /// A context of that kubeconfig, and its pin.
    pub cluster: Cluster,
    /// The namespace of each app, where stages share a cluster.
    pub namespace: Option<Spanned<NamespaceTemplate>>,
}

/// By stage and region, each name with its place.
pub(crate) type Local = BTreeMap<Name, Spanned<BTreeMap<Name, Spanned<LocalRegion>>>>;

/// Reads local.toml.
pub(crate) fn read(source: &Arc<Source>) -> (Local, Vec<Diagnostic>) {
    let (document, syntax) = document::parse(source);
    let mut problems = Problems::default();
    shape::check(&document, &LOCAL_FILE, &mut problems);
    let stages = document.entries.iter().filter_map(|entry| {
        let name = problems.parse::<Name>(entry.key_text());
        let regions = entry.item.table()?.entries.iter();
        let regions = regions.filter_map(|entry| region(entry, &mut problems)).collect();
        let name = name?;
        Some((name.value, Spanned { value: regions, span: name.span }))
    });
    let stages = stages.collect();
    (stages, syntax.join(problems.into_sorted()))
}

fn region(entry: &Entry, problems: &mut Problems) -> Option<(Name, Spanned<LocalRegion>)> {
    let name = problems.parse::<Name>(entry.key_text());
    let table = entry.item.table()?;
    let registry = table.text("registry").and_then(|text| registry(text, problems));
    let kubeconfig = table.text("kubeconfig").and_then(|text| kubeconfig(text, problems));
    let cluster = cluster(table, problems);
    let namespace = table.text("namespace").and_then(|text| problems.parse(text));
    let region =
        LocalRegion { registry: registry?, kubeconfig: kubeconfig?, cluster: cluster?, namespace };
    let name = name?;
    Some((name.value, Spanned { value: region, span: name.span }))
}

fn registry(text: Spanned<&str>, problems: &mut Problems) -> Option<Spanned<RegistryPrefix>> {
    let registry = problems.parse::<RegistryPrefix>(text)?;
    if registry.value.is_loopback() {
        return Some(registry);
    }
    let message = format!("`{}` is not on this machine", registry.value.authority());
    problems.push(
        Diagnostic::error("environment::local", message)
            .at(&registry.span, "not a loopback address")
            .help(
                "local.toml leads to this machine only: write `127.0.0.1`, `[::1]` or `localhost`",
            )
            .help("other registries stand in the region's file, where they are reviewed"),
    );
    None
}

fn kubeconfig(text: Spanned<&str>, problems: &mut Problems) -> Option<Spanned<EntryPath>> {
    let path = problems.parse::<Kubeconfig>(text)?;
    Some(Spanned { value: path.value.0, span: path.span })
}

fn cluster(table: &Table, problems: &mut Problems) -> Option<Cluster> {
    let context = context(table, problems);
    let pin = pin::read(table, problems);
    Some(Cluster { context: context?, pin: pin? })
}
