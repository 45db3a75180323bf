//! Every value of an environment, with the file and line that it comes from.

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::Value;
use crate::environment::layered::LayeredValue;
use crate::environment::origin::{Layer, Origin};
use crate::environment::resolve::Environment;

/// One line of a listing.
#[derive(Debug, Clone, Serialize)]
pub struct Shown {
    /// `Values.Resources.Memory`, `DnsDomain`.
    pub name: String,
    /// What holds.
    pub value: Json,
    /// What gave it.
    #[serde(flatten)]
    pub place: Place,
    /// What it took the place of, the nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub overridden: Vec<Replaced>,
}

/// A value that does not hold.
#[derive(Debug, Clone, Serialize)]
pub struct Replaced {
    /// What it was.
    pub value: Json,
    /// What gave it.
    #[serde(flatten)]
    pub place: Place,
}

/// A layer, and the line of its file.
#[derive(Debug, Clone, Serialize)]
pub struct Place {
    /// Of the value.
    pub layer: Layer,
    /// Below the workspace; none for `--set` and defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

impl From<&Origin> for Place {
    fn from(origin: &Origin) -> Self {
        let span = origin.span.as_ref();
        Self {
            layer: origin.layer.clone(),
            file: span.map(|span| span.source.path.display().to_string()),
            line: span.map(|span| span.source.line_column(span.start).0),
        }
    }
}

impl Environment {
    /// What the files say of the place, then every value of the app, in the order of names.
    pub fn listing(&self) -> Vec<Shown> {
        let mut shown = self.facts();
        shown.extend(
            self.values.leaves().into_iter().map(|(path, value)| shown_value(&path, value)),
        );
        shown
    }

    fn facts(&self) -> Vec<Shown> {
        let layer = || if self.cluster.kubeconfig.is_some() { Layer::Local } else { Layer::Region };
        let of_place = |span| Origin::at(layer(), span);
        let (cluster, origins) = (&self.cluster.cluster, &self.origins);
        let domain = Origin::at(Layer::Region, &self.domain.span);
        let registry = json!(self.registry.value.to_string());
        let mut facts = vec![
            fact("Registry", registry, &of_place(&self.registry.span)),
            fact("DnsDomain", json!(self.domain.value), &domain),
            fact("AwsRegion", json!(self.aws_region), &origins.aws_region),
            fact("Namespace", json!(self.namespace), &origins.namespace),
            fact("Cluster", json!(cluster.context.value), &of_place(&cluster.context.span)),
            fact("Pin", json!(cluster.pin.value.to_string()), &of_place(&cluster.pin.span)),
        ];
        let channel = self.slack_channel.as_ref().zip(origins.slack_channel.as_ref());
        facts.extend(channel.map(|(name, origin)| fact("SlackChannel", json!(name.value), origin)));
        facts
    }
}

fn shown_value(path: &str, value: &LayeredValue) -> Shown {
    let overridden = value
        .overridden
        .iter()
        .map(|below| Replaced { value: as_json(&below.value), place: Place::from(&below.origin) });
    Shown {
        name: format!("Values.{path}"),
        value: as_json(&value.value()),
        place: Place::from(&value.origin),
        overridden: overridden.collect(),
    }
}

fn fact(name: &str, value: Json, origin: &Origin) -> Shown {
    Shown { name: name.into(), value, place: Place::from(origin), overridden: Vec::new() }
}

fn as_json(value: &Value) -> Json {
    serde_json::to_value(value).unwrap_or(Json::Null)
}
