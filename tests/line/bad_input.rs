//! Bad input gets a clear error: an exit status, what, where and what to do; never a panic.
//!
//! The cases stand in bad_input.txt.

use std::fs;

use landfall_testkit::{Outcome, Workspace};
use landfall_tests::apps::fixtures_folder;
use landfall_tests::case;

const CASES: &str = include_str!("bad_input.txt");

const START: &str = r#"
//- apps/x/app.toml
[app]
name = "x"
version = "1.0.0"
environments = ["prod"]
[[layers]]
name = "content"
files = { "files/a" = "/srv/a" }
//- apps/x/files/a
a
//- apps/y/a
not of x
"#;

/// The workspace with one small app `x`.
pub fn workspace() -> Workspace {
    Workspace::from_text(START).expect("a workspace")
}

/// What is wrong with an outcome, whatever it is of.
pub fn complaints(name: &str, outcome: &Outcome, status: i32, expected: &[String]) -> Vec<String> {
    let mut wrong = Vec::new();
    if outcome.status != Some(status) {
        wrong.push(format!("{name}: status {:?} and not {status}", outcome.status));
    }
    if outcome.stderr.contains("panicked") {
        wrong.push(format!("{name}: a panic"));
    }
    if status != 0 && !outcome.stdout.is_empty() {
        wrong.push(format!("{name}: something stands on standard output: {}", outcome.stdout));
    }
    let missing = expected.iter().filter(|snippet| !outcome.stderr.contains(snippet.as_str()));
    wrong.extend(missing.map(|snippet| format!("{name}: `{snippet}` is not said")));
    if !wrong.is_empty() {
        wrong.push(outcome.stderr.clone());
    }
    wrong
}

#[test]
fn every_bad_input_is_refused_in_words() {
    let mut wrong = Vec::new();
    for case in case::read(CASES) {
        let workspace = workspace();
        let outcome = case.run(&workspace);
        wrong.extend(complaints(&case.name, &outcome, case.status, &case.expected));
        if workspace.store().exists() {
            let verified = workspace.landfall(&["store", "verify"]).expect("landfall starts");
            wrong.extend(complaints(
                &format!("{}: the store afterwards", case.name),
                &verified,
                0,
                &[],
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_hostile_archive_is_refused_and_nothing_is_written_outside() {
    let mut wrong = Vec::new();
    let mut refused = 0;
    let workspace = workspace();
    for entry in fs::read_dir(fixtures_folder().join("archives/refused")).expect("the corpus") {
        let path = entry.expect("an archive").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        fs::copy(&path, workspace.path(&format!("apps/x/files/{name}"))).expect("a copy");
        let text = format!(
            "[app]\nname = \"x\"\nversion = \"1\"\nenvironments = [\"prod\"]\n[inputs.a]\npath = \"files/{name}\"\n[[layers]]\nname = \"a\"\nunpack = {{ input = \"a\", to = \"/opt\" }}\n"
        );
        fs::write(workspace.path("apps/x/app.toml"), text).expect("app.toml");
        let outcome = workspace.landfall(&["build", "x"]).expect("landfall starts");
        wrong.extend(complaints(&name, &outcome, 1, &["apps/x/app.toml".into()]));
        refused += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused >= 60, "only {refused} archives");
    let beside: Vec<_> = fs::read_dir(workspace.root().parent().expect("a folder"))
        .expect("a folder")
        .flatten()
        .collect();
    let names: std::collections::BTreeSet<_> =
        beside.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(names, ["home", "store", "tmp", "workspace"].map(str::to_owned).into());
}

/// A Cargo workspace with one server.
fn server(source: &str, build_script: &str) -> Workspace {
    let workspace = Workspace::from_text(
        r#"
        //- apps/x/app.toml
        [app]
        name = "x"
        version = "1.0.0"
        environments = ["prod"]
        platforms = ["linux/amd64"]
        [inputs.server]
        cargo = { package = "server" }
        //- Cargo.toml
        [workspace]
        resolver = "3"
        members = ["server"]
        //- Cargo.lock
        version = 4

        [[package]]
        name = "server"
        version = "0.1.0"
        //- server/Cargo.toml
        [package]
        name = "server"
        version = "0.1.0"
        edition = "2024"
        "#,
    )
    .expect("a workspace");
    fs::create_dir_all(workspace.path("server/src")).expect("a folder");
    fs::write(workspace.path("server/src/main.rs"), source).expect("a file");
    if !build_script.is_empty() {
        fs::write(workspace.path("server/build.rs"), build_script).expect("a file");
    }
    workspace
}

#[test]
fn a_compilers_words_are_shown_once() {
    let workspace = server("fn main() { let wrong: u32 = \"text\"; }\n", "");
    let outcome = workspace.landfall(&["build", "x"]).expect("landfall starts");
    let expected = ["mismatched types".into(), "server/src/main.rs:1".into()];
    assert_eq!(complaints("a compile error", &outcome, 1, &expected), Vec::<String>::new());
    assert_eq!(outcome.stderr.matches("mismatched types").count(), 1, "{}", outcome.stderr);
}

#[test]
fn a_build_script_reaches_neither_the_home_folder_nor_the_network() {
    let script = r#"
        fn main() {
            let home = std::env::var("HOME").unwrap_or_default();
            let secret = std::fs::read_to_string(format!("{home}/secret")).is_ok();
            let network = std::net::TcpStream::connect(include_str!("address")).is_ok();
            assert!(!secret && !network, "reached home: {secret}, network: {network}");
        }
    "#;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let workspace = server("fn main() {}\n", script);
    fs::write(workspace.home().join("secret"), "secret").expect("a secret");
    fs::write(
        workspace.path("server/address"),
        listener.local_addr().expect("an address").to_string(),
    )
    .expect("a file");
    let outcome = workspace.landfall(&["build", "x"]).expect("landfall starts");
    if outcome.stderr.contains("network: true") && !outcome.stderr.contains("home: true") {
        landfall_tests::loud::left_out(
            "that a build script has no network: this kernel gives no network namespace",
        );
        return;
    }
    assert_eq!(complaints("a build script", &outcome, 0, &[]), Vec::<String>::new());
}

#[test]
fn a_build_that_does_not_repeat_is_named_by_layer_and_path() {
    let script = r#"
        fn main() {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
            println!("cargo::rustc-env=NOW={}", now.as_nanos());
        }
    "#;
    let workspace = server("fn main() { println!(env!(\"NOW\")); }\n", script);
    let outcome = workspace.landfall(&["build", "x", "--check"]).expect("landfall starts");
    let expected = ["not the same".into(), "the layer `app`".into(), "usr/bin/server".into()];
    assert_eq!(complaints("a clock in a binary", &outcome, 4, &expected), Vec::<String>::new());
}

/// Bytes that are read are those that were hashed, or there is no image.
#[test]
fn a_file_that_changes_while_it_is_read_is_refused_or_built_whole() {
    let workspace = workspace();
    let place = workspace.path("apps/x/files/a");
    let contents: Vec<_> = (0..2_u8).map(|letter| vec![b'a' + letter; 3_000_000]).collect();
    fs::write(&place, &contents[0]).expect("a file");
    let stop = std::sync::atomic::AtomicBool::new(false);
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        scope.spawn(|| {
            for content in contents.iter().cycle() {
                // Written in place, so that a reader meets both.
                let file = fs::OpenOptions::new().write(true).open(&place).expect("the file");
                std::os::unix::fs::FileExt::write_all_at(&file, content, 0)
                    .expect("it can be written");
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    return;
                }
            }
        });
        let outcomes =
            (0..20).map(|_| workspace.landfall(&["build", "x", "--output", "oci-archive:out.tar"]));
        let outcomes = outcomes.map(|outcome| outcome.expect("landfall starts")).collect();
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        outcomes
    });
    for outcome in &outcomes {
        let refused = ["changed".to_owned()];
        match outcome.status {
            Some(0) => {}
            status => assert_eq!(
                complaints("a file that changes", outcome, status.unwrap_or(-1), &refused),
                Vec::<String>::new()
            ),
        }
        assert!(matches!(outcome.status, Some(0 | 1)), "{outcome:?}");
    }
    let verified = workspace.landfall(&["store", "verify"]).expect("landfall starts");
    assert_eq!(complaints("the store", &verified, 0, &[]), Vec::<String>::new());
}
