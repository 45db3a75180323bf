//! Several apps in one command: the problems of all are said before anything is built.

use std::fs;

use landfall_testkit::{Outcome, Workspace};
use landfall_tests::apps::fixtures_folder;

const THREE: &str = r#"
//- apps/one/app.toml
[app]
name = "one"
version = "1.0.0"
[[layers]]
name = "content"
files = { "files/a" = "/a" }
//- apps/one/files/a
one
//- apps/two/app.toml
[app]
name = "two"
version = "1.0.0"
[[layers]]
name = "content"
files = { "files/a" = "/a" }
//- apps/two/files/a
two
//- apps/three/app.toml
[app]
name = "three"
version = "1.0.0"
[[layers]]
name = "content"
files = { "files/a" = "/a" }
//- apps/three/files/a
three
"#;

fn workspace() -> Workspace {
    Workspace::from_text(THREE).expect("a workspace")
}

fn run(workspace: &Workspace, line: &str) -> Outcome {
    let words: Vec<_> = line.split(' ').collect();
    workspace.landfall(&words).expect("landfall starts")
}

fn replace(workspace: &Workspace, path: &str, old: &str, new: &str) {
    let path = workspace.path(path);
    let text = fs::read_to_string(&path).expect("a file");
    assert!(text.contains(old), "{text}");
    fs::write(path, text.replace(old, new)).expect("a file");
}

/// Asserts that a command is refused in these words, and that no app of the workspace was built.
fn assert_refused(workspace: &Workspace, line: &str, said: &[&str], unsaid: &[&str]) {
    let outcome = run(workspace, line);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), ""), "{}", outcome.stderr);
    for text in said {
        assert_eq!(outcome.stderr.matches(text).count(), 1, "`{text}` in {}", outcome.stderr);
    }
    for text in unsaid {
        assert!(!outcome.stderr.contains(text), "`{text}` in {}", outcome.stderr);
    }
    for app in ["one", "two", "three"] {
        let why = run(workspace, &format!("why {app}"));
        assert_eq!(why.status, Some(1), "{app} was built: {}", why.stdout);
    }
}

#[test]
fn what_is_wrong_with_every_app_toml_is_said_at_once_and_before_any_file_is_read() {
    let workspace = workspace();
    replace(&workspace, "apps/one/app.toml", "version = \"1.0.0\"", "verison = \"1.0.0\"");
    replace(&workspace, "apps/two/app.toml", "\"/a\"", "\"a\"");
    fs::remove_file(workspace.path("apps/three/files/a")).expect("it goes");
    let said = ["unknown key `verison`", "apps/one/app.toml:3", "apps/two/app.toml:6"];
    for line in ["build three two one", "build --all", "build --all --json", "build --all --check"]
    {
        assert_refused(&workspace, line, &said, &["apps/three"]);
    }
    let locks = ["one", "two", "three"].map(|app| workspace.path(&format!("apps/{app}/app.lock")));
    assert!(locks.iter().all(|lock| !lock.exists()), "a lock was written");
}

#[test]
fn what_is_wrong_with_the_files_of_every_app_is_said_at_once_and_nothing_is_built() {
    let workspace = workspace();
    fs::remove_file(workspace.path("apps/one/files/a")).expect("it goes");
    replace(
        &workspace,
        "apps/three/app.toml",
        "\"/a\" }",
        "\"/a\" }\ntemplates = { \"t\" = \"/t\" }",
    );
    fs::write(workspace.path("apps/three/t"), "{{ Nothing }}").expect("a template");
    let said = ["`apps/one/files/a` cannot be read", "apps/three/t:1"];
    assert_refused(&workspace, "build two one three", &said, &["two: not built"]);
    assert_refused(&workspace, "build --all", &said, &[]);
}

#[test]
fn an_app_that_is_not_there_keeps_the_others_from_being_built() {
    let workspace = workspace();
    replace(&workspace, "apps/two/app.toml", "1.0.0", "1 0");
    let said = ["there is no app `absent`", "apps/two/app.toml:3"];
    assert_refused(&workspace, "build one absent two", &said, &[]);
}

#[test]
fn apps_that_changed_are_looked_for_only_where_no_app_has_a_problem() {
    let workspace = workspace();
    replace(&workspace, "apps/one/app.toml", "1.0.0", "1 0");
    replace(&workspace, "apps/two/app.toml", "1.0.0", "2 0");
    let said = ["apps/one/app.toml:3", "apps/two/app.toml:3"];
    assert_refused(&workspace, "build --all --changed-since HEAD", &said, &["HEAD"]);
}

/// What shows only while it is made stops one app, and no other.
#[test]
fn an_app_whose_build_fails_keeps_no_other_from_being_built() {
    let workspace = workspace();
    let archive = fixtures_folder().join("archives/refused/name-parent.tar");
    fs::copy(archive, workspace.path("apps/two/files/a")).expect("a copy");
    let unpack = "unpack = { input = \"a\", to = \"/opt\" }\n[inputs.a]\npath = \"files/a\"";
    replace(&workspace, "apps/two/app.toml", "files = { \"files/a\" = \"/a\" }", unpack);
    let outcome = run(&workspace, "build one two three");
    assert_eq!(outcome.status, Some(1), "{}", outcome.stderr);
    let apps: Vec<_> = outcome.stdout.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(apps, ["one", "three"]);
    assert!(outcome.stderr.contains("two: not built"), "{}", outcome.stderr);
}

#[test]
fn several_apps_are_the_images_that_they_are_alone() {
    let workspace = workspace();
    let alone = ["one", "three", "two"].map(|app| {
        let digest = run(&workspace, &format!("build {app}")).stdout;
        format!("{app} {digest}")
    });
    fs::remove_dir_all(workspace.store()).expect("the store goes");
    assert_eq!(run(&workspace, "build --all").stdout, alone.concat());
}
