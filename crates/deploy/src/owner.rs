//! Whose an object is: what bears another release's marks is never changed, and only what bears the
//! app's own is ever deleted.

use landfall_rollout::{ObjectKey, Observed};
use serde_json::Value;

use crate::mark::{RELEASE_NAME, RELEASE_NAMESPACE};
use crate::{Error, Site};

/// Kinds that outlive a release: with them goes all that is of them or in them.
const OUTLIVE: [&str; 2] = ["CustomResourceDefinition", "Namespace"];
/// Helm's way to say that an object outlives its release (`helm.sh/resource-policy: keep`).
const POLICY: &str = "helm.sh/resource-policy";

/// Refuses objects that another release has already.
pub(crate) fn check(site: &Site<'_>, observed: &[Observed]) -> Result<(), Error> {
    let live = observed.iter().filter_map(|one| one.live.as_ref());
    let foreign = live.filter(|live| !is_ours(site, live)).filter_map(named);
    match foreign.collect::<Vec<_>>() {
        objects if objects.is_empty() => Ok(()),
        objects => Err(Error::Foreign { objects }),
    }
}

/// Whether an object bears no other release's marks.
fn is_ours(site: &Site<'_>, live: &Value) -> bool {
    let (name, namespace) = marks(live);
    name.is_none_or(|name| name == site.app)
        && namespace.is_none_or(|namespace| namespace == site.namespace)
}

/// Whether the app may delete an object.
pub(crate) fn may_delete(site: &Site<'_>, key: &ObjectKey, live: &Value) -> bool {
    marks(live) == (Some(&site.app), Some(&site.namespace))
        && !OUTLIVE.contains(&key.kind.as_str())
        && live["metadata"]["annotations"][POLICY] != "keep"
}

fn marks(live: &Value) -> (Option<&str>, Option<&str>) {
    let annotation = |key| live["metadata"]["annotations"][key].as_str();
    (annotation(RELEASE_NAME), annotation(RELEASE_NAMESPACE))
}

/// `Service web (of web-old in web)`.
fn named(live: &Value) -> Option<String> {
    let key = ObjectKey::of(live).ok()?;
    let (name, namespace) = marks(live);
    Some(format!("{key} (of {} in {})", name.unwrap_or("?"), namespace.unwrap_or("?")))
}
