//! What differs between two states of one object, field by field.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// `spec.template.spec.containers[web].image`; items of a list go by their `name` where all have
    /// one, by their index otherwise.
    pub path: String,
    /// What is there now; none where the field comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What will be there; none where the field goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// Fields that the API server keeps by itself: no release asks for them.
const KEPT_BY_SERVER: [&str; 7] = [
    "metadata.creationTimestamp",
    "metadata.deletionGracePeriodSeconds",
    "metadata.generation",
    "metadata.managedFields",
    "metadata.resourceVersion",
    "metadata.uid",
    "status",
];

/// All differences, in the order of paths within each level; what the server keeps is left out.
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk("", Some(before), Some(after), &mut found);
    found
}

fn walk(path: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    if before == after || KEPT_BY_SERVER.contains(&path) {
        return;
    }
    match (before, after) {
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            maps(path, before, after, found);
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            lists(path, before, after, found);
        }
        _ => found.push(Difference {
            path: path.into(),
            before: before.cloned(),
            after: after.cloned(),
        }),
    }
}

fn maps(
    path: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    found: &mut Vec<Difference>,
) {
    let added = after.keys().filter(|key| !before.contains_key(*key));
    let mut keys: Vec<_> = before.keys().chain(added).collect();
    keys.sort();
    for key in keys {
        walk(&field(path, key), before.get(key), after.get(key), found);
    }
}

/// A key that holds a dot is quoted, so that a path has one reading.
fn field(path: &str, key: &str) -> String {
    let key = if key.contains(['.', '[', '"']) { format!("{key:?}") } else { key.into() };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

fn lists(path: &str, before: &[Value], after: &[Value], found: &mut Vec<Difference>) {
    match (by_name(before), by_name(after)) {
        (Some(old), Some(new)) => {
            let count = found.len();
            let mut names: Vec<_> = old.keys().chain(new.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let path = format!("{path}[{name}]");
                walk(&path, old.get(name).copied(), new.get(name).copied(), found);
            }
            // The same items in another order mean something else to some lists (init containers).
            if found.len() == count && before.len() == after.len() {
                found.extend(reordered(path, before, after));
            }
        }
        _ => {
            for index in 0..before.len().max(after.len()) {
                let path = format!("{path}[{index}]");
                walk(&path, before.get(index), after.get(index), found);
            }
        }
    }
}

fn reordered(path: &str, before: &[Value], after: &[Value]) -> Option<Difference> {
    let names = |items: &[Value]| items.iter().map(|item| item["name"].clone()).collect();
    let (before, after): (Value, Value) = (names(before), names(after));
    let difference =
        Difference { path: path.into(), before: Some(before.clone()), after: Some(after.clone()) };
    (before != after).then_some(difference)
}

fn by_name(items: &[Value]) -> Option<BTreeMap<&str, &Value>> {
    let named = items.iter().map(|item| Some((item.get("name")?.as_str()?, item)));
    let named: BTreeMap<_, _> = named.collect::<Option<_>>()?;
    (named.len() == items.len()).then_some(named)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{Difference, differences};

    #[test]
    fn fields_go_by_path_and_containers_by_name() {
        let before = json!({
            "metadata": { "resourceVersion": "1", "labels": { "app.kubernetes.io/name": "a" } },
            "spec": { "containers": [{ "name": "web", "image": "a" }, { "name": "log" }] },
            "status": { "ready": 1 },
        });
        let after = json!({
            "metadata": { "resourceVersion": "2", "labels": { "app.kubernetes.io/name": "b" } },
            "spec": { "containers": [{ "name": "web", "image": "b", "tty": true }] },
        });
        let change = |path: &str, before, after| Difference { path: path.into(), before, after };
        assert_eq!(
            differences(&before, &after),
            [
                change(
                    "metadata.labels.\"app.kubernetes.io/name\"",
                    Some(json!("a")),
                    Some(json!("b"))
                ),
                change("spec.containers[log]", Some(json!({ "name": "log" })), None),
                change("spec.containers[web].image", Some(json!("a")), Some(json!("b"))),
                change("spec.containers[web].tty", None, Some(json!(true))),
            ]
        );
    }

    #[test]
    fn another_order_of_named_items_is_a_difference() {
        let list = |names: [&str; 2]| json!({ "spec": names.map(|name| json!({ "name": name })) });
        let found = differences(&list(["a", "b"]), &list(["b", "a"]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "spec");
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3_i64).prop_map(Value::from),
            "[ab]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c]|name", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn equal_values_and_only_they_have_no_difference(before in value(), after in value()) {
            prop_assert_eq!(differences(&before, &after).is_empty(), before == after);
        }
    }
}
