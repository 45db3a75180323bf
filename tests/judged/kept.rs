//! Release records: how many are kept, and what happens to one that is damaged, newer or too large.

use landfall_cluster::ClusterError;
use landfall_deploy::{Error, Outcome, Session, earlier, plan};
use landfall_hashing::Digest;
use landfall_rollout::RecordError;
use serde_json::json;

use crate::site::{
    bring, bring_ready, config_map, connect, kubectl, names, release, run, session, site,
};

fn patch(namespace: &str, secret: &str, patch: &serde_json::Value) {
    let patch = patch.to_string();
    kubectl(namespace, &["patch", "secret", secret, "--type=merge", "--patch", &patch]);
}

#[test]
fn the_oldest_records_beyond_the_limit_go() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "history");
        let mut session = session();
        session.limits.history = 2;
        for number in 1..=5 {
            let (version, level) = (format!("1.0.{number}"), format!("level-{number}"));
            let outcome = bring(&site, &session, &version, &[config_map("settings", &level)]).await;
            assert!(matches!(outcome, Ok(Outcome::Ready { .. })), "{outcome:?}");
        }
        let summaries = cluster.summaries("history", "myapp").await.unwrap();
        let kept: Vec<_> = summaries.iter().map(|one| (one.revision, &*one.version)).collect();
        assert_eq!(kept, [(3, "1.0.3"), (4, "1.0.4"), (5, "1.0.5")]);
        let last = &summaries[2];
        assert_eq!((&*last.who, &*last.description), ("somebody@here 1", "Upgrade"));
        assert_eq!(last.digest, Some(Digest::of("1.0.5")));
        assert!(last.started <= *last.finished.as_ref().unwrap(), "{last:?}");
    });
}

#[test]
fn a_damaged_record_stops_what_needs_it_and_nothing_else() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "damaged");
        for level in ["a", "b", "c"] {
            bring_ready(&site, level, &[config_map("settings", level)]).await;
        }
        let damage = json!({ "data": { "release": "aGVsbG8=" } });
        patch("damaged", "landfall.release.myapp.v1", &damage);
        let error = earlier(&site, Some(1)).await.unwrap_err();
        assert!(matches!(
            error,
            Error::Cluster(ClusterError::Record(RecordError::Unreadable { .. }))
        ));
        let help = error.help().unwrap();
        assert!(help.contains("put it back, or remove the Secret"), "{help}");
        let revision = bring_ready(&site, "d", &[config_map("settings", "d")]).await;
        assert_eq!(revision, 4);

        patch("damaged", "landfall.release.myapp.v4", &damage);
        let before = names("damaged");
        let error = plan(&site, release("e"), &[config_map("settings", "e")]).await.unwrap_err();
        let cause = std::error::Error::source(&error).expect("a cause").to_string();
        assert!(
            cause.starts_with("Secret `landfall.release.myapp.v4` holds no release"),
            "{cause}"
        );
        kubectl("damaged", &["delete", "secret", "landfall.release.myapp.v4"]);
        let revision = bring_ready(&site, "e", &[config_map("settings", "e")]).await;
        assert_eq!((revision, names("damaged").len()), (5, before.len()));
    });
}

#[test]
fn a_record_of_a_newer_format_is_left_to_the_newer_landfall() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "newer");
        bring_ready(&site, "a", &[config_map("settings", "a")]).await;
        let mut record = cluster.record("newer", "myapp", 1).await.unwrap().unwrap();
        record.format = 2;
        let secret = record.to_secret("newer").unwrap();
        patch("newer", "landfall.release.myapp.v1", &json!({ "data": secret["data"] }));
        let error = plan(&site, release("b"), &[config_map("settings", "b")]).await.unwrap_err();
        let expected = "use the Landfall that wrote it, or a newer one";
        assert_eq!(error.help().as_deref(), Some(expected), "{error:?}");
    });
}

#[test]
fn a_head_that_is_damaged_is_named_and_one_that_is_gone_is_made_again() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "headless");
        let settings = |level| [config_map("settings", level), config_map(level, level)];
        bring_ready(&site, "a", &settings("a")).await;
        patch(
            "headless",
            "landfall.head.myapp",
            &json!({
                "metadata": { "annotations": { "landfall/revision": "first" } },
            }),
        );
        let error = plan(&site, release("b"), &settings("b")).await.unwrap_err();
        let cause = std::error::Error::source(&error).expect("a cause").to_string();
        assert!(cause.ends_with("`landfall/revision` is \"first\", no number"), "{cause}");
        kubectl("headless", &["delete", "secret", "landfall.head.myapp"]);
        assert_eq!(bring_ready(&site, "b", &settings("b")).await, 2);
        assert!(!names("headless").contains(&"ConfigMap/a".into()), "known from the records");
    });
}

/// Text that hardly gets smaller: half of it is left.
fn noise(size_bytes: usize, seed: &str) -> String {
    let parts =
        (0..size_bytes / 64).map(|number| Digest::of(format!("{seed}{number}")).hex().to_string());
    parts.collect()
}

#[test]
fn a_record_as_large_as_a_secret_may_be_is_kept_and_a_larger_one_refused_before_any_write() {
    run(async {
        let cluster = connect().await;
        let site = site(&cluster, "large");
        // About 1,000,000 bytes packed: more than a Secret took if base64 counted.
        let mut objects: Vec<_> =
            ["a", "b"].map(|name| config_map(name, &noise(850_000, name))).into();
        bring_ready(&site, "1", &objects).await;
        objects.push(config_map("c", &noise(850_000, "c")));
        let before = names("large");
        let error = bring(&site, &Session { ..session() }, "2", &objects).await.unwrap_err();
        let found =
            matches!(error, Error::Cluster(ClusterError::Record(RecordError::Large { .. })));
        assert!(found, "{error:?}");
        assert_eq!(names("large"), before);
    });
}
