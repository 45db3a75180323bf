//! What a user sees: the digest on standard output and nothing else, help, completions, `init`.

use std::fs;
use std::process::Command;

use landfall_testkit::{Outcome, Workspace};
use serde_json::Value;

const TWO: &str = r#"
//- apps/one/app.toml
[app]
name = "one"
version = "1.0.0"
environments = ["prod"]
[[layers]]
name = "content"
files = { "files/a" = "/a" }
//- apps/one/files/a
a
//- apps/two/app.toml
[app]
name = "two"
version = "1.0.0"
environments = ["prod"]
[[layers]]
name = "content"
files = { "files/a" = "/a" }
//- apps/two/files/a
b
"#;

fn workspace() -> Workspace {
    Workspace::from_text(TWO).expect("a workspace")
}

fn run(workspace: &Workspace, line: &str) -> Outcome {
    let words: Vec<_> = line.split(' ').collect();
    workspace.landfall(&words).expect("landfall starts")
}

fn is_digest(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64
        && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[test]
fn standard_output_is_the_digest_and_nothing_else() {
    let workspace = workspace();
    let first = run(&workspace, "build one");
    assert!(is_digest(first.stdout.strip_suffix('\n').expect("one line")), "{:?}", first.stdout);
    let second = run(&workspace, "build one");
    assert_eq!((second.status, &second.stdout), (Some(0), &first.stdout));
}

#[test]
fn two_apps_are_two_lines_in_the_order_that_was_asked_for() {
    let workspace = workspace();
    let alone = run(&workspace, "build one").stdout;
    let both = run(&workspace, "build two one").stdout;
    let lines: Vec<_> =
        both.lines().map(|line| line.split_once(' ').expect("APP DIGEST")).collect();
    assert_eq!(lines.iter().map(|(app, _)| *app).collect::<Vec<_>>(), ["two", "one"]);
    assert_eq!(lines[1].1, alone.trim());
    let all = run(&workspace, "build --all").stdout;
    assert_eq!(
        all.lines().map(|line| line.split_once(' ').expect("APP DIGEST").0).collect::<Vec<_>>(),
        ["one", "two"]
    );
}

#[test]
fn json_has_the_digest_the_tag_and_each_layer() {
    let workspace = workspace();
    let digest = run(&workspace, "build one").stdout;
    let answer: Value =
        serde_json::from_str(&run(&workspace, "build one --json").stdout).expect("JSON");
    let app = &answer["apps"][0];
    let digest = digest.trim();
    assert_eq!(
        (app["app"].as_str(), app["version"].as_str(), app["digest"].as_str()),
        (Some("one"), Some("1.0.0"), Some(digest))
    );
    assert_eq!(app["tag"].as_str().expect("a tag"), format!("1.0.0-{}", &digest[7..19]));
    let platforms = app["platforms"].as_array().expect("platforms");
    assert_eq!(platforms.len(), 2);
    for platform in platforms {
        assert!(is_digest(platform["manifest"].as_str().expect("a digest")));
        let layer = &platform["layers"][0];
        assert_eq!(
            (layer["name"].as_str(), layer["written"].as_bool()),
            (Some("content"), Some(false))
        );
        assert!(layer["blob"]["size_bytes"].is_u64());
    }
}

#[test]
fn a_version_of_the_command_line_goes_first() {
    let workspace = workspace();
    let answer = run(&workspace, "build one --set version=2.0.0 --json").stdout;
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer["apps"][0]["version"].as_str(), Some("2.0.0"));
    assert_ne!(
        answer["apps"][0]["digest"].as_str(),
        Some(run(&workspace, "build one").stdout.trim())
    );
}

#[test]
fn exit_statuses_say_whose_turn_it_is() {
    let workspace = workspace();
    for (line, status) in [
        ("build one", 0),
        ("build one --check", 0),
        ("store verify", 0),
        ("build absent", 1),
        ("why two", 1),
        ("build", 2),
        ("build one --all", 2),
        ("bild one", 2),
        ("build one --threads=0", 2),
        ("build one two --output oci:x", 2),
    ] {
        let outcome = run(&workspace, line);
        assert_eq!(outcome.status, Some(status), "{line}: {}", outcome.stderr);
        assert_eq!(
            outcome.stdout.is_empty(),
            status != 0 || line.starts_with("store"),
            "{line}: {}",
            outcome.stdout
        );
    }
}

#[test]
fn where_no_containerd_is_the_outside_refused() {
    let workspace = workspace();
    let mut build = workspace.command(&["build", "one", "--load"]).expect("there is a landfall");
    let socket = workspace.path("no-socket");
    let output = build.env("CONTAINERD_ADDRESS", &socket).output().expect("landfall starts");
    let outcome = Outcome::from(output);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(3), ""));
    let said = format!(
        "error: no containerd is here: `{}` does not exist\nhelp: start containerd, or write a file: `--output oci-archive:FILE`\n",
        socket.display()
    );
    assert!(outcome.stderr.ends_with(&said), "{}", outcome.stderr);
}

#[test]
fn quiet_says_nothing_but_the_digest() {
    let workspace = workspace();
    let outcome = run(&workspace, "build --quiet one");
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    assert!(is_digest(outcome.stdout.trim()));
    let wrong = run(&workspace, "build -q absent");
    assert!(!wrong.stderr.is_empty(), "an error is said all the same");
}

#[test]
fn nothing_is_coloured_where_there_is_no_terminal() {
    let workspace = workspace();
    for line in ["build one", "build absent", "bild", "--help", "why one"] {
        let outcome = run(&workspace, line);
        assert!(
            !outcome.stderr.contains('\u{1b}') && !outcome.stdout.contains('\u{1b}'),
            "{line}: {outcome:?}"
        );
    }
}

#[test]
fn a_control_character_in_a_name_does_not_reach_the_terminal() {
    let workspace = workspace();
    let outcome = run(&workspace, "build \u{1b}[31mred");
    assert_ne!(outcome.status, Some(0));
    assert!(!outcome.stderr.contains('\u{1b}'), "{}", outcome.stderr);
}

#[test]
fn help_of_every_command_has_an_example() {
    let workspace = workspace();
    let commands = crate::documents::commands();
    assert!(commands.len() >= 7, "{commands:?}");
    for command in commands {
        let outcome = run(&workspace, &format!("{command} --help"));
        assert_eq!(outcome.status, Some(0), "{command}");
        assert!(outcome.stdout.contains("Example"), "{command} has no example");
        assert!(
            outcome.stdout.contains(&format!("landfall {command}")),
            "{command}'s example is of another"
        );
    }
}

#[test]
fn completions_are_scripts_of_their_shell() {
    let workspace = workspace();
    for shell in ["bash", "zsh", "fish"] {
        let outcome = run(&workspace, &format!("completions {shell}"));
        assert_eq!(outcome.status, Some(0), "{shell}");
        assert!(outcome.stdout.contains("landfall"), "{shell}");
        let script = workspace.path("completions");
        fs::write(&script, &outcome.stdout).expect("a file");
        match Command::new(shell).arg("-n").arg(&script).output() {
            Ok(output) => assert!(
                output.status.success(),
                "{shell}: {}",
                String::from_utf8_lossy(&output.stderr)
            ),
            Err(_) => landfall_tests::loud::left_out(&format!(
                "whether {shell} reads its completions: there is no {shell}"
            )),
        }
    }
}

#[test]
fn a_store_says_where_it_is() {
    let workspace = workspace();
    let folder = workspace.store().display().to_string();
    assert_eq!(run(&workspace, "store path").stdout, format!("{folder}\n"));
    let answer: Value =
        serde_json::from_str(&run(&workspace, "store path --json").stdout).expect("JSON");
    assert_eq!(answer, serde_json::json!({ "folder": folder }));
}

#[test]
fn init_lists_what_it_wrote() {
    let workspace = Workspace::from_text("//- Cargo.toml\n[package]\n").expect("a folder");
    let outcome = run(&workspace, "init hello --json --quiet");
    assert_eq!((outcome.status, outcome.stderr.as_str()), (Some(0), ""));
    let answer: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(
        (answer["app"].as_str(), answer["folder"].as_str()),
        (Some("hello"), Some("apps/hello"))
    );
    let written = answer["written"].as_array().expect("a list");
    let mut written: Vec<_> = written.iter().filter_map(Value::as_str).collect();
    written.sort_unstable();
    assert_eq!(
        written,
        [
            ".gitignore",
            ".landfall.toml",
            "apps/hello/app.lock",
            "apps/hello/app.toml",
            "apps/hello/program/Cargo.lock",
            "apps/hello/program/Cargo.toml",
            "apps/hello/program/rust-toolchain.toml",
            "apps/hello/program/src/main.rs",
            "environments/dev/stage.toml",
            "environments/regions.toml",
        ]
    );
    assert!(written.iter().all(|path| workspace.path(path).is_file()));
}

#[test]
fn what_init_makes_builds_at_once_and_is_not_made_twice() {
    let workspace = Workspace::from_text("//- none/").expect("a folder");
    let made = run(&workspace, "init hello");
    assert_eq!((made.status, made.stdout.as_str()), (Some(0), ""), "{}", made.stderr);
    let written = fs::read_to_string(workspace.path("apps/hello/app.toml")).expect("app.toml");
    assert!(written.lines().count() <= 10, "{written}");
    let built = run(&workspace, "build hello --locked");
    assert_eq!(built.status, Some(0), "{}", built.stderr);
    assert!(is_digest(built.stdout.trim()));
    let again = run(&workspace, "init hello");
    assert_eq!(again.status, Some(1));
    assert!(again.stderr.contains("exists"), "{}", again.stderr);
    assert_eq!(
        fs::read_to_string(workspace.path("apps/hello/app.toml")).expect("app.toml"),
        written
    );
    let second = run(&workspace, "init other");
    assert_eq!(second.status, Some(0), "{}", second.stderr);
    let built = run(&workspace, "build other");
    assert_eq!(built.status, Some(0), "the second app of a workspace: {}", built.stderr);
}

#[test]
fn an_output_has_the_digest_that_was_printed() {
    let workspace = workspace();
    let digest = run(&workspace, "build one --output oci:out").stdout;
    let index = fs::read_to_string(workspace.path("out/index.json")).expect("index.json");
    let index: Value = serde_json::from_str(&index).expect("JSON");
    assert_eq!(index["manifests"][0]["digest"].as_str(), Some(digest.trim()));
    for kind in ["oci-archive:out.tar", "docker-archive:docker.tar"] {
        let line = format!("build one --platform linux/amd64 --output {kind}");
        let (first, file) = (run(&workspace, &line), kind.split_once(':').expect("a file").1);
        assert_eq!(first.status, Some(0), "{kind}: {}", first.stderr);
        let bytes = fs::read(workspace.path(file)).expect("an archive");
        assert_eq!(run(&workspace, &line).status, Some(0), "written over");
        assert!(
            bytes == fs::read(workspace.path(file)).expect("an archive"),
            "{kind} is not the same twice"
        );
    }
}
