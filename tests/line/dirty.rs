//! Where the sources of a build stood is remembered beside the image, and changes no byte of it.
//!
//! `|` is what the app's root in the store says after the last command.

use landfall_testkit::Workspace;
use landfall_tests::case;
use serde_json::Value;

use crate::fetching::done;

const APP: &str = r#"
//- apps/x/app.toml
[app]
name = "x"
version = "1.0.0"
[[layers]]
name = "content"
files = { "files/a" = "/a" }
//- apps/x/files/a
new
//- apps/x/notes
in no image
//- elsewhere
of no app
"#;

const CASES: &str = r"
== no git at all
$ build x
| nothing

== nothing is committed yet
git init --quiet
$ build x
| nothing

== clean
$ lock x
git init --quiet
git add --all
git commit --quiet --message one
$ build x
| HEAD, clean

== a file of the image was edited
write apps/x/files/a `old\n`
$ lock x
git init --quiet
git add --all
git commit --quiet --message one
write apps/x/files/a `new\n`
$ build x
| HEAD, dirty

== a file of the app that is in no image was edited
$ lock x
git init --quiet
git add --all
git commit --quiet --message one
append apps/x/notes `more\n`
$ build x
| HEAD, dirty

== a file of the app is not tracked
$ lock x
git init --quiet
git add --all
git commit --quiet --message one
write apps/x/more `new\n`
$ build x
| HEAD, dirty

== another file of the workspace was edited, and one is not tracked
$ lock x
git init --quiet
git add --all
git commit --quiet --message one
append elsewhere `more\n`
write more `new\n`
$ build x
| HEAD, clean

== what was built is committed later
write apps/x/files/a `old\n`
$ lock x
git init --quiet
git add --all
git commit --quiet --message one
write apps/x/files/a `new\n`
$ build x
git commit --quiet --all --message two
$ build x
| HEAD, clean

== what was built from a commit and is built again later was built first from that commit
$ lock x
git init --quiet
git add --all
git commit --quiet --message one
$ build x
append apps/x/notes `more\n`
git commit --quiet --all --message two
append apps/x/notes `more\n`
$ build x
| HEAD~, clean
";

/// What the root of the app says, with the commit as git names it from where it is now.
fn remembered(workspace: &Workspace) -> String {
    let roots = workspace.store().join("roots");
    let mut roots = std::fs::read_dir(roots).expect("roots");
    let root = roots.next().expect("a root").expect("a root").path().join("root.json");
    let text = std::fs::read_to_string(root).expect("a root");
    let root: Value = serde_json::from_str(&text).expect("JSON");
    let revision = &root["record"]["record"]["revision"];
    let Some(commit) = revision["commit"].as_str() else {
        assert!(revision.is_null(), "{revision}");
        return "nothing".into();
    };
    let names = ["HEAD", "HEAD~"].into_iter().find(|name| rev_parse(workspace, name) == commit);
    let dirty = revision["dirty"].as_bool().expect("true or false");
    format!("{}, {}", names.unwrap_or(commit), if dirty { "dirty" } else { "clean" })
}

fn rev_parse(workspace: &Workspace, name: &str) -> String {
    let mut git = std::process::Command::new("git");
    git.args(["rev-parse", name]).current_dir(workspace.root());
    let output = git.output().expect("git starts");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn where_the_sources_stood_is_remembered_and_the_digest_is_the_same() {
    let workspace = || Workspace::from_text(APP).expect("a workspace");
    let digest = done(&workspace(), "build x");
    for case in case::read(CASES) {
        let workspace = workspace();
        let outcome = case.run(&workspace);
        assert_eq!(outcome.status, Some(0), "{}: {}", case.name, outcome.stderr);
        assert_eq!([remembered(&workspace)], case.expected[..], "{}", case.name);
        assert_eq!(outcome.stdout, digest, "{}", case.name);
    }
}
