//! The marks that live objects bear, so that Helm's own tools know whose they are.

use serde_json::{Value, json};

/// Annotation: which release an object is of.
pub(crate) const RELEASE_NAME: &str = "meta.helm.sh/release-name";
/// Annotation: the namespace of that release's records.
pub(crate) const RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";

/// Gives an object the app's namespace, and the label and annotations by which `helm` tells its own
/// objects from others (`app.kubernetes.io/managed-by: Helm`, `meta.helm.sh/release-*`).
pub fn mark(object: &mut Value, app: &str, namespace: &str, namespaced: bool) {
    let metadata = &mut object["metadata"];
    if namespaced {
        metadata["namespace"] = namespace.into();
    }
    set(metadata, "labels", "app.kubernetes.io/managed-by", "Helm");
    set(metadata, "annotations", RELEASE_NAME, app);
    set(metadata, "annotations", RELEASE_NAMESPACE, namespace);
}

fn set(metadata: &mut Value, map: &str, key: &str, value: &str) {
    if !metadata[map].is_object() {
        metadata[map] = json!({});
    }
    metadata[map][key] = value.into();
}
