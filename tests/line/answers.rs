//! What `--json` prints is what its published schema says, and the schema says all of it.

use std::collections::BTreeSet;
use std::fs;

use jsonschema::Validator;
use landfall_testkit::Workspace;
use landfall_tests::apps::fixtures_folder;
use serde_json::{Value, json};

use crate::fetching::{self, Answer};

/// Which schema, the exit status, and the command, in an order in which each has something to say.
const ANSWERS: [(&str, i32, &str); 17] = [
    ("lock", 0, "lock x --json"),
    ("lock", 0, "lock x --update --json"),
    ("build", 0, "build x --json"),
    ("build", 0, "build --all --check --json"),
    ("build", 1, "build x late --json"),
    ("build", 0, "build x --changed-since HEAD --json"),
    ("lock", 0, "lock x --set version=2.0.0 --json"),
    ("why", 0, "why x --set version=2.0.0 --json"),
    ("build", 0, "build x --set version=2.0.0 --json"),
    ("why", 0, "why x --set version=2.0.0 --json --against previous"),
    ("init", 0, "init hello --json"),
    ("init", 0, "init other --json"),
    ("store-gc", 0, "store gc --dry-run --json"),
    ("store-gc", 0, "store gc --compile-cache --json"),
    ("store-path", 0, "store path --json"),
    ("store-verify", 0, "store verify --json"),
    ("store-verify", 4, "store verify --json"),
];

/// Keys that are left out where there is nothing to say.
const OPTIONAL: [&str; 2] = ["platform", "removed_compile_caches"];

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn schema(workspace: &Workspace, name: &str) -> Value {
    parsed(&fetching::done(workspace, &format!("schema {name}")))
}

/// Every value below one, by its JSON pointer.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let below: Vec<(String, &Value)> = match value {
        Value::Object(object) => object.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        _ => Vec::new(),
    };
    below
        .into_iter()
        .flat_map(|(key, value)| {
            let at = format!("{at}/{key}");
            let more = pointers(value, &at);
            std::iter::once(at).chain(more)
        })
        .collect()
}

/// An answer without one value, where it is an object's, and with another in its place.
fn broken(answer: &Value, pointer: &str) -> Vec<Value> {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
    let mut replaced = answer.clone();
    *replaced.pointer_mut(pointer).expect("it is there") = json!({ "of": "another kind" });
    let mut without = answer.clone();
    let removed = without.pointer_mut(parent).and_then(Value::as_object_mut);
    let removed = removed.and_then(|object| object.remove(key)).is_some();
    let is_needed = removed && !OPTIONAL.contains(&key);
    std::iter::once(replaced).chain(is_needed.then_some(without)).collect()
}

fn judge(validator: &Validator, line: &str, answer: &Value) {
    let problems: Vec<_> = validator.iter_errors(answer).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{line}: {problems:?}\n{answer:#}");
    for pointer in pointers(answer, "") {
        for broken in broken(answer, &pointer) {
            assert!(!validator.is_valid(&broken), "{line}: {pointer} is not described\n{broken:#}");
        }
    }
}

/// A blob whose bits flip, so that there is something to find.
fn damage(workspace: &Workspace) {
    let mut folder = workspace.store().join("blobs/sha256");
    while folder.is_dir() {
        let entry = fs::read_dir(&folder).expect("a folder").next().expect("an entry");
        folder = entry.expect("an entry").path();
    }
    landfall_tests::tree::shell("chmod u+w \"$1\" && echo >> \"$1\"", &[&folder]);
}

/// The app `late`, whose archive is refused when it is unpacked: `x` is built by then.
fn add_late(workspace: &Workspace) {
    let text = "[app]\nname = \"late\"\nversion = \"1.0.0\"\n[inputs.a]\npath = \"a.tar\"\n[[layers]]\nname = \"content\"\nunpack = { input = \"a\", to = \"/opt\" }\n";
    fs::create_dir(workspace.path("apps/late")).expect("a folder");
    fs::write(workspace.path("apps/late/app.toml"), text).expect("an app");
    let archive = fixtures_folder().join("archives/refused/name-parent.tar");
    fs::copy(archive, workspace.path("apps/late/a.tar")).expect("a copy");
}

#[test]
fn every_answer_is_as_its_schema_says() {
    let server = fetching::server();
    for platform in ["amd64", "arm64"] {
        let file = Answer::File(b"newer\n".to_vec());
        server.set(&format!("/x-2.0.0-{platform}.txt"), file);
    }
    let workspace = fetching::workspace(&server, "");
    let commit = "git init -q . && git add -A && git -c user.name=x -c user.email=x commit -qm x";
    landfall_tests::tree::shell(&format!("cd \"$1\" && {commit}"), &[&workspace.root()]);
    for (name, status, line) in ANSWERS {
        match status {
            1 => add_late(&workspace),
            4 => damage(&workspace),
            _ => {}
        }
        let validator = jsonschema::validator_for(&schema(&workspace, name)).expect("a schema");
        let outcome = fetching::run(&workspace, line);
        assert_eq!(outcome.status, Some(status), "{line}: {}", outcome.stderr);
        judge(&validator, line, &parsed(&outcome.stdout));
    }
}

/// The names that the help of `schema` lists.
fn names(workspace: &Workspace) -> BTreeSet<String> {
    let help = fetching::done(workspace, "schema --help");
    let lines = help.lines().filter_map(|line| line.trim().strip_prefix("- ")?.split_once(':'));
    lines.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_schema_is_one_is_judged_here_and_is_in_the_reference() {
    let workspace = Workspace::from_text("//- apps/").expect("a workspace");
    let (names, reference) = (names(&workspace), crate::documents::document(REFERENCE));
    for name in &names {
        jsonschema::meta::validate(&schema(&workspace, name)).expect("a JSON Schema");
        let command = name.replacen('-', " ", 1);
        let row = format!("| `{name}` | ");
        assert!(reference.contains(&row), "{REFERENCE} has no row of `landfall schema {name}`");
        let is_named = FILES.contains(&name.as_str())
            || reference.contains(&format!("`landfall {command} --json`"));
        assert!(is_named, "{REFERENCE} does not name `landfall {command} --json`");
    }
    let judged = ANSWERS.iter().map(|(name, ..)| *name);
    let judged = judged.chain(FILES).chain(OF_THE_OUTSIDE).map(str::to_owned);
    assert_eq!(judged.collect::<BTreeSet<_>>(), names);
}

/// Schemas of files.
const FILES: [&str; 6] = ["app", "ledger", "local", "region", "regions", "stage"];

/// Answers of commands that need servers: the suite `judged` holds them against their schemas.
const OF_THE_OUTSIDE: [&str; 11] = [
    "apply",
    "config-show",
    "history",
    "plan",
    "promote",
    "push",
    "release",
    "render",
    "rollback",
    "status",
    "uninstall",
];

const REFERENCE: &str = "docs/reference/schemas.md";
