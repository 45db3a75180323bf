//! A real cluster from the first release to the last: plan, apply, go back, uninstall.

use std::io::Write;

use landfall_deploy::{Error, Outcome, Site, apply, earlier, plan, uninstall};
use landfall_rollout::{Action, Difference, NamespaceStep, Plan, Status};
use landfall_testkit::succeed;
use serde_json::{Value, json};

use crate::site::{
    bring_ready, config_map, connect, control_plane, deployment, kubectl, live, names, objects,
    release, run, session, site, versions,
};

fn steps(plan: &Plan) -> Vec<(Action, String)> {
    plan.steps.iter().map(|step| (step.action, step.object.to_string())).collect()
}

#[test]
fn a_first_release_makes_its_namespace_and_nobody_sees_anything_odd() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "first");
        let forbidden = Site { create_namespace: false, namespace: "first".into(), ..site };
        let error = plan(&forbidden, release("1.0.0"), &objects("1.0.0")).await.unwrap_err();
        assert_eq!(error.to_string(), "the cluster has no namespace `first`");
        let site = Site { create_namespace: true, ..forbidden };
        let first = plan(&site, release("1.0.0"), &objects("1.0.0")).await.unwrap();
        assert_eq!((first.namespace_step, first.from_revision), (NamespaceStep::Create, 0));
        let create = |name: &str| (Action::Create, name.to_owned());
        let expected = ["ConfigMap settings", "Service myapp", "Deployment myapp", "Ingress myapp"];
        assert_eq!(steps(&first), expected.map(create), "the order of installation");
        let outcome = apply(&site, &session(), &first, "Install").await.unwrap();
        assert!(matches!(outcome, Outcome::Ready { revision: 1 }), "{outcome:?}");
        let expected = [
            "ConfigMap/settings",
            "Deployment/myapp",
            "Ingress/myapp",
            "Secret/landfall.head.myapp",
            "Secret/landfall.release.myapp.v1",
            "Service/myapp",
        ];
        assert_eq!(names("first"), expected);
        marks_and_managers("first");
        kubectl_finds_nothing_to_change("first", &first);
    });
}

fn marks_and_managers(namespace: &str) {
    for (kind, name) in [
        ("configmap", "settings"),
        ("service", "myapp"),
        ("deployment", "myapp"),
        ("ingress", "myapp"),
    ] {
        let object = live(namespace, kind, name);
        let metadata = &object["metadata"];
        assert_eq!(metadata["labels"]["app.kubernetes.io/managed-by"], "Helm", "{kind}");
        assert_eq!(metadata["annotations"]["meta.helm.sh/release-name"], "myapp", "{kind}");
        assert_eq!(metadata["annotations"]["meta.helm.sh/release-namespace"], namespace, "{kind}");
        let ours = &metadata["managedFields"][0];
        assert_eq!((&ours["manager"], &ours["operation"]), (&json!("helm"), &json!("Apply")));
    }
    let available = &live(namespace, "deployment", "myapp")["status"]["availableReplicas"];
    assert_eq!(*available, 2);
}

/// As the same manager, with strict fields: a field that the cluster dropped would differ.
fn kubectl_finds_nothing_to_change(namespace: &str, plan: &Plan) {
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": plan.objects() });
    let mut file = tempfile::NamedTempFile::with_suffix(".json").expect("a file");
    file.write_all(list.to_string().as_bytes()).expect("a file");
    let before = versions(namespace);
    let mut again = control_plane().kubectl();
    again.args(["apply", "--server-side", "--field-manager=helm", "--validate=strict"]);
    succeed(again.arg("--filename").arg(file.path())).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(versions(namespace), before);
}

#[test]
fn the_same_again_writes_nothing_and_a_change_is_planned_to_the_field() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "changed");
        bring_ready(&site, "1.0.0", &objects("1.0.0")).await;
        let before = versions("changed");
        let same = plan(&site, release("1.0.0"), &objects("1.0.0")).await.unwrap();
        assert!(!same.changes());
        let outcome = apply(&site, &session(), &same, "Upgrade").await.unwrap();
        assert!(matches!(outcome, Outcome::Unchanged { revision: 1 }), "{outcome:?}");
        assert_eq!(versions("changed"), before);

        let mut wanted = objects("1.1.0");
        wanted[3] = config_map("settings", "warn");
        wanted.remove(0);
        let changed = plan(&site, release("1.1.0"), &wanted).await.unwrap();
        let action = |action, name: &str| (action, name.to_owned());
        assert_eq!(
            steps(&changed),
            [
                action(Action::Change, "ConfigMap settings"),
                action(Action::Keep, "Service myapp"),
                action(Action::Change, "Deployment myapp"),
                action(Action::Delete, "Ingress myapp"),
            ]
        );
        let difference = |path: &str, before: &Value, after: &Value| Difference {
            path: path.into(),
            before: Some(before.clone()),
            after: Some(after.clone()),
        };
        let level = difference("data.level", &json!("info"), &json!("warn"));
        assert_eq!(changed.steps[0].differences, [level]);
        let image = |version| {
            deployment(version)["spec"]["template"]["spec"]["containers"][0]["image"].clone()
        };
        let path = "spec.template.spec.containers[server].image";
        let image = difference(path, &image("1.0.0"), &image("1.1.0"));
        assert_eq!(changed.steps[2].differences, [image]);
        assert_eq!(versions("changed"), before, "a plan changes nothing");

        let outcome = apply(&site, &session(), &changed, "Upgrade").await.unwrap();
        assert!(matches!(outcome, Outcome::Ready { revision: 2 }), "{outcome:?}");
        assert!(!names("changed").contains(&"Ingress/myapp".into()));
        let outcome = apply(&site, &session(), &changed, "Upgrade").await.unwrap();
        assert!(matches!(outcome, Outcome::Unchanged { revision: 2 }), "a plan may run twice");
    });
}

#[test]
fn going_back_brings_back_exactly_what_was() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "back");
        bring_ready(&site, "1.0.0", &objects("1.0.0")).await;
        let spec = |kind, name| {
            let mut object = live("back", kind, name);
            object["metadata"]["managedFields"] = json!([]);
            (object["spec"].clone(), object["data"].clone(), object["metadata"]["labels"].clone())
        };
        let before =
            (spec("deployment", "myapp"), spec("configmap", "settings"), spec("ingress", "myapp"));
        let mut second = objects("2.0.0");
        second[0] = config_map("added", "debug");
        second[1]["spec"]["template"]["spec"]["containers"][0]["env"] =
            json!([{ "name": "A", "value": "b" }]);
        second[3]["data"]["more"] = "x".into();
        bring_ready(&site, "2.0.0", &second).await;
        assert!(names("back").contains(&"ConfigMap/added".into()));

        let target = earlier(&site, None).await.unwrap();
        assert_eq!((target.revision, target.status), (1, Status::Superseded));
        let back = plan(&site, target.release.clone(), &target.objects).await.unwrap();
        let outcome = apply(&site, &session(), &back, "Rollback to 1").await.unwrap();
        assert!(matches!(outcome, Outcome::Ready { revision: 3 }), "{outcome:?}");
        let after =
            (spec("deployment", "myapp"), spec("configmap", "settings"), spec("ingress", "myapp"));
        assert_eq!(after, before);
        assert!(!names("back").contains(&"ConfigMap/added".into()));
        let error = earlier(&site, Some(9)).await.unwrap_err();
        assert_eq!(error.help().as_deref(), Some("these are kept: 1, 2, 3"));
    });
}

#[test]
fn uninstall_leaves_nothing_and_what_is_not_ours_alone() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "gone");
        let error = uninstall(&site, &session()).await.unwrap_err();
        assert!(matches!(error, Error::NotInstalled { .. }), "{error}");
        let mut wanted = objects("1.0.0");
        wanted.push(config_map("given-away", "info"));
        bring_ready(&site, "1.0.0", &wanted).await;
        kubectl(
            "gone",
            &[
                "annotate",
                "configmap",
                "given-away",
                "meta.helm.sh/release-name=other",
                "--overwrite",
            ],
        );
        let gone = uninstall(&site, &session()).await.unwrap();
        let gone: Vec<_> = gone.iter().map(ToString::to_string).collect();
        let expected = ["Ingress myapp", "Deployment myapp", "Service myapp", "ConfigMap settings"];
        assert_eq!(gone, expected);
        assert_eq!(names("gone"), ["ConfigMap/given-away"]);
        assert_eq!(kubectl("gone", &["get", "pods,replicasets", "--output=name"]), "");
    });
}
