//! One app in one region of one stage: everything that follows from the files, and no choice left.

use landfall_diagnostics::Diagnostic;
use landfall_tree::EntryPath;

use crate::environment::folder::{StageFolder, known};
use crate::environment::layered::Layered;
use crate::environment::namespace::NamespaceTemplate;
use crate::environment::origin::{Layer, Origin};
use crate::environment::region::{Cluster, Region};
use crate::environment::registry::RegistryPrefix;
use crate::environment::setting::{self, Setting};
use crate::problems::Problems;
use crate::{App, Name, Spanned};

/// What one app needs to know of one region of a stage.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The stage.
    pub stage: Name,
    /// The region, as people call it.
    pub region: Name,
    /// The region, as AWS calls it.
    pub aws_region: String,
    /// Where images are pushed to and pulled from.
    pub registry: Spanned<RegistryPrefix>,
    /// The DNS domain of the apps.
    pub domain: Spanned<String>,
    /// The cluster.
    pub cluster: ClusterTarget,
    /// The namespace of the app.
    pub namespace: String,
    /// Whether the namespace is made where it is missing.
    pub create_namespace: bool,
    /// Where releases are told.
    pub slack_channel: Option<Spanned<String>>,
    /// The app's values, each with its origin.
    pub values: Layered,
    /// What gave those of the above that keep no place.
    pub(super) origins: Origins,
}

/// What gave a fact of an environment.
#[derive(Debug, Clone)]
pub(super) struct Origins {
    pub aws_region: Origin,
    pub namespace: Origin,
    pub slack_channel: Option<Origin>,
}

/// A cluster, and where its context stands.
#[derive(Debug, Clone)]
pub struct ClusterTarget {
    /// Context and pin.
    pub cluster: Cluster,
    /// From the root of the workspace, where local.toml names one; else the user's own.
    pub kubeconfig: Option<EntryPath>,
}

impl StageFolder {
    /// The regions of this stage that an app may go to, in the order of their names.
    pub fn regions_of<'a>(&'a self, app: &'a App) -> impl Iterator<Item = &'a Name> {
        self.regions.keys().filter(|region| self.allows(app, region))
    }

    fn allows(&self, app: &App, region: &Name) -> bool {
        let places = app.environments.iter().map(|place| &place.value);
        let mut of_stage = places.filter(|place| place.stage == self.stage.name);
        of_stage.any(|place| place.region.as_ref().is_none_or(|allowed| allowed == region))
    }

    /// Lays everything together that holds for an app in a region; none where something is wrong.
    pub fn environment(
        &self,
        app: &App,
        region: &str,
        settings: &[Setting],
    ) -> (Option<Environment>, Vec<Diagnostic>) {
        let Some(region) = self.regions.get(region) else {
            return (None, vec![self.unknown_region(region)]);
        };
        if !self.allows(app, &region.name) {
            return (None, vec![self.not_meant(app, &region.name)]);
        }
        let mut problems = Problems::default();
        let values = self.values(app, region, settings, &mut problems);
        let environment = self.assemble(app, region, values, &mut problems);
        let environment = environment.filter(|_| !problems.has_error());
        (environment, problems.into_sorted())
    }

    fn assemble(
        &self,
        app: &App,
        region: &Region,
        values: Layered,
        problems: &mut Problems,
    ) -> Option<Environment> {
        let local = self.local.get(&region.name).map(|local| &local.value);
        let cluster = local.map_or(&region.cluster, |local| &local.cluster);
        let kubeconfig = local.map(|local| local.kubeconfig.value.clone());
        let slack_channel = region.slack_channel.as_ref().or(self.stage.slack_channel.as_ref());
        let aws_region = self.aws_regions.get(&region.name)?;
        let (namespace, namespace_origin) = self.namespace(app, region, problems)?;
        let channel_layer =
            if region.slack_channel.is_some() { Layer::Region } else { Layer::Stage };
        Some(Environment {
            stage: self.stage.name.clone(),
            region: region.name.clone(),
            aws_region: aws_region.value.clone(),
            registry: local.map_or(&region.registry, |local| &local.registry).clone(),
            domain: region.domain.clone(),
            cluster: ClusterTarget { cluster: cluster.clone(), kubeconfig },
            namespace,
            create_namespace: self.stage.create_namespace,
            slack_channel: slack_channel.cloned(),
            values,
            origins: Origins {
                aws_region: Origin::at(Layer::Regions, &aws_region.span),
                namespace: namespace_origin,
                slack_channel: slack_channel.map(|one| Origin::at(channel_layer, &one.span)),
            },
        })
    }

    /// The namespace, and what gave it.
    fn namespace(
        &self,
        app: &App,
        region: &Region,
        problems: &mut Problems,
    ) -> Option<(String, Origin)> {
        let (template, origin) = self.namespace_template(region);
        match template.render(&app.name.value, &self.stage.name, &region.name) {
            Ok(namespace) => Some((namespace, origin)),
            Err(reason) => {
                problems.refuse(&reason, origin.span.as_ref().unwrap_or(&app.name.span));
                None
            }
        }
    }

    fn namespace_template(&self, region: &Region) -> (NamespaceTemplate, Origin) {
        let local = self.local.get(&region.name).and_then(|local| local.value.namespace.as_ref());
        let layers = [
            (Layer::Local, local),
            (Layer::Region, region.namespace.as_ref()),
            (Layer::Stage, self.stage.namespace.as_ref()),
        ];
        let highest = layers.into_iter().find_map(|(layer, said)| Some((layer, said?)));
        match highest {
            Some((layer, said)) => (said.value.clone(), Origin::at(layer, &said.span)),
            None => (NamespaceTemplate::own(), Origin { layer: Layer::Default, span: None }),
        }
    }

    /// Lowest first: shared of the stage, shared of the region, app, stage, region, `--set`.
    fn values(
        &self,
        app: &App,
        region: &Region,
        settings: &[Setting],
        problems: &mut Problems,
    ) -> Layered {
        let mut values = Layered::default();
        for group in &app.shared {
            let (stage, region) =
                (self.stage.shared.get(&group.value), region.shared.get(&group.value));
            let name = &group.value;
            if let Some(shared) = stage {
                values.lay(&Layer::SharedByStage(name.clone()), &shared.value, problems);
            }
            if let Some(shared) = region {
                values.lay(&Layer::SharedByRegion(name.clone()), &shared.value, problems);
            }
            if stage.or(region).is_none() {
                problems.push(self.no_such_group(group));
            }
        }
        values.lay(&Layer::App, &app.values, problems);
        if let Some(own) = self.stage.values.get(&app.name.value) {
            values.lay(&Layer::Stage, &own.value, problems);
        }
        if let Some(own) = region.values.get(&app.name.value) {
            values.lay(&Layer::Region, &own.value, problems);
        }
        setting::apply(&mut values, settings, problems);
        values
    }

    fn unknown_region(&self, region: &str) -> Diagnostic {
        let stage = &self.stage.name;
        let message = format!("the stage `{stage}` has no region `{}`", region.escape_debug());
        let problem = Diagnostic::error("environment::unknown-region", message);
        let file = format!("environments/{stage}/REGION.toml");
        known(problem, region, self.regions.keys(), "region", &file)
    }

    fn not_meant(&self, app: &App, region: &Name) -> Diagnostic {
        let (name, stage) = (&app.name.value, &self.stage.name);
        let message = format!("the app `{name}` may not go to {stage} {region}");
        let problem = Diagnostic::error("environment::not-meant", message);
        let problem = match app.environments.first() {
            Some(first) => problem.at(&first.span, "its environments"),
            None => problem.at(&app.name.span, "it names no environment"),
        };
        problem.help(format!("add `\"{stage}.{region}\"` to `environments` in app.toml"))
    }

    fn no_such_group(&self, group: &Spanned<Name>) -> Diagnostic {
        let stage = &self.stage.name;
        let message = format!("the stage `{stage}` shares no values as `{}`", group.value);
        let problem = Diagnostic::error("environment::unknown-group", message);
        let problem = problem.at(&group.span, "no such group");
        known(
            problem,
            group.value.as_str(),
            self.stage.shared.keys(),
            "group",
            &format!("[shared.{}]", group.value),
        )
    }
}
