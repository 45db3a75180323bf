//! What a cluster refuses is told for every object at once, before anything is changed.

use landfall_cluster::ClusterError;
use landfall_deploy::{Error, ErrorKind, plan};
use serde_json::{Value, json};

use crate::site::{
    bring, bring_ready, config_map, connect, deployment, kubectl, objects, release, run, session,
    site, versions,
};

/// What each object is refused for, as a person reads it.
fn refusals(error: &Error) -> Vec<String> {
    match error {
        Error::Refused(errors) => errors.iter().map(ToString::to_string).collect(),
        other => vec![other.to_string()],
    }
}

/// Each refusal holds all of its words, in order.
fn assert_words(error: &Error, expected: &[&[&str]]) {
    let found = refusals(error);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, words) in found.iter().zip(expected) {
        for word in *words {
            assert!(found.contains(word), "`{word}` is missing: {found}");
        }
    }
}

#[test]
fn each_faulty_object_is_told_with_all_its_faults() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "faulty");
        bring_ready(&site, "1.0.0", &objects("1.0.0")).await;
        let before = versions("faulty");
        let mut wanted = objects("1.1.0");
        wanted[0]["spec"]["rules"][0]["host"] = "not a host".into();
        wanted[1]["spec"]["replicass"] = 3.into();
        wanted[1]["spec"]["template"]["spec"]["tty"] = true.into();
        wanted[2]["spec"]["ports"][0]["port"] = "http".into();
        wanted.push(json!({
            "apiVersion": "example.com/v1", "kind": "Widget", "metadata": { "name": "w" },
        }));
        wanted.push(json!({
            "apiVersion": "apps/v1", "kind": "Deploiment", "metadata": { "name": "d" },
        }));
        let error = bring(&site, &session(), "1.1.0", &wanted).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Outside);
        let expected: [&[&str]; 5] = [
            &["Service myapp: ", "spec.ports", "port"],
            &["Deployment myapp: ", "\"spec.replicass\"", "\"spec.template.spec.tty\""],
            &["Ingress myapp: ", "spec.rules[0].host", "\"not a host\""],
            &["serves no kind `Widget` in `example.com/v1`; it knows no such group or version"],
            &["serves no kind `Deploiment` in `apps/v1`; there are ", "Deployment"],
        ];
        assert_words(&error, &expected);
        assert_eq!(versions("faulty"), before);
    });
}

#[test]
fn what_cannot_change_and_what_belongs_to_others_is_told_by_field_and_owner() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "owned");
        bring_ready(&site, "1.0.0", &objects("1.0.0")).await;
        kubectl("owned", &["scale", "deployment", "myapp", "--replicas=3"]);
        edit_as_other("owned");
        let before = versions("owned");
        let mut wanted = objects("1.1.0");
        wanted[3]["data"]["level"] = "debug".into();
        let error = bring(&site, &session(), "1.1.0", &wanted).await.unwrap_err();
        let expected: [&[&str]; 2] = [
            &["ConfigMap settings: ", ".data.level", "conflict with \"other\""],
            &[
                "Deployment myapp: ",
                ".spec.replicas",
                "conflict with \"kubectl\" with subresource \"scale\"",
            ],
        ];
        assert_words(&error, &expected);
        let help = error.help().unwrap();
        assert!(help.starts_with("another program owns these fields"), "{help}");

        let mut wanted = objects("1.0.0");
        wanted.truncate(3);
        wanted.push(config_map("settings", "warn"));
        wanted[1]["spec"].as_object_mut().unwrap().remove("replicas");
        wanted[1]["spec"]["selector"]["matchLabels"]["tier"] = "front".into();
        wanted[1]["spec"]["template"]["metadata"]["labels"]["tier"] = "front".into();
        let error = bring(&site, &session(), "1.0.1", &wanted).await.unwrap_err();
        assert_words(&error, &[&["Deployment myapp: ", "spec.selector", "field is immutable"]]);
        assert_eq!(versions("owned"), before);
    });
}

/// Takes `data.level` of the ConfigMap, by force, with `kubectl`.
fn edit_as_other(namespace: &str) {
    let file = tempfile::NamedTempFile::with_suffix(".json").expect("a file");
    std::fs::write(file.path(), config_map("settings", "warn").to_string()).expect("a file");
    let path = file.path().to_str().expect("a path");
    let manager = ["apply", "--server-side", "--field-manager=other", "--force-conflicts"];
    kubectl(namespace, &[&manager[..], &["--filename", path]].concat());
}

#[test]
fn another_release_s_objects_are_refused() {
    run(async {
        let cluster = connect().await;
        let mut other = site(&cluster, "shared");
        other.app = "other".into();
        bring_ready(&other, "1.0.0", &[config_map("settings", "info")]).await;
        let before = versions("shared");
        let ours = site(&cluster, "shared");
        let error = plan(&ours, release("1.0.0"), &objects("1.0.0")).await.unwrap_err();
        let expected = "another release has these objects: ConfigMap settings (of other in shared)";
        assert_eq!(error.to_string(), expected);
        assert_eq!(versions("shared"), before);
    });
}

#[test]
fn in_a_new_namespace_faults_are_found_before_the_first_object() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "faulty-and-new");
        let mut wanted = objects("1.0.0");
        wanted[1]["spec"]["replicass"] = 3.into();
        let error = bring(&site, &session(), "1.0.0", &wanted).await.unwrap_err();
        assert_words(&error, &[&["Deployment myapp: ", "\"spec.replicass\""]]);
        let names = crate::site::names("faulty-and-new");
        assert_eq!(names, ["Secret/landfall.head.myapp"], "no object, and no record of a release");
    });
}

#[test]
fn a_plan_is_refused_where_the_world_has_moved() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "moved");
        bring_ready(&site, "1.0.0", &objects("1.0.0")).await;
        let stale = plan(&site, release("1.1.0"), &objects("1.1.0")).await.unwrap();
        kubectl("moved", &["delete", "service", "myapp"]);
        let error = landfall_deploy::apply(&site, &session(), &stale, "Upgrade").await.unwrap_err();
        assert_eq!(error.to_string(), "changed since the plan was made: Service myapp");
        assert_eq!(error.kind(), ErrorKind::NotAsWanted);
        bring_ready(&site, "1.0.1", &objects("1.0.1")).await;
        let error = landfall_deploy::apply(&site, &session(), &stale, "Upgrade").await.unwrap_err();
        assert!(matches!(error, Error::Moved { planned: 1, found: 2 }), "{error}");
        let mut elsewhere = stale;
        elsewhere.cluster = "kube_system_uid of-another".into();
        let error = landfall_deploy::apply(&site, &session(), &elsewhere, "Upgrade").await;
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with("the plan is for the cluster with kube_system_uid of-another"));
    });
}

#[test]
fn an_object_of_another_namespace_or_without_a_name_is_told() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "default");
        let mut elsewhere = deployment("1.0.0");
        elsewhere["metadata"]["namespace"] = "kube-system".into();
        let error = plan(&site, release("1.0.0"), &[elsewhere]).await.unwrap_err();
        let expected = "Deployment myapp is in namespace `kube-system`, and the app's is `default`";
        assert_eq!(error.to_string(), expected);
        let nameless: Value = json!({ "apiVersion": "v1", "kind": "Service", "metadata": {} });
        let error = plan(&site, release("1.0.0"), &[nameless]).await.unwrap_err();
        assert!(matches!(error, Error::Cluster(ClusterError::Key(_))), "{error:?}");
    });
}
