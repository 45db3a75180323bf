//! The whole story on real servers: a build enters dev, goes to preprod and to three regions of prod,
//! changes, is rolled back in one of them, and is taken away. At each step crane, kubectl and our own
//! status agree on the digest.

use std::path::Path;

use landfall_testkit::{Outcome, Rig, Workspace, World};
use serde_json::Value;

use crate::world::checkout;

const REGIONS: [&str; 3] = ["london", "seoul", "virginia"];

/// Every place of the example environments.
const PLACES: [(&str, &str); 5] = [
    ("dev", "london"),
    ("preprod", "london"),
    ("prod", "london"),
    ("prod", "seoul"),
    ("prod", "virginia"),
];

/// `myapp` without its compiled server: kwok runs no program, and everything else is the same.
const APP: &str = r#"
//- apps/myapp/app.toml
[app]
name = "myapp"
version = "1.0.0"
environments = ["dev", "preprod", "prod"]

[[layers]]
name = "content"
files = { "files/www" = "/var/www" }

[kubernetes]
objects = "objects/"

[kubernetes.config.settings]
files = { "objects/server.conf" = "server.conf" }

[kubernetes.values]
Replicas = 2
CacheSeconds = 300
Resources = { Cpu = "50m", Memory = "32Mi" }
//- apps/myapp/files/www/index.html
one
"#;

pub struct Story {
    pub rig: Rig,
    pub world: World,
    pub workspace: Workspace,
}

impl Story {
    /// The example environments, led to servers of this test.
    pub fn begin(regions: &[&str]) -> Self {
        let rig = Rig::open().unwrap_or_else(|error| panic!("the rig cannot be had: {error}"));
        let world = World::start(&rig, regions).unwrap_or_else(|error| panic!("{error}"));
        let workspace = example();
        if regions.len() == REGIONS.len() {
            world.lead(&workspace.root()).unwrap_or_else(|error| panic!("{error}"));
        }
        commit(&workspace);
        Self { rig, world, workspace }
    }

    /// A command, whatever comes of it.
    pub fn try_to(&self, line: &str) -> Outcome {
        let words: Vec<_> = line.split(' ').collect();
        let mut command = self.workspace.command(&words).expect("there is a landfall");
        command.env("LANDFALL_SLACK_WEBHOOK", self.world.slack().url());
        command.env("LANDFALL_USER", "somebody");
        Outcome::from(command.output().expect("landfall starts"))
    }

    /// A command that must go well, and what it printed.
    pub fn run(&self, line: &str) -> String {
        let outcome = self.try_to(line);
        assert_eq!(outcome.status, Some(0), "{line}: {}{}", outcome.stdout, outcome.stderr);
        outcome.stdout
    }

    /// What a command answers, which must be as its published schema says.
    pub fn json(&self, line: &str) -> Value {
        let text = self.run(line);
        let parsed = |text: &str| -> Value {
            serde_json::from_str(text).unwrap_or_else(|error| panic!("{line}: {error}: {text}"))
        };
        let command = line.split(' ').next().expect("a command");
        let name = if command == "config" { "config-show" } else { command };
        let schema = parsed(&self.run(&format!("schema {name}")));
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let answer = parsed(&text);
        let problems: Vec<_> = validator.iter_errors(&answer).map(|one| one.to_string()).collect();
        assert!(problems.is_empty(), "{line}: {problems:?}\n{answer:#}");
        answer
    }

    /// What crane says of a digest in the registry of a place.
    fn registry_has(&self, (stage, region): (&str, &str), digest: &str) -> bool {
        let repository = format!("{stage}/myapp@{digest}");
        let name = self.world.regions()[region].registry.repository(&repository);
        let mut crane = self.rig.crane();
        let found = crane.args(["digest", &name]).output().expect("crane starts");
        found.status.success() && String::from_utf8_lossy(&found.stdout).trim() == digest
    }

    /// The digest that kubectl finds in the Deployment of a place.
    fn cluster_runs(&self, (stage, region): (&str, &str)) -> Option<String> {
        let namespace = format!("{stage}-myapp");
        let arguments = ["get", "deployment", "myapp", "--namespace", &namespace];
        let live = self.world.regions()[region].control_plane.json(&arguments).ok()?;
        let image = live.pointer("/spec/template/spec/containers/0/image")?.as_str()?;
        let ready = live.pointer("/status/readyReplicas")?.as_u64()?;
        assert_eq!(Some(ready), live.pointer("/spec/replicas")?.as_u64(), "{stage} {region}");
        image.split_once('@').map(|(_, digest)| digest.to_owned())
    }

    /// Crane, kubectl and our own status agree on what runs where.
    pub fn check(&self, step: &str, expected: &[((&str, &str), &str)]) {
        let status = self.json("status --json");
        for (place, digest) in expected {
            assert!(self.registry_has(*place, digest), "{step}: crane does not find {place:?}");
            assert_eq!(self.cluster_runs(*place).as_deref(), Some(*digest), "{step}: {place:?}");
            let found = of_place(&status, *place);
            assert_eq!(found["cluster"]["digest"], *digest, "{step}: {place:?}: {found}");
            assert_eq!(found["registry"], true, "{step}: {place:?}: {found}");
        }
        for place in PLACES.iter().filter(|place| !expected.iter().any(|(one, _)| one == *place)) {
            assert_eq!(self.cluster_runs(*place), None, "{step}: {place:?}");
        }
    }

    /// What stands in the ledger of a stage.
    pub fn ledger(&self, stage: &str) -> String {
        let path = self.workspace.path(&format!("environments/{stage}/releases.toml"));
        std::fs::read_to_string(path).unwrap_or_default()
    }

    pub fn edit(&self, path: &str, text: &str) {
        std::fs::write(self.workspace.path(path), text).expect("a file");
    }
}

/// `myapp` and the example environments, led nowhere yet.
pub fn example() -> Workspace {
    let workspace = Workspace::from_text(APP).expect("a workspace");
    copy(&checkout().join("environments"), &workspace.path("environments"));
    copy(&checkout().join("apps/myapp/objects"), &workspace.path("apps/myapp/objects"));
    let local = workspace.path("environments/local.toml");
    if local.exists() {
        std::fs::remove_file(local).expect("a file of the developer's own servers");
    }
    workspace
}

/// Makes a repository of a workspace.
pub fn commit(workspace: &Workspace) {
    let commit = "git init -q . && git config user.name x && git config user.email x@example.com && printf 'target/\\n' > .gitignore && git add -A && \
                  git commit -qm start";
    landfall_tests::tree::shell(&format!("cd \"$1\" && {commit}"), &[&workspace.root()]);
}

fn of_place<'a>(status: &'a Value, (stage, region): (&str, &str)) -> &'a Value {
    let places = status["places"].as_array().expect("a list");
    let found = places.iter().find(|one| one["stage"] == stage && one["region"] == region);
    found.unwrap_or_else(|| panic!("{stage} {region}: {status}"))
}

fn state(status: &Value, place: (&str, &str)) -> String {
    of_place(status, place)["state"].as_str().expect("a text").to_owned()
}

fn copy(from: &Path, to: &Path) {
    landfall_tests::tree::shell("mkdir -p \"$2\" && cp -a \"$1/.\" \"$2\"", &[from, to]);
}

#[test]
fn a_digest_goes_from_a_build_to_three_regions_and_back() {
    let story = Story::begin(&REGIONS);
    let (dev, preprod) = (("dev", "london"), ("preprod", "london"));
    let prod = REGIONS.map(|region| ("prod", region));

    let one = story.run("build myapp").trim().to_owned();
    let pushed = story.json("push myapp --to dev --json");
    assert_eq!(pushed["apps"][0]["digest"], one.as_str(), "{pushed}");
    assert_eq!(pushed["apps"][0]["ledger_revision"], 1, "{pushed}");
    assert!(story.registry_has(dev, &one), "crane reads what was pushed");
    assert_eq!(state(&story.json("status --json"), dev), "not applied");
    let rendered = story.json("render dev london myapp --json");
    assert_eq!(rendered.as_array().map(Vec::len), Some(4), "{rendered}");
    assert!(story.json("config show dev london myapp --json")["values"].is_array());
    let planned = story.json("plan dev london myapp --json");
    assert_eq!(planned["plans"][0]["steps"].as_array().map(Vec::len), Some(4), "{planned}");
    assert_eq!(story.json("apply dev london myapp --json")["regions"][0]["outcome"], "ready");
    story.check("dev", &[(dev, &one)]);

    let planned = story.json("promote myapp --from dev --to preprod --plan --json");
    assert_eq!((&planned["planned"], story.ledger("preprod").as_str()), (&true.into(), ""));
    let promoted = story.json("promote myapp --from dev --to preprod --commit --json");
    assert!(promoted["commit"].is_string(), "{promoted}");
    story.run("apply preprod london myapp");
    let promoted = story.json("promote myapp --to prod --json");
    let regions = promoted["apps"][0]["regions"].as_array().expect("a list");
    assert_eq!(regions.len(), 3, "{promoted}");
    assert_eq!(promoted["apps"][0]["digest"], one.as_str(), "{promoted}");
    assert!(prod.iter().all(|place| story.registry_has(*place, &one)), "before any apply");
    story.run("apply prod london myapp");
    let status = story.json("status prod --json");
    assert_eq!(prod.map(|place| state(&status, place)), ["agrees", "not applied", "not applied"]);
    story.run("apply prod all myapp");
    let all_one: Vec<_> = PLACES.iter().map(|place| (*place, one.as_str())).collect();
    story.check("everywhere", &all_one);

    story.edit("apps/myapp/files/www/index.html", "two\n");
    let released = story.json("release dev london myapp --json");
    assert_eq!(released["regions"][0]["outcome"], "ready", "{released}");
    let two = story.run("build myapp").trim().to_owned();
    assert_ne!(one, two);
    story.run("release preprod london myapp");
    story.run("release prod all myapp");
    let all_two: Vec<_> = PLACES.iter().map(|place| (*place, two.as_str())).collect();
    story.check("released", &all_two);
    assert_eq!(story.world.slack().posts().len(), 5, "one message for each region");
    assert!(story.run("apply prod all myapp").contains("runs already"), "nothing is written twice");

    let back = story.json("rollback prod seoul myapp --json");
    assert_eq!(back["regions"][0]["digest"], one.as_str(), "{back}");
    let back = |place: &(&'static str, &'static str)| if place.1 == "seoul" { &one } else { &two };
    let rolled_back: Vec<_> = PLACES.iter().map(|place| (*place, back(place).as_str())).collect();
    story.check("rolled back", &rolled_back);
    assert_eq!(state(&story.json("status prod --json"), ("prod", "seoul")), "differs");
    let history = story.json("history prod seoul myapp --json");
    let what: Vec<_> = history["releases"].as_array().expect("a list").iter().collect();
    assert_eq!(what[0]["description"], "Rollback to 1", "{history}");
    assert_eq!(what.len(), 3, "{history}");

    story.run("uninstall prod virginia myapp");
    let gone = story.json("uninstall dev london myapp --json");
    assert_eq!(gone["regions"][0]["objects"].as_array().map(Vec::len), Some(4), "{gone}");
    let left = [(preprod, two.as_str()), (prod[0], two.as_str()), (prod[1], one.as_str())];
    story.check("taken away", &left);
}
