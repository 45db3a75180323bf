//! Bad input gets a clear error: an exit status, what, where and what to do; never a panic.
//!
//! The cases stand in bad_input.txt.

use std::fs;

use landfall_testkit::{Outcome, Workspace};
use landfall_tests::apps::fixtures_folder;
use landfall_tests::case;
use landfall_tests::plain_cargo;
use landfall_tests::snapshot::Snapshot;

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
    fs::write(workspace.home().join("secret"), "secret").expect("a file outside");
    // The first build makes the store.
    assert_eq!(workspace.landfall(&["build", "x"]).expect("landfall starts").status, Some(0));
    for entry in fs::read_dir(fixtures_folder().join("archives/refused")).expect("the corpus") {
        let path = entry.expect("an archive").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let copy = workspace.path(&format!("apps/x/files/{name}"));
        fs::copy(&path, &copy).expect("a copy");
        let text = format!(
            "[app]\nname = \"x\"\nversion = \"1\"\nenvironments = [\"prod\"]\n[inputs.a]\npath = \"files/{name}\"\n[[layers]]\nname = \"a\"\nunpack = {{ input = \"a\", to = \"/opt\" }}\n"
        );
        fs::write(workspace.path("apps/x/app.toml"), text).expect("app.toml");
        let before = outside(&workspace);
        let outcome = workspace.landfall(&["build", "x"]).expect("landfall starts");
        wrong.extend(complaints(&name, &outcome, 1, &["apps/x/app.toml".into()]));
        let changes = before.differences(&outside(&workspace));
        wrong.extend(changes.iter().map(|change| format!("{name}: outside: {change}")));
        fs::remove_file(copy).expect("the copy is there");
        refused += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused >= 60, "only {refused} archives");
}

/// Everything around a workspace but its store: names, bytes, modes, owners and times.
fn outside(workspace: &Workspace) -> Snapshot {
    let folder = workspace.root().parent().expect("a folder").to_path_buf();
    Snapshot::of(&folder, &[&workspace.store()])
}

#[test]
fn a_snapshot_sees_each_way_to_write_outside() {
    let workspace = workspace();
    let secret = workspace.home().join("secret");
    fs::write(&secret, "secret").expect("a file outside");
    let before = outside(&workspace);
    assert_eq!(before.differences(&outside(&workspace)), Vec::<String>::new());
    let script = |script: &str| landfall_tests::tree::shell(script, &[&secret]);
    for (disturb, mend) in [
        ("at=$(stat -c %y \"$1\"); printf Secret > \"$1\"; touch -d \"$at\" \"$1\"", "true"),
        ("chmod 4644 \"$1\"", "chmod 644 \"$1\""),
        ("touch -d @1 \"$1\"", "true"),
        ("ln -s / \"$1.link\"", "rm \"$1.link\""),
        ("touch \"$1.new\"", "rm \"$1.new\""),
    ] {
        let before = outside(&workspace);
        script(disturb);
        assert!(!before.differences(&outside(&workspace)).is_empty(), "{disturb}");
        script(mend);
    }
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

/// The secret's place is written into the script, so that the empty HOME of a compile hides nothing.
const REACHING: &str = r#"
    fn main() {
        let secret = std::fs::read_to_string(include_str!("secret-place"));
        let home = secret.is_ok_and(|text| text == "a real secret");
        let network = std::net::TcpStream::connect(include_str!("address")).is_ok();
        assert!(!home && !network, "reached home: {home}, network: {network}");
    }
"#;

#[test]
fn a_build_script_reaches_neither_the_home_folder_nor_the_network() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let workspace = server("fn main() {}\n", REACHING);
    let secret = workspace.home().join("secret");
    let address = listener.local_addr().expect("an address").to_string();
    for (place, text) in [
        (secret.clone(), "a real secret"),
        (workspace.path("server/secret-place"), secret.to_str().expect("a text")),
        (workspace.path("server/address"), &address),
    ] {
        fs::write(place, text).expect("a file");
    }
    let target = tempfile::tempdir().expect("a folder");
    let open = plain_cargo::build(&workspace, target.path(), &[]);
    let words = String::from_utf8_lossy(&open.stderr);
    assert!(words.contains("reached home: true, network: true"), "without walls: {words}");
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
fn a_build_that_does_not_repeat_is_named_by_layer_path_and_content() {
    let script = r#"
        fn main() {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
            println!("cargo::rustc-env=NOW={}", now.as_nanos());
        }
    "#;
    let workspace = server("fn main() { println!(env!(\"NOW\")); }\n", script);
    let difference = difference(&workspace);
    let byte = difference.strip_prefix("`/usr/bin/server`: content: byte ").unwrap_or_default();
    let (first, second) = byte.split_once(" against byte ").unwrap_or_default();
    assert!(first == second && first.parse::<u64>().is_ok(), "{difference}");
}

/// The binary is longer the later it is compiled.
#[test]
fn a_build_that_does_not_repeat_is_named_by_layer_path_and_header_field() {
    let script = r#"
        fn main() {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
            let length = usize::try_from(now.as_millis() % (1 << 18)).unwrap() * 64;
            let place = std::path::Path::new(&std::env::var("OUT_DIR").unwrap()).join("padding");
            std::fs::write(place, vec![b' '; length]).unwrap();
        }
    "#;
    let source = r#"
        static PADDING: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/padding"));

        fn main() {
            std::io::Write::write_all(&mut std::io::stdout(), PADDING).unwrap();
        }
    "#;
    let difference = difference(&server(source, script));
    let sizes = difference.strip_prefix("`/usr/bin/server`: size: `").unwrap_or_default();
    let sizes = sizes.strip_suffix('`').and_then(|sizes| sizes.split_once("` against `"));
    let (first, second) = sizes.unwrap_or_else(|| panic!("{difference}"));
    let octal = |size: &str| size.len() == 11 && u64::from_str_radix(size, 8).is_ok();
    assert!(octal(first) && octal(second) && first != second, "{difference}");
}

/// What `--check` says of the only layer, after its platform and name.
fn difference(workspace: &Workspace) -> String {
    let outcome = workspace.landfall(&["build", "x", "--check"]).expect("landfall starts");
    let expected = ["not the same".into()];
    assert_eq!(complaints("a clock in a binary", &outcome, 4, &expected), Vec::<String>::new());
    let said = outcome.stderr.lines().find_map(|line| line.split_once("amd64: the layer `app`: "));
    said.unwrap_or_else(|| panic!("{}", outcome.stderr)).1.to_owned()
}
