//! The role of the documents is enough for every command, and with less the error is clear.

use landfall_cluster::{Cluster, ClusterError, Target};
use landfall_deploy::{Error, Outcome, earlier, uninstall};
use landfall_testkit::{POD_LABEL, PodFate};
use serde_json::{Value, json};

use crate::reaching::{Kubeconfig, authority};
use crate::site::{
    bring, config_map, control_plane, deployment, kubectl, names, objects, run, session, site,
    versions,
};

const DOCUMENT: &str = include_str!("../../docs/reference/cluster-rights.md");

/// The documented role, in another namespace.
fn role(namespace: &str) -> Value {
    let yaml = DOCUMENT.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
    let file = tempfile::NamedTempFile::with_suffix(".yaml").expect("a file");
    std::fs::write(file.path(), yaml.expect("a role in the document")).expect("a file");
    let path = file.path().to_str().expect("a path");
    let role =
        kubectl("myapp", &["create", "--dry-run=client", "--output=json", "--filename", path]);
    serde_json::from_str(&role.replace("\"myapp\"", &format!("\"{namespace}\""))).expect("JSON")
}

/// Makes a namespace with a user who has a role there and nothing else.
fn user(namespace: &str, role: &Value) -> String {
    kubectl("default", &["create", "namespace", namespace]);
    let account = json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": { "name": "deployer", "namespace": namespace },
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": { "name": "deployer", "namespace": namespace },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "landfall" },
        "subjects": [{ "kind": "ServiceAccount", "name": "deployer", "namespace": namespace }],
    });
    for object in [&account, role, &binding] {
        control_plane().apply(&object.to_string()).unwrap_or_else(|error| panic!("{error}"));
    }
    kubectl(namespace, &["create", "token", "deployer"]).trim().into()
}

async fn connect_as(token: &str) -> Cluster {
    let file = Kubeconfig { token, ..Kubeconfig::default() }.write();
    let target = Target { kubeconfigs: vec![file.path().into()], ..authority() };
    Cluster::connect(&target).await.unwrap_or_else(|error| panic!("{error:?}"))
}

/// The role without one verb on one resource.
fn without(namespace: &str, resource: &str, verb: &str) -> Value {
    let mut role = role(namespace);
    let rules = role["rules"].as_array_mut().expect("rules");
    let of_resource = |rule: &&mut Value| {
        rule["resources"].as_array().expect("resources").iter().any(|named| named == resource)
    };
    for rule in rules.iter_mut().filter(of_resource) {
        rule["verbs"].as_array_mut().expect("verbs").retain(|named| named != verb);
    }
    rules.retain(|rule| rule["verbs"] != json!([]));
    role
}

#[test]
fn the_documented_role_is_enough_from_the_first_release_to_the_last() {
    run(async {
        let cluster = connect_as(&user("entitled", &role("entitled"))).await;
        let site = site(&cluster, "entitled");
        let mut session = session();
        session.limits.history = 1;
        for version in ["1.0.0", "2.0.0", "3.0.0"] {
            let mut wanted = objects(version);
            wanted.push(config_map(&format!("only-{version}"), "info"));
            let outcome = bring(&site, &session, version, &wanted).await;
            assert!(matches!(outcome, Ok(Outcome::Ready { .. })), "{version}: {outcome:?}");
        }
        let target = earlier(&site, None).await.unwrap();
        let outcome = bring(&site, &session, "2.0.0", &target.objects).await;
        assert!(matches!(outcome, Ok(Outcome::Ready { revision: 4 })), "{outcome:?}");
        uninstall(&site, &session).await.unwrap();
        assert_eq!(names("entitled"), [""; 0]);
    });
}

#[test]
fn with_less_the_error_names_who_may_not_do_what_and_nothing_is_changed() {
    let cases = [
        ("namespaces", "get", "Namespace lesser-0: "),
        ("secrets", "get", "GET /api/v1/namespaces/lesser-1/secrets/landfall.head.myapp"),
        ("secrets", "list", "GET /api/v1/namespaces/lesser-2/secrets"),
        ("secrets", "create", "POST /api/v1/namespaces/lesser-3/secrets"),
        ("deployments", "get", "Deployment myapp: "),
        ("deployments", "patch", "Deployment myapp: "),
        ("deployments", "create", "Deployment myapp: "),
    ];
    run(async {
        for (number, (resource, verb, what)) in cases.into_iter().enumerate() {
            let namespace = format!("lesser-{number}");
            let token = user(&namespace, &without(&namespace, resource, verb));
            let cluster = connect_as(&token).await;
            let site = site(&cluster, &namespace);
            let error = bring(&site, &session(), "1.0.0", &objects("1.0.0")).await.unwrap_err();
            let Error::Cluster(refused) = &error else { panic!("{resource} {verb}: {error:?}") };
            let words = refused.to_string();
            let who = format!("system:serviceaccount:{namespace}:deployer");
            assert!(words.contains(what) && words.contains(&who), "{words}");
            assert!(matches!(refused, ClusterError::Refused { code: 403, .. }), "{error:?}");
            assert!(words.contains(&format!("cannot {verb} resource \"{resource}\"")), "{words}");
            assert!(error.help().unwrap().starts_with("the user of this context lacks that right"));
            assert_eq!(names(&namespace), [""; 0], "{resource} {verb}");
        }
    });
}

#[test]
fn a_deletion_that_is_not_allowed_is_found_by_the_plan() {
    run(async {
        let namespace = "lesser-deleting";
        let token = user(namespace, &without(namespace, "ingresses", "delete"));
        let cluster = connect_as(&token).await;
        let site = site(&cluster, namespace);
        bring(&site, &session(), "1.0.0", &objects("1.0.0")).await.unwrap();
        let before = versions(namespace);
        let error = bring(&site, &session(), "2.0.0", &objects("2.0.0")[1..]).await.unwrap_err();
        let words = error.to_string();
        assert!(words.contains("Ingress myapp: ingresses.networking.k8s.io"), "{words}");
        assert!(words.contains("cannot delete resource"), "{words}");
        assert_eq!(versions(namespace), before);
    });
}

#[test]
fn without_a_look_at_pods_a_release_goes_on_and_says_so() {
    run(async {
        let namespace = "lesser-blind";
        let token = user(namespace, &without(namespace, "pods", "list"));
        let cluster = connect_as(&token).await;
        let site = site(&cluster, namespace);
        let mut ill = deployment("1.0.0");
        let fate = PodFate::NeverReady.label_value();
        ill["spec"]["template"]["metadata"]["labels"][POD_LABEL] = fate.into();
        let mut session = session();
        session.limits.ready_seconds = 0;
        let outcome = bring(&site, &session, "1.0.0", &[ill]).await;
        let Ok(Outcome::NotReady { unready, .. }) = outcome else { panic!("{outcome:?}") };
        let words = "its pods cannot be looked at: GET /api/v1/namespaces/lesser-blind/pods: pods is forbidden";
        assert!(unready[0].troubles[0].starts_with(words), "{unready:?}");
        let outcome = bring(&site, &crate::site::session(), "1.0.1", &[deployment("1.0.1")]).await;
        assert!(matches!(outcome, Ok(Outcome::Ready { revision: 2 })), "{outcome:?}");
    });
}
