//! `why` and `--changed-since`: scripted changes with the exact answer.
//!
//! The cases stand in why.txt, and some with the words for people in why_words.txt. An answer is written as `input NAME[: PART] changed|is new|is gone`,
//! `layer PLATFORM NAME KIND [SIZE] [because INPUT, …]`, `bytes N|unknown`; hashes are checked to
//! be there and to differ. `build` answers `app NAME` for each app, or `no app`.

use landfall_testkit::Workspace;
use landfall_tests::case::{self, Case};
use serde_json::Value;

const CASES: &str = include_str!("why.txt");
const WORDS: &str = include_str!("why_words.txt");

const START: &str = r#"
//- apps/x/app.toml
[app]
name = "x"
version = "1.0.0"
environments = ["prod"]
platforms = ["linux/amd64"]
[inputs.release]
path = "files/release.tar"
[image]
entrypoint = ["/a"]
env = { PORT = "8080" }
values = { workers = 4, unused = 1 }
[[layers]]
name = "release"
unpack = { input = "release", to = "/opt" }
[[layers]]
name = "content"
files = { "files/www" = "/srv" }
[[layers]]
name = "config"
templates = { "templates/x.conf" = "/etc/x.conf" }
//- apps/x/files/www/index.html
index
//- apps/x/files/www/style/a.css
a {}
//- apps/x/files/own
own
//- apps/x/templates/x.conf
{{ Name }} {{ Version }} {{ workers }}
//- apps/y/app.toml
[app]
name = "y"
version = "1.0.0"
environments = ["prod"]
[[layers]]
name = "own"
files = { "files/own" = "/own" }
//- apps/y/files/own
own
"#;

/// Steps before every case.
const BEFORE: &str = "== before
archive apps/x/files/release.tar accepted/modes.tar
$ build --all
git init -q
git add .
git commit -qm first
$ build x";

/// What the last command of a case prints.
fn answer(case: &Case) -> String {
    let workspace = Workspace::from_text(START).expect("a workspace");
    let first = case::read(BEFORE)[0].run(&workspace);
    assert_eq!(first.status, Some(0), "{}", first.stderr);
    let mut case = case.clone();
    for step in &mut case.steps {
        *step = step.replace("DIGEST", first.stdout.trim());
    }
    let outcome = case.run(&workspace);
    assert_eq!(outcome.status, Some(0), "{}: {}", case.name, outcome.stderr);
    outcome.stdout
}

fn outcome(case: &Case) -> (String, Vec<String>) {
    let stdout = answer(case);
    let last = case.steps.last().cloned().unwrap_or_default();
    let lines = if last.starts_with("$ build") { apps(&stdout) } else { changes(&stdout) };
    (stdout, lines)
}

fn apps(stdout: &str) -> Vec<String> {
    let names: Vec<_> = stdout
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, _)| format!("app {name}"))
        .collect();
    if names.is_empty() { vec!["no app".into()] } else { names }
}

fn changes(stdout: &str) -> Vec<String> {
    let answer: Value = serde_json::from_str(stdout).expect("JSON");
    let list = |key: &str| answer[key].as_array().expect("a list").clone();
    let (inputs, layers) = (list("inputs"), list("layers"));
    if inputs.is_empty() && layers.is_empty() {
        assert_eq!(
            answer["old_digest"], answer["new_digest"],
            "nothing changed and the digest differs"
        );
        return vec!["nothing changed".into()];
    }
    let bytes = answer["bytes_to_move"]
        .as_u64()
        .map_or_else(|| "unknown".into(), |bytes| bytes.to_string());
    let lines = inputs.iter().map(input).chain(layers.iter().map(layer));
    lines.chain([format!("bytes {bytes}")]).collect()
}

fn input(change: &Value) -> String {
    let part = change["part"].as_str().map(|part| format!(": {part}")).unwrap_or_default();
    let verb = match (change["old"].as_str(), change["new"].as_str()) {
        (Some(old), Some(new)) if old != new => "changed",
        (None, Some(_)) => "is new",
        (Some(_), None) => "is gone",
        hashes => panic!("no change: {hashes:?}"),
    };
    format!("input {}{part} {verb}", change["input"].as_str().expect("a name"))
}

fn layer(change: &Value) -> String {
    let word = |key: &str| change[key].as_str().expect("a text").to_owned();
    let because: Vec<_> =
        change["because"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let because =
        if because.is_empty() { String::new() } else { format!(" because {}", because.join(", ")) };
    let size = change["size_bytes"].as_u64().map(|bytes| format!(" {bytes}")).unwrap_or_default();
    format!("layer {} {} {}{size}{because}", word("platform"), word("layer"), word("kind"))
}

#[test]
fn every_change_has_the_answer_that_is_written_down() {
    let mut wrong = Vec::new();
    for case in case::read(CASES) {
        let (stdout, found) = outcome(&case);
        if found != case.expected {
            wrong.push(format!(
                "== {}\n| {}\n(wanted)\n| {}\n{stdout}",
                case.name,
                found.join("\n| "),
                case.expected.join("\n| ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{} answers differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn people_read_the_words_that_are_written_down() {
    let cases = case::read(WORDS);
    let answers = cases.iter().map(|case| format!("== {}\n{}", case.name, answer(case)));
    let wanted =
        cases.iter().map(|case| format!("== {}\n{}\n", case.name, case.expected.join("\n")));
    assert_eq!(answers.collect::<String>(), wanted.collect::<String>());
}

#[test]
fn there_are_thirty_changes_and_six_of_them_change_nothing() {
    let cases = case::read(CASES);
    let nothing = cases.iter().filter(|case| case.expected == ["nothing changed"]).count();
    assert!(
        cases.len() >= 30 && nothing >= 6,
        "{} cases, {nothing} of them change nothing",
        cases.len()
    );
}

/// A promise is kept: the layers that `why` names are those that the build writes then.
#[test]
fn what_is_named_is_what_is_built() {
    let wrong: Vec<_> = case::read(CASES).iter().filter_map(broken_promise).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What `why` said and the build did otherwise; none where a case runs something else, too.
fn broken_promise(case: &Case) -> Option<String> {
    let mut commands = case.steps.iter().filter(|step| step.starts_with("$ "));
    if (commands.next().map(String::as_str), commands.next()) != (Some("$ why x --json"), None) {
        return None;
    }
    let workspace = Workspace::from_text(START).expect("a workspace");
    let before = case::read(BEFORE)[0].run(&workspace).stdout;
    let said = case.run(&workspace).stdout;
    let built = workspace.landfall(&["build", "x", "--json"]).expect("landfall starts");
    let (said, built): (Value, Value) = (json(&said), json(&built.stdout));
    let (named, written) = (not_built(&said), written(&built));
    let same = built["apps"][0]["digest"].as_str() == Some(before.trim());
    let nothing = said["inputs"] == json("[]") && said["layers"] == json("[]");
    let kept = named == written && same == nothing;
    (!kept).then(|| {
        format!("{}: named {named:?}, written {written:?}, the same digest: {same}", case.name)
    })
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// Layers of which `why` knows no size, because they have to be written.
fn not_built(said: &Value) -> Vec<String> {
    let layers = said["layers"].as_array().expect("layers").iter();
    let wanted = layers.filter(|layer| layer["size_bytes"].is_null() && layer["kind"] != "removed");
    wanted.map(|layer| layer["layer"].to_string()).collect()
}

fn written(built: &Value) -> Vec<String> {
    let platforms = built["apps"][0]["platforms"].as_array().expect("platforms").iter();
    let layers = platforms.flat_map(|platform| platform["layers"].as_array().expect("layers"));
    layers.filter(|layer| layer["written"] == true).map(|layer| layer["name"].to_string()).collect()
}

/// Counts what the product asks of git, by a git of that name in front of the real one.
fn counted(workspace: &Workspace, line: &str) -> usize {
    let folder = workspace.home().join("bin");
    let (git, log) = (folder.join("git"), folder.join("log"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let script = format!(
        "#!/bin/sh\necho \"$1\" >>'{}'\nPATH=${{PATH#*:}} exec git \"$@\"\n",
        log.display()
    );
    std::fs::write(&git, script).expect("a script");
    std::fs::write(&log, "").expect("a log");
    landfall_tests::tree::shell("chmod 755 \"$1\"", &[&git]);
    let words: Vec<_> = line.split(' ').collect();
    let mut command = workspace.command(&words).expect("there is a landfall");
    let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path);
    let path = format!("{}:{}", folder.display(), path.expect("a PATH").display());
    let outcome = command.env("PATH", path).output().expect("landfall starts");
    assert!(outcome.status.success(), "{}", String::from_utf8_lossy(&outcome.stderr));
    let log = std::fs::read_to_string(log).expect("a log");
    log.lines().filter(|verb| *verb == "checkout-index").count()
}

#[test]
fn a_revision_is_checked_out_once_and_leaves_nothing_in_the_cache() {
    let workspace = Workspace::from_text(START).expect("a workspace");
    case::read(BEFORE)[0].run(&workspace);
    landfall_tests::tree::shell(
        "find \"$1\" -type f -exec touch -d '2001-01-01' {} +",
        &[&workspace.path("apps")],
    );
    for line in ["build --all --changed-since HEAD", "why x --against HEAD"] {
        assert_eq!(counted(&workspace, line), 1, "{line}");
    }
    let caches = std::fs::read_dir(workspace.store().join("stat")).expect("the caches");
    for cache in caches.map(|cache| cache.expect("a cache").path()) {
        let text = std::fs::read(&cache).expect("a cache");
        let text = String::from_utf8_lossy(&text);
        let own = workspace.path("apps");
        let places = text.lines().skip(1).filter_map(|line| line.splitn(3, ' ').nth(2));
        let foreign: Vec<_> =
            places.filter(|place| !std::path::Path::new(place).starts_with(&own)).collect();
        assert_eq!(foreign, Vec::<&str>::new());
        assert!(
            text.contains("apps/y/files/own"),
            "nothing of the workspace is remembered: {text}"
        );
    }
}
