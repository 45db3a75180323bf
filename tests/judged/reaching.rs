//! Which clusters are refused before anything is sent, and what one that does not answer costs.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use landfall_cluster::{Cluster, ClusterError, Pin, Target};
use landfall_hashing::Digest;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::site::{control_plane, run, target};

/// A kubeconfig of one context, `london`, that may be wrong in one way.
pub struct Kubeconfig<'a> {
    pub token: &'a str,
    /// Beside `server` and the certificate, or over them.
    pub cluster: Value,
    /// Beside the token.
    pub user: Value,
}

impl Default for Kubeconfig<'_> {
    fn default() -> Self {
        Self { token: control_plane().token(), cluster: json!({}), user: json!({}) }
    }
}

impl Kubeconfig<'_> {
    pub fn write(&self) -> NamedTempFile {
        let mut cluster = json!({
            "server": control_plane().address(),
            "certificate-authority-data": data_encoding::BASE64.encode(certificate().as_bytes()),
        });
        let mut user = json!({ "token": self.token });
        merge(&mut cluster, &self.cluster);
        merge(&mut user, &self.user);
        let file = NamedTempFile::new().expect("a file");
        let text = json!({
            "apiVersion": "v1", "kind": "Config",
            "contexts": [{ "name": "london", "context": { "cluster": "c", "user": "u" } }],
            "clusters": [{ "name": "c", "cluster": cluster }],
            "users": [{ "name": "u", "user": user }],
        });
        std::fs::write(file.path(), text.to_string()).expect("a file");
        file
    }
}

fn merge(into: &mut Value, from: &Value) {
    for (key, value) in from.as_object().expect("a map") {
        into[key] = value.clone();
    }
}

/// The authority's certificate, which the API server keeps behind its own.
fn certificate() -> String {
    let text = std::fs::read_to_string(control_plane().certificate_authority()).expect("a file");
    let last = text.rfind("-----BEGIN").expect("a certificate");
    text[last..].to_owned()
}

/// The control plane, known by its authority; the kubeconfig is yet to be named.
pub fn authority() -> Target {
    let text = certificate();
    let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    let bytes = data_encoding::BASE64.decode(body.as_bytes()).expect("base64");
    Target { kubeconfigs: Vec::new(), pin: Pin::CaSha256(Digest::of(bytes)), ..target() }
}

fn with(file: &Path, target: Target) -> Target {
    Target { kubeconfigs: vec![file.into()], ..target }
}

async fn refused(target: &Target) -> ClusterError {
    match Cluster::connect(target).await {
        Err(error) => error,
        Ok(_) => panic!("{target:?} is taken"),
    }
}

#[test]
fn a_cluster_is_known_by_its_authority_or_its_uid_and_another_is_refused() {
    run(async {
        let file = Kubeconfig::default().write();
        for pin in [authority(), target()] {
            Cluster::connect(&with(file.path(), pin)).await.unwrap_or_else(|e| panic!("{e:?}"));
        }
        let expected = Digest::of("another");
        let other = Target { pin: Pin::CaSha256(expected), ..authority() };
        let error = refused(&with(file.path(), other)).await.to_string();
        let Pin::CaSha256(found) = authority().pin else { unreachable!() };
        let words = format!(
            "context `london` leads to another cluster: expected ca_sha256 {}, found ca_sha256 {}",
            expected.hex(),
            found.hex()
        );
        assert_eq!(error, words);
        let other = Target { pin: Pin::KubeSystemUid("another".into()), ..target() };
        let error = refused(&with(file.path(), other)).await;
        let words = format!(
            "context `london` leads to another cluster: expected kube_system_uid another, found \
             kube_system_uid {}",
            control_plane().identity()
        );
        assert_eq!(error.to_string(), words);
        assert!(error.help().unwrap().contains("change the pin in the region's file"));
        // The file of the API server holds two certificates: the pin would vouch for one of them.
        let two = refused(&with(control_plane().kubeconfig(), authority())).await.to_string();
        assert!(two.ends_with("found 2 certificate authorities in the kubeconfig"), "{two}");
    });
}

#[test]
fn contexts_that_give_up_on_safety_are_refused() {
    let program = json!({ "exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "false",
        "interactiveMode": "Never",
    } });
    let none = json!({});
    let cases = [
        (json!({ "insecure-skip-tls-verify": true }), &none, "it accepts any certificate"),
        (json!({ "server": "http://127.0.0.1:1" }), &none, "its server is not reached by HTTPS"),
        (json!({ "proxy-url": "http://127.0.0.1:1" }), &none, "it names a proxy"),
        (json!({ "server": "https://192.0.2.1" }), &none, "`local.toml` may name servers of this"),
        (json!({}), &program, "a kubeconfig that `local.toml` names may run no program"),
    ];
    run(async {
        for (cluster, user, words) in cases {
            let file = Kubeconfig { cluster, user: user.clone(), ..Kubeconfig::default() }.write();
            let error = refused(&with(file.path(), target())).await.to_string();
            let words = format!("context `london` is refused: {words}");
            assert!(error.starts_with(&words), "{error}");
        }
    });
}

#[test]
fn a_context_or_a_file_that_is_not_there_is_named() {
    run(async {
        let file = Kubeconfig::default().write();
        let missing = Target { context: "seoul".into(), ..with(file.path(), target()) };
        let error = refused(&missing).await;
        assert_eq!(error.to_string(), format!("no context `seoul` in `{}`", file.path().display()));
        assert!(error.help().unwrap().starts_with("`kubectl config get-contexts`"));
        let error = refused(&with(Path::new("/nowhere/kubeconfig"), target())).await.to_string();
        assert_eq!(error, "kubeconfig `/nowhere/kubeconfig` cannot be used");
        let error = refused(&Target { kubeconfigs: Vec::new(), ..target() }).await.to_string();
        assert_eq!(error, "no context `london` in any kubeconfig: there is none");
        let file = Kubeconfig { token: "nobody", ..Kubeconfig::default() }.write();
        let error = refused(&with(file.path(), target())).await;
        let help = "the cluster does not know this user: sign in again";
        assert_eq!(error.help().as_deref(), Some(help), "{error:?}");
    });
}

/// Connects to an address in the control plane's place; says how long that took, and all causes.
async fn unreachable(server: String) -> (ClusterError, String, Duration) {
    let file = Kubeconfig { cluster: json!({ "server": server }), ..Kubeconfig::default() }.write();
    let began = Instant::now();
    let error = refused(&with(file.path(), target())).await;
    let mut causes = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        causes = format!("{causes}: {cause}");
        source = cause.source();
    }
    (error, causes, began.elapsed())
}

#[test]
fn who_does_not_listen_and_who_never_greets_is_given_up_in_seconds() {
    run(async {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("it");
        let (error, causes, took) = unreachable(format!("https://{free}")).await;
        let words =
            format!("https://{free}/ cannot be reached (GET /api/v1/namespaces/kube-system)");
        assert!(causes.starts_with(&words) && causes.contains("refused"), "{causes}");
        assert!(error.is_passing() && took < Duration::from_secs(2), "{took:?}");
        let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = silent.local_addr().expect("its address");
        let (error, causes, took) = unreachable(format!("https://{address}")).await;
        assert!(matches!(error, ClusterError::Unreachable { .. }), "{causes}");
        assert!(causes.contains("deadline has elapsed"), "{causes}");
        assert!(took < Duration::from_secs(10), "{took:?}");
    });
}

/// Passes bytes on to the control plane, until it is told to pass none.
fn gate() -> (String, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let shut = Arc::new(AtomicBool::new(false));
    let gate = shut.clone();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let server = control_plane().address().replace("https://", "");
            let server = TcpStream::connect(server).expect("the control plane");
            let pairs = [
                (client.try_clone().expect("a socket"), server.try_clone().expect("a socket")),
                (server, client),
            ];
            for (from, to) in pairs {
                let gate = gate.clone();
                thread::spawn(move || pass(from, to, &gate));
            }
        }
    });
    (format!("https://{address}"), shut)
}

fn pass(mut from: TcpStream, mut to: TcpStream, shut: &AtomicBool) {
    let mut buffer = [0; 16_384];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !shut.load(Ordering::Relaxed) && to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}

#[test]
fn a_cluster_that_falls_silent_is_given_up_after_the_limit() {
    run(async {
        let (server, shut) = gate();
        let cluster = json!({ "server": server });
        let file = Kubeconfig { cluster, ..Kubeconfig::default() }.write();
        let cluster = Cluster::connect(&with(file.path(), target())).await;
        let cluster = cluster.unwrap_or_else(|error| panic!("{error:?}"));
        let cluster = cluster.answering_within(Duration::from_secs(1));
        cluster.head("default", "myapp").await.unwrap_or_else(|error| panic!("{error:?}"));
        shut.store(true, Ordering::Relaxed);
        let began = Instant::now();
        let error = cluster.head("default", "myapp").await.unwrap_err();
        let what = "GET /api/v1/namespaces/default/secrets/landfall.head.myapp";
        assert_eq!(error.to_string(), format!("{server}/ gave no answer within 1 s ({what})"));
        assert!(error.help().unwrap().starts_with("nothing was changed by this request"));
        assert!(began.elapsed() < Duration::from_secs(5));
    });
}
