//! Every value of an environment, with the file and line that it comes from.

use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::Value;
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
        let is_local = self.cluster.kubeconfig.is_some();
        let layer = || if is_local { Layer::Local } else { Layer::Region };
        let cluster = &self.cluster.cluster;
        let mut shown = vec![
            fact(
                "Registry",
                json!(self.registry.value.to_string()),
                Origin::at(layer(), &self.registry.span),
            ),
            fact(
                "DnsDomain",
                json!(self.domain.value),
                Origin::at(Layer::Region, &self.domain.span),
            ),
            fact("Namespace", json!(self.namespace), Origin { layer: Layer::Default, span: None }),
            fact(
                "Cluster",
                json!(cluster.context.value),
                Origin::at(layer(), &cluster.context.span),
            ),
            fact(
                "Pin",
                json!(cluster.pin.value.to_string()),
                Origin::at(layer(), &cluster.pin.span),
            ),
        ];
        shown.extend(self.values.leaves().into_iter().map(|(path, value)| {
            Shown {
                name: format!("Values.{path}"),
                value: as_json(&value.value()),
                place: Place::from(&value.origin),
                overridden: value
                    .overridden
                    .iter()
                    .map(|below| Replaced {
                        value: as_json(&below.value),
                        place: Place::from(&below.origin),
                    })
                    .collect(),
            }
        }));
        shown
    }
}

fn fact(name: &str, value: Json, origin: Origin) -> Shown {
    Shown { name: name.into(), value, place: Place::from(&origin), overridden: Vec::new() }
}

fn as_json(value: &Value) -> Json {
    serde_json::to_value(value).unwrap_or(Json::Null)
}
