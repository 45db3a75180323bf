//! Bad input and bad weather on real servers: each is told with an exit status and a way out, nothing
//! is changed that should not be, and the next command goes on.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use landfall_testkit::{
    Outcome, POD_LABEL, PodFate, Rig, SlackMood, SlackReceiver, Workspace, World, get, succeed,
};
use landfall_tests::deaths;
use serde_json::Value;

use crate::story::{commit, example};

const REGIONS: [&str; 2] = ["london", "seoul"];

/// In the place of the example's: here dev has two regions, so that a push can fail in one.
const PLACES: [(&str, &str); 5] = [
    ("dev", "london"),
    ("dev", "seoul"),
    ("preprod", "london"),
    ("prod", "london"),
    ("prod", "seoul"),
];

const DEV_SEOUL: &str = r#"
registry = "111122223333.dkr.ecr.ap-northeast-2.amazonaws.com"
domain = "dev.example.com"

[cluster]
context = "dev-seoul"
kube_system_uid = "0d5b6a2c-1f0e-4b7a-8a7e-2b1c6d9e4f30"
"#;

/// Nobody listens there, and only root could.
const CLOSED: &str = "127.0.0.1:1";

const LOCAL: &str = "environments/local.toml";
const APP: &str = "apps/myapp/app.toml";
const DEPLOYMENT: &str = "apps/myapp/objects/deployment.yaml";
const KUBECONFIG: &str = "target/services/kubeconfig";

/// The servers of both regions, started once in this process.
fn servers() -> &'static (Rig, World) {
    static SERVERS: OnceLock<(Rig, World)> = OnceLock::new();
    SERVERS.get_or_init(|| {
        let rig = Rig::open().unwrap_or_else(|error| panic!("the rig cannot be had: {error}"));
        let world = World::start(&rig, &REGIONS).unwrap_or_else(|error| panic!("{error}"));
        (rig, world)
    })
}

/// A workspace whose repositories and namespaces no other test has.
struct Weather {
    name: &'static str,
    workspace: Workspace,
}

impl Weather {
    fn begin(name: &'static str) -> Self {
        let weather = Self { name, workspace: example() };
        fs::remove_file(weather.path("environments/prod/virginia.toml")).expect("a file");
        fs::write(weather.path("environments/dev/seoul.toml"), DEV_SEOUL).expect("a file");
        let labels = r#"version: "{{ Version }}" }"#;
        let fate = format!(r#", {POD_LABEL}: "{{{{ Values.PodFate | default(omit) }}}}" }}"#);
        let asked = format!("{}{fate}", labels.trim_end_matches(" }"));
        weather.edit(DEPLOYMENT, |text| replaced(text, labels, &asked));
        fs::create_dir_all(weather.path("target/services")).expect("a folder");
        fs::copy(servers().1.kubeconfig(), weather.path(KUBECONFIG)).expect("a file");
        weather.lead();
        commit(&weather.workspace);
        weather
    }

    /// The same where everything runs everywhere, and preprod has what prod could be given next.
    fn begin_running(name: &'static str) -> Self {
        let weather = Self::begin(name);
        weather.pass_on();
        weather.run("apply dev all myapp");
        weather.run("apply prod all myapp");
        weather.change("next");
        weather.run("push myapp --to dev");
        weather.run("promote myapp --to preprod");
        weather
    }

    /// A build goes to all stages.
    fn pass_on(&self) {
        self.run("push myapp --to dev");
        self.run("promote myapp --to preprod");
        self.run("promote myapp --to prod");
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.workspace.path(path)
    }

    /// Leads every place to the servers.
    fn lead(&self) {
        let text = servers().1.local_toml(&PLACES).unwrap_or_else(|error| panic!("{error}"));
        let own = ["dev", "preprod", "prod"].iter().fold(text, |text, stage| {
            text.replace(&format!("/{stage}\""), &format!("/{}-{stage}\"", self.name))
        });
        let own = own.replace("namespace = \"", &format!("namespace = \"{}-", self.name));
        fs::write(self.path(LOCAL), own).expect("a file");
    }

    /// Changes a file, and gives what it was.
    fn edit(&self, path: &str, change: impl FnOnce(&str) -> String) -> String {
        let before = self.text(path);
        fs::write(self.path(path), change(&before)).expect("a file");
        before
    }

    /// Changes the section of local.toml about a place.
    fn mislead(&self, place: &str, from: &str, to: &str) {
        self.edit(LOCAL, |text| {
            let (before, section) = text.split_once(&format!("[{place}]")).expect("a section");
            format!("{before}[{place}]{}", replaced_once(section, from, to))
        });
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }

    /// The next build is another one.
    fn change(&self, page: &str) {
        fs::write(self.path("apps/myapp/files/www/index.html"), page).expect("a file");
    }

    fn ledger(&self, stage: &str) -> String {
        self.text(&format!("environments/{stage}/releases.toml"))
    }

    /// What the ledger of a stage says of the whole stage.
    fn named(&self, stage: &str) -> String {
        let ledger = self.ledger(stage);
        let line = ledger.lines().find_map(|line| line.strip_prefix("digest = \""));
        line.unwrap_or_else(|| panic!("{ledger}")).trim_end_matches('"').to_owned()
    }

    fn command(&self, line: &str) -> Command {
        let words: Vec<_> = line.split(' ').collect();
        let mut command = self.workspace.command(&words).expect("there is a landfall");
        command.env("LANDFALL_USER", "somebody");
        command
    }

    fn try_to(&self, line: &str) -> Outcome {
        Outcome::from(self.command(line).output().expect("landfall starts"))
    }

    /// A command that must go well: what it printed, and what it said.
    fn run(&self, line: &str) -> String {
        let Outcome { status, stdout, stderr } = self.try_to(line);
        assert_eq!(status, Some(0), "{line}: {stdout}{stderr}");
        stdout + &stderr
    }

    fn json(&self, line: &str) -> Value {
        let Outcome { status, stdout, stderr } = self.try_to(line);
        assert_eq!(status, Some(0), "{line}: {stderr}");
        serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{line}: {error}: {stdout}"))
    }

    /// A command that must end with a status, and say some words.
    fn refused(&self, line: &str, status: i32, words: &[&str]) -> Outcome {
        let outcome = self.try_to(line);
        let said = format!("{line}: {}{}", outcome.stdout, outcome.stderr);
        assert_eq!(outcome.status, Some(status), "{said}");
        for word in words {
            assert!(outcome.stderr.contains(word), "`{word}` is not said by {said}");
        }
        outcome
    }

    /// A command that dies at a failpoint, as `kill -9` would end it.
    fn dies(&self, line: &str, failpoint: &str) {
        let mut command = self.command(line);
        let output = command.env("LANDFALL_FAILPOINT", failpoint).output().expect("it starts");
        let outcome = Outcome::from(output);
        assert_eq!(outcome.status, None, "{failpoint}: {line}: {}", outcome.stderr);
    }

    /// `london/dev/myapp` and its tags, which digests are behind them, objects, ledgers: everything
    /// that a command could have changed outside of the store.
    fn state(&self) -> BTreeMap<String, String> {
        let mut state = BTreeMap::new();
        for stage in ["dev", "preprod", "prod"] {
            state.insert(format!("ledger of {stage}"), self.ledger(stage));
        }
        for (stage, region) in PLACES {
            state.insert(format!("tags of {stage}.{region}"), self.tags(stage, region));
        }
        for region in REGIONS {
            state.extend(self.objects(region));
        }
        state
    }

    /// What the registry of a place lists, as JSON.
    fn tags(&self, stage: &str, region: &str) -> String {
        let registry = servers().1.regions()[region].registry.address();
        let path = format!("/v2/{}-{stage}/myapp/tags/list", self.name);
        let answer = get(registry, &path).expect("an answer");
        String::from_utf8_lossy(&answer.body).into_owned()
    }

    /// Objects of this test, each with what tells whether somebody wrote it. A lease may come and go.
    fn objects(&self, region: &str) -> BTreeMap<String, String> {
        let kinds = "deployments,services,configmaps,ingresses,secrets";
        let control_plane = &servers().1.regions()[region].control_plane;
        let list = control_plane.json(&["get", kinds, "--all-namespaces"]).expect("kubectl");
        let items = list["items"].as_array().expect("a list").iter();
        let ours = items.filter(|item| {
            let namespace = item["metadata"]["namespace"].as_str().unwrap_or_default();
            namespace.starts_with(&format!("{}-", self.name))
                && item["metadata"]["name"] != "kube-root-ca.crt"
        });
        ours.map(|item| {
            let metadata = &item["metadata"];
            let name =
                format!("{region} {} {} {}", metadata["namespace"], item["kind"], metadata["name"]);
            let annotations = &metadata["annotations"];
            let seen = match item["kind"].as_str() {
                Some("Secret") => format!(
                    "{} {} {}",
                    metadata["labels"],
                    annotations["landfall/revision"],
                    annotations["landfall/deployed"]
                ),
                Some("Deployment") => metadata["generation"].to_string(),
                _ => metadata["resourceVersion"].to_string(),
            };
            (name, seen)
        })
        .collect()
    }

    fn repository(&self, stage: &str, region: &str) -> String {
        let registry = &servers().1.regions()[region].registry;
        registry.repository(&format!("{}-{stage}/myapp", self.name))
    }

    fn namespace(&self, stage: &str) -> String {
        format!("{}-{stage}-myapp", self.name)
    }

    fn kubectl(&self, (stage, region): (&str, &str), words: &[&str]) -> Value {
        let namespace = self.namespace(stage);
        let words = [words, &["--namespace", &namespace]].concat();
        let control_plane = &servers().1.regions()[region].control_plane;
        control_plane.json(&words).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Digests of the pods of a place that are ready.
    fn serving(&self, place: (&str, &str)) -> Vec<String> {
        let pods = self.kubectl(place, &["get", "pods"]);
        let pods = pods["items"].as_array().expect("a list").iter();
        let ready = pods.filter(|pod| {
            let conditions = pod["status"]["conditions"].as_array();
            let mut conditions = conditions.into_iter().flatten();
            conditions.any(|one| one["type"] == "Ready" && one["status"] == "True")
                && pod["metadata"]["deletionTimestamp"].is_null()
        });
        let mut images: Vec<_> = ready.map(|pod| image(&pod["spec"])).collect();
        images.dedup();
        images
    }

    /// The digest that a Deployment asks for.
    fn deployed(&self, place: (&str, &str)) -> String {
        let live = self.kubectl(place, &["get", "deployment", "myapp"]);
        image(&live["spec"]["template"]["spec"])
    }

    fn runs_everywhere(&self, stage: &str, regions: &[&str], digest: &str) {
        for region in regions {
            assert_eq!(self.deployed((stage, region)), digest, "{stage} {region}");
        }
    }
}

fn image(pod: &Value) -> String {
    let image = pod["containers"][0]["image"].as_str().expect("a text");
    image.split_once('@').expect("a digest").1.to_owned()
}

fn crane(words: &[&str]) -> String {
    let printed = succeed(servers().0.crane().args(words));
    let printed = printed.unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8_lossy(&printed).trim().to_owned()
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is not in {text}");
    text.replace(from, to)
}

fn replaced_once(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is not in {text}");
    text.replacen(from, to, 1)
}

/// A command line, its exit status, and words that it says.
type Slip = (&'static str, i32, &'static [&'static str]);

const SLIPS: &[Slip] = &[
    ("apply prd london myapp", 1, &["there is no stage `prd`", "did you mean `prod`?"]),
    ("promote myapp --to prd", 1, &["there is no stage `prd`", "did you mean `prod`?"]),
    ("apply prod lndon myapp", 1, &["`prod` has no region `lndon`", "did you mean `london`?"]),
    ("release prod lndon myapp", 1, &["`prod` has no region `lndon`", "did you mean `london`?"]),
    ("release dev lndon myapp", 1, &["`dev` has no region `lndon`", "did you mean `london`?"]),
    ("push myapp --to dev.lndon", 1, &["`dev` has no region `lndon`", "did you mean `london`?"]),
    ("push myap --to dev", 1, &["there is no app `myap`", "did you mean `myapp`?"]),
    ("promote myap --to prod", 1, &["there is no app `myap`", "did you mean `myapp`?"]),
    ("release prod london myap", 1, &["there is no app `myap`", "did you mean `myapp`?"]),
    ("push myapp --to prod", 1, &["nothing is pushed to the stage `prod`", "landfall promote"]),
    ("promote myapp --to dev", 1, &["`dev` builds its own images and takes no promotions"]),
    (
        "promote myapp --to prod --digest sha256:0000000000000000000000000000000000000000000000000000000000000000",
        1,
        &["the stage `preprod` never had sha256:0000", "its ledger names these, the newest first"],
    ),
    (
        "apply prod london myapp --set Replica=1",
        1,
        &["no layer has such a value", "did you mean `Replicas`?"],
    ),
    ("apply prod london myapp --set Replicas=many", 1, &["the value is an integer"]),
    ("release prod london myapp --set Replicas=many", 1, &["the value is an integer"]),
    ("release prod london myapp --set version=2.0.0", 2, &["takes what ran before"]),
    ("plan prod all myapp --out plan.json", 2, &["a plan is for one region"]),
    ("promote myapp", 2, &["--to <STAGE>"]),
    ("rollback prod london myapp --to 9", 4, &["there is no revision 9", "these are kept"]),
];

#[test]
fn a_slip_on_the_command_line_is_told_with_what_is_meant_and_changes_nothing() {
    let weather = Weather::begin_running("slips");
    let before = weather.state();
    for (line, status, words) in SLIPS {
        weather.refused(line, *status, words);
        assert_eq!(weather.state(), before, "{line}");
    }
}

/// What is wrong in a file, and what commands say of it.
struct Wrong {
    path: &'static str,
    change: fn(&str) -> String,
    lines: &'static [&'static str],
    words: &'static [&'static str],
}

const LEDGER: &str = "environments/prod/releases.toml";
const OF_LEDGER: &[&str] =
    &["apply prod london myapp", "promote myapp --to prod", "release prod all myapp"];
const OF_OBJECTS: &[&str] = &[
    "push myapp --to dev",
    "promote myapp --to prod",
    "apply prod seoul myapp",
    "render prod london myapp",
];

const WRONGS: &[Wrong] = &[
    Wrong {
        path: APP,
        change: |text| replaced(text, r#", "prod"]"#, r#", "prod.london"]"#),
        lines: &["apply prod seoul myapp", "release prod seoul myapp", "plan prod seoul myapp"],
        words: &["the app `myapp` may not go to prod seoul", r#"add `"prod.seoul"`"#],
    },
    Wrong {
        path: APP,
        change: |text| replaced(text, r#""dev", "preprod", "prod"]"#, r#""dev", "preprod"]"#),
        lines: &["promote myapp --to prod", "release prod all myapp"],
        words: &["may not go to any region of the stage `prod`", r#"add `"prod"`"#],
    },
    Wrong {
        path: "environments/prod/london.toml",
        change: |text| format!("{text}\n[values.myapp]\nExtra = 1\n"),
        lines: &["promote myapp --to prod", "apply prod london myapp", "release prod all myapp"],
        words: &["the value `Extra` is missing in `seoul`", "[kubernetes.values]"],
    },
    Wrong {
        path: "environments/dev/seoul.toml",
        change: |text| format!("{text}\n[values.myapp]\nExtra = 1\n"),
        lines: &["push myapp --to dev", "push myapp --to dev.seoul", "release dev seoul myapp"],
        words: &["the value `Extra` is missing in `london`"],
    },
    Wrong {
        path: "apps/myapp/objects/server.conf",
        change: |text| format!("{text}extra = {{{{ Values.Extra }}}}\n"),
        lines: &["promote myapp --to prod", "release prod london myapp", "apply prod all myapp"],
        words: &["no value `Values.Extra` in prod london", "no value `Values.Extra` in prod seoul"],
    },
    Wrong {
        path: "apps/myapp/objects/server.conf",
        change: |text| format!("{text}extra = {{{{ Values.Extra }}}}\n"),
        lines: &["push myapp --to dev"],
        words: &["no value `Values.Extra` in dev london", "no value `Values.Extra` in dev seoul"],
    },
    Wrong {
        path: "environments/prod/seoul.toml",
        change: |text| replaced(text, "Replicas = 2", r#"Replicas = "two""#),
        lines: &["promote myapp --to prod", "apply prod london myapp", "release prod seoul myapp"],
        words: &["`Replicas` is a string here and an integer below", "prod/seoul.toml"],
    },
    Wrong {
        path: DEPLOYMENT,
        change: |text| replaced(text, r#"value: "8080""#, "value: 0644"),
        lines: OF_OBJECTS,
        words: &["`0644` is the number 644 in YAML 1.2", r#"write `"0644"` for the text"#],
    },
    Wrong {
        path: DEPLOYMENT,
        change: |text| replaced(text, "Escalation: false", "Escalation: no"),
        lines: OF_OBJECTS,
        words: &["`no` is the text `no` in YAML 1.2", "write `false` for the boolean"],
    },
    Wrong {
        path: "apps/myapp/objects/service.yaml",
        change: |text| format!("{text}---\n{text}"),
        lines: OF_OBJECTS,
        words: &["two objects are `Service myapp`", "again here", "first here"],
    },
    Wrong {
        path: DEPLOYMENT,
        change: |text| replaced(text, "{{ Image }}", "registry.example.com/myapp:1.0.0"),
        lines: OF_OBJECTS,
        words: &["`registry.example.com/myapp:1.0.0` is no digest", "write `\"{{ Image }}\"`"],
    },
    Wrong {
        path: LEDGER,
        change: |text| replaced_once(text, "sha256:", "sha256:zz"),
        lines: OF_LEDGER,
        words: &["is no digest", "64 lower-case hexadecimal characters"],
    },
    Wrong {
        path: LEDGER,
        change: |text| replaced(text, "revision = 1", "revision = 0"),
        lines: OF_LEDGER,
        words: &["`revision` is `0`, and a number from 1 is wanted"],
    },
    Wrong {
        path: LEDGER,
        change: |text| replaced(text, "format = 1", "format = 2"),
        lines: OF_LEDGER,
        words: &["the ledger has format 2, and this Landfall reads 1", "upgrade Landfall"],
    },
    Wrong {
        path: LEDGER,
        change: |text| {
            let (head, block) = text.split_once("[myapp]").expect("a block");
            format!("{head}<<<<<<< HEAD\n[myapp]{block}=======\n[myapp]{block}>>>>>>> other\n")
        },
        lines: OF_LEDGER,
        words: &["git could not merge what two sides say of `myapp`", "keep one side"],
    },
    Wrong {
        path: LEDGER,
        change: |text| format!("{text}\n{}", &text[text.find("[myapp]").expect("a block")..]),
        lines: OF_LEDGER,
        words: &["the ledger has two blocks `[myapp]`", "keep the one with the higher revision"],
    },
    Wrong {
        path: LEDGER,
        change: |text| format!("{text}\n[myapp.regions.soul]\n{}", lines_of(text)),
        lines: OF_LEDGER,
        words: &["the stage `prod` has no region `soul`", "did you mean `seoul`?"],
    },
];

/// Digest and version of a ledger with one block.
fn lines_of(ledger: &str) -> String {
    let is_wanted = |line: &&str| line.starts_with("digest") || line.starts_with("version");
    ledger.lines().filter(is_wanted).map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_is_wrong_in_a_file_is_told_before_anything_is_sent_anywhere() {
    let weather = Weather::begin_running("wrongs");
    let before = weather.state();
    for wrong in WRONGS {
        let text = weather.edit(wrong.path, wrong.change);
        let wrong_text = weather.text(wrong.path);
        for line in wrong.lines {
            weather.refused(line, 1, wrong.words);
        }
        assert_eq!(weather.text(wrong.path), wrong_text, "{}", wrong.path);
        fs::write(weather.path(wrong.path), text).expect("a file");
        assert_eq!(weather.state(), before, "{:?} {:?}", wrong.path, wrong.words);
    }
    weather.run("release prod all myapp");
    weather.runs_everywhere("prod", &REGIONS, &weather.named("dev"));
}

#[test]
fn a_region_on_hold_keeps_what_it_runs_until_the_hold_is_taken_off() {
    let weather = Weather::begin_running("hold");
    let (one, two) = (weather.named("prod"), weather.named("preprod"));
    let hold = |region| {
        let lines = format!("\ndigest = \"{one}\"\nversion = \"1.0.0\"\nhold = true\n");
        move |text: &str| format!("{text}\n[myapp.regions.{region}]{lines}")
    };
    weather.edit(LEDGER, hold("seoul"));
    let tags = weather.tags("prod", "seoul");
    let said = weather.run("promote myapp --to prod");
    assert!(said.contains("revision 2; on hold: seoul"), "{said}");
    assert_eq!(weather.tags("prod", "seoul"), tags);
    weather.run("apply prod all myapp");
    weather.runs_everywhere("prod", &["london"], &two);
    weather.runs_everywhere("prod", &["seoul"], &one);

    let with_one = weather.edit(LEDGER, hold("london"));
    weather.change("third");
    weather.run("push myapp --to dev");
    weather.run("promote myapp --to preprod");
    let before = weather.state();
    let words = ["every region of `prod` that `myapp` may go to is on hold", "take the hold off"];
    weather.refused("promote myapp --to prod", 1, &words);
    weather.refused("release prod london myapp", 1, &words);
    assert_eq!(weather.state(), before);

    let free = &with_one[..with_one.find("\n[myapp.regions").expect("the hold")];
    fs::write(weather.path(LEDGER), free).expect("a file");
    weather.run("release prod all myapp");
    weather.runs_everywhere("prod", &REGIONS, &weather.named("dev"));
}

#[test]
fn another_cluster_than_the_pinned_one_is_not_spoken_to_and_the_way_ends_there() {
    let weather = Weather::begin_running("pins");
    let (one, local) = (weather.named("prod"), weather.text(LOCAL));
    weather.run("promote myapp --to prod");
    let before = weather.state();
    let [london, seoul] =
        REGIONS.map(|region| servers().1.regions()[region].control_plane.identity());
    weather.mislead("prod.seoul", seoul, london);
    let words = ["prod seoul: context `seoul` leads to another cluster", "change the pin"];
    for line in ["apply prod seoul myapp", "rollback prod seoul myapp", "plan prod seoul myapp"] {
        weather.refused(line, 3, &words);
    }
    weather.refused("uninstall prod seoul myapp", 3, &words);
    weather.refused("history prod seoul myapp", 3, &words);
    assert_eq!(weather.state(), before);
    let status = weather.run("status prod");
    assert!(status.contains("unknown: prod seoul: context `seoul` leads to another"), "{status}");

    let told = weather.refused("apply prod all myapp", 3, &words);
    let london = "prod london: myapp 1.0.0 runs, as revision 2";
    assert!(told.stdout.contains(london), "what was done before is said: {}", told.stdout);
    weather.runs_everywhere("prod", &["seoul"], &one);
    fs::write(weather.path(LOCAL), local).expect("a file");
    let said = weather.run("apply prod all myapp");
    assert!(said.contains("prod london: myapp 1.0.0 runs already, as revision 2"), "{said}");
    weather.runs_everywhere("prod", &REGIONS, &weather.named("prod"));
}

#[test]
fn a_cluster_that_is_down_stops_its_own_region_and_the_next_run_goes_on() {
    let weather = Weather::begin_running("down");
    let address = servers().1.regions()["seoul"].control_plane.address();
    let before = weather.state();
    let up = weather.edit(KUBECONFIG, |text| replaced(text, &address, "https://127.0.0.1:1"));
    let words = ["prod seoul: https://127.0.0.1:1/ cannot be reached", "Connection refused"];
    weather.refused("apply prod seoul myapp", 3, &words);
    weather.refused("rollback prod seoul myapp", 3, &words);
    weather.refused("plan prod all myapp", 3, &words);
    assert_eq!(weather.state(), before);
    let status = weather.run("status prod");
    assert!(status.contains("unknown: prod seoul: https://127.0.0.1:1/ cannot be"), "{status}");

    let told = weather.refused("release prod all myapp", 3, &words);
    let london = "prod london: myapp 1.0.0 runs, as revision 2";
    assert!(told.stdout.contains(london), "what was done before is said: {}", told.stdout);
    fs::write(weather.path(KUBECONFIG), up).expect("a file");
    let said = weather.run("release prod all myapp");
    assert!(said.contains("prod london: myapp 1.0.0 runs already, as revision 2"), "{said}");
    weather.runs_everywhere("prod", &REGIONS, &weather.named("dev"));
}

#[test]
fn what_a_cluster_does_not_serve_is_told_for_all_objects_before_any_is_written() {
    let weather = Weather::begin_running("kinds");
    let before = weather.state();
    let alarm = "apps/myapp/objects/alarm.yaml";
    let object = |version, kind| {
        format!("apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: \"{{{{ Name }}}}\"\n")
    };
    let two = [object("monitoring.example.com/v1", "Alarm"), object("apps/v1", "Deploiment")];
    fs::write(weather.path(alarm), two.join("---\n")).expect("a file");
    let words = [
        "2 objects are refused by the cluster",
        "serves no kind `Alarm` in `monitoring.example.com/v1`; it knows no such group",
        "serves no kind `Deploiment` in `apps/v1`; there are",
        "install what defines the kind first",
    ];
    for line in ["plan dev london myapp", "apply dev london myapp"] {
        weather.refused(line, 3, &words);
    }
    fs::remove_file(weather.path(alarm)).expect("a file");
    weather.edit(DEPLOYMENT, |text| replaced(text, "  replicas:", "  replicaz: 1\n  replicas:"));
    let words = ["dev seoul: Deployment myapp", "unknown field \"spec.replicaz\""];
    weather.refused("apply dev seoul myapp", 3, &words);
    assert_eq!(weather.state(), before);
}

#[test]
fn a_registry_that_is_down_in_one_region_stops_the_ledger_and_no_other_region() {
    let weather = Weather::begin("registry");
    let (local, address) = (weather.text(LOCAL), servers().1.regions()["seoul"].registry.address());
    weather.mislead("dev.seoul", address, CLOSED);
    let words = [
        "`myapp` is not in the registry of dev.seoul",
        "cannot connect to 127.0.0.1:1",
        "the ledger is as it was",
    ];
    weather.refused("push myapp --to dev", 3, &words);
    assert_eq!(weather.ledger("dev"), "");
    assert!(weather.tags("dev", "london").contains("1.0.0-"), "the other region has it");
    let words = ["the ledger of `dev` names no image of `myapp`", "`landfall push myapp --to dev`"];
    weather.refused("apply dev london myapp", 1, &words);

    fs::write(weather.path(LOCAL), &local).expect("a file");
    let pushed = weather.json("push myapp --to dev --json");
    let regions = &pushed["apps"][0]["regions"];
    assert_eq!((&regions[0]["sent_bytes"], &regions[0]["region"]), (&0.into(), &"london".into()));
    weather.run("promote myapp --to preprod");
    weather.mislead("prod.seoul", address, CLOSED);
    let words = ["`myapp` is not in the registry of prod.seoul", "cannot connect to 127.0.0.1:1"];
    let told = weather.refused("promote myapp --to prod", 3, &words);
    assert!(told.stdout.contains("the ledger of prod is as it was"), "{}", told.stdout);
    weather.refused("release prod london myapp", 3, &words);
    assert_eq!(weather.ledger("prod"), "");
    assert!(weather.tags("prod", "london").contains("1.0.0-"), "the other region has it");
    assert_eq!(weather.objects("london"), BTreeMap::new());

    fs::write(weather.path(LOCAL), &local).expect("a file");
    weather.run("release prod all myapp");
    weather.runs_everywhere("prod", &REGIONS, &weather.named("dev"));
    assert!(weather.ledger("prod").contains("\nrevision = 1\n"), "{}", weather.ledger("prod"));
}

#[test]
fn a_tag_is_never_moved_and_an_image_that_was_deleted_goes_nowhere() {
    let weather = Weather::begin_running("tags");
    let (one, two) = (weather.named("prod"), weather.named("preprod"));
    let tag = format!("1.0.0-{}", &two["sha256:".len()..][..12]);
    let foreign = format!("{}:{tag}", weather.repository("prod", "seoul"));
    let other = format!("{}@{one}", weather.repository("prod", "seoul"));
    crane(&["copy", &other, &foreign]);
    let ledger = weather.ledger("prod");
    let found = format!("{tag} is already {one}, and {two} shall be there");
    let words = ["`myapp` is not in the registry of prod.seoul", &found];
    let told = weather.refused("promote myapp --to prod", 4, &words);
    assert!(told.stdout.contains("the ledger of prod is as it was"), "{}", told.stdout);
    weather.refused("release prod london myapp", 4, &words);
    assert_eq!(crane(&["digest", &foreign]), one);
    assert_eq!(weather.ledger("prod"), ledger);
    weather.runs_everywhere("prod", &REGIONS, &one);
    crane(&["delete", &foreign]);

    let source = format!("{}@{two}", weather.repository("preprod", "london"));
    crane(&["delete", &source]);
    let before = weather.state();
    let found = format!("the registry of preprod.london has no {two} of `myapp`");
    let words = [found.as_str(), "and the ledger says so", "somebody has deleted it"];
    weather.refused("promote myapp --to prod", 4, &words);
    weather.refused("release prod all myapp", 4, &words);
    assert_eq!(weather.state(), before);

    weather.run("promote myapp --to preprod");
    weather.run("release prod all myapp");
    weather.runs_everywhere("prod", &REGIONS, &two);
}

/// Lets the pods of dev fare so from the next release on.
fn ill(weather: &Weather, fate: PodFate) -> String {
    let value = format!("PodFate = \"{}\"\n", fate.label_value());
    weather.edit("environments/dev/stage.toml", |text| text.to_owned() + &value)
}

#[test]
fn a_release_that_is_never_ready_leaves_the_former_one_serving_and_says_the_way_back() {
    let weather = Weather::begin_running("unready");
    let place = ("dev", "london");
    let (one, two) = (weather.named("prod"), weather.named("dev"));
    assert_eq!(weather.serving(place), [one.as_str()]);
    let well = ill(&weather, PodFate::CrashLoop);
    let told = weather.refused(
        "apply dev london myapp --timeout 5",
        4,
        &["CrashLoopBackOff", "`landfall rollback dev london myapp` brings revision 1 back"],
    );
    assert!(told.stdout.contains("revision 1 is the last that was"), "{}", told.stdout);
    let pods = weather.kubectl(place, &["get", "pods"]);
    let pods = pods["items"].as_array().expect("a list").iter();
    let broken: Vec<_> = pods.filter(|pod| image(&pod["spec"]) == two).collect();
    let name = broken[0]["metadata"]["name"].as_str().expect("a name");
    assert!(told.stderr.contains(&format!("({name}: server: CrashLoopBackOff")), "{told:?}");
    assert_eq!(weather.serving(place), [one.as_str()], "the former release serves");
    let status = weather.json("status dev london --json");
    let found = &status["places"][0];
    assert_eq!(
        (&found["cluster"]["digest"], &found["agrees"]),
        (&one.as_str().into(), &false.into())
    );
    assert_eq!(found["cluster"]["newest"], "failed", "{status}");

    weather.run("rollback dev london myapp");
    assert_eq!((weather.deployed(place), weather.serving(place)), (one.clone(), vec![one]));
    let history = weather.json("history dev london myapp --json");
    let releases = history["releases"].as_array().expect("a list").iter();
    let statuses: Vec<_> = releases.map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["deployed", "failed", "superseded"], "{history}");
    fs::write(weather.path("environments/dev/stage.toml"), well).expect("a file");
    weather.run("apply dev london myapp");
    assert_eq!(weather.serving(place), [two]);
}

#[test]
fn a_first_release_that_is_never_ready_says_how_to_be_rid_of_it() {
    let weather = Weather::begin("first");
    let well = ill(&weather, PodFate::NeverReady);
    let words = [
        "runs, and its readiness probe has not passed",
        "mend it and apply again, or `landfall uninstall dev london myapp`",
    ];
    weather.refused("release dev london myapp --timeout 3", 4, &words);
    let words = ["myapp has no release to go back to"];
    weather.refused("rollback dev london myapp", 4, &words);
    fs::write(weather.path("environments/dev/stage.toml"), well).expect("a file");
    weather.run("apply dev london myapp");
    assert_eq!(weather.serving(("dev", "london")), [weather.named("dev")]);
}

#[test]
fn slack_that_is_ill_fails_no_release_and_its_secret_is_not_told() {
    let weather = Weather::begin("slack");
    let mut slack = SlackReceiver::start().unwrap_or_else(|error| panic!("{error}"));
    for mood in [SlackMood::Failing, SlackMood::Limiting, SlackMood::Refusing] {
        slack.behave(mood).unwrap_or_else(|error| panic!("{error}"));
        let mut command = weather.command("release dev london myapp");
        command.env("LANDFALL_SLACK_WEBHOOK", slack.url());
        let outcome = Outcome::from(command.output().expect("landfall starts"));
        assert_eq!(outcome.status, Some(0), "{mood:?}: {}", outcome.stderr);
        let warning = "warning: Slack was not told: ";
        assert!(outcome.stderr.contains(warning), "{mood:?}: {}", outcome.stderr);
        assert!(!outcome.stderr.contains("webhooksecret"), "{mood:?}: {}", outcome.stderr);
        assert_eq!(weather.deployed(("dev", "london")), weather.named("dev"), "{mood:?}");
    }
    assert_eq!(slack.messages().len(), 0);
}

#[test]
fn a_change_of_the_ledger_that_dies_is_mended_by_the_next_command() {
    let weather = Weather::begin("ledger");
    let stages = [
        ("dev", "push myapp --to dev"),
        ("preprod", "promote myapp --to preprod --commit"),
        ("prod", "promote myapp --to prod --commit"),
    ];
    for (round, failpoint) in deaths::failpoints(deaths::LEDGER).into_iter().enumerate() {
        weather.change(failpoint);
        for (stage, line) in stages {
            let before = weather.ledger(stage);
            weather.dies(line, failpoint);
            let is_written = weather.ledger(stage) != before;
            assert_eq!(is_written, failpoint == "ledger::after-rename", "{stage}");
            weather.run(line);
            let ledger = weather.ledger(stage);
            let revision = format!("\nrevision = {}\n", round + 1);
            assert!(ledger.contains(&revision), "{failpoint} {stage}: {ledger}");
            assert_eq!(weather.named(stage), weather.named("dev"), "{failpoint} {stage}");
            let folder = weather.path(&format!("environments/{stage}"));
            let names = fs::read_dir(folder).expect("a folder");
            let mut names = names.map(|entry| entry.expect("an entry").file_name());
            assert!(
                names.all(|name| !name.to_string_lossy().starts_with('.')),
                "{failpoint} {stage}: a file is left"
            );
        }
        let mut git = Command::new("git");
        git.args(["log", "-2", "--format=%s"]).current_dir(weather.workspace.root());
        let printed = succeed(&mut git).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(
            String::from_utf8_lossy(&printed),
            "Promote myapp 1.0.0 from preprod to prod [skip ci]\n\
             Promote myapp 1.0.0 from dev to preprod [skip ci]\n",
            "{failpoint}"
        );
    }
}

#[test]
fn a_release_that_dies_anywhere_is_gone_on_with_by_the_same_command() {
    let weather = Weather::begin("deaths");
    let place = ("dev", "london");
    weather.run("release dev london myapp");
    let both = [deaths::LEDGER, deaths::RELEASES].concat();
    let failpoints = deaths::failpoints(&both).into_iter();
    let (last, line): (Vec<_>, Vec<_>) =
        failpoints.partition(|failpoint| failpoint.starts_with("uninstall::"));
    for failpoint in line {
        weather.change(failpoint);
        weather.dies("release dev london myapp", failpoint);
        assert_ne!(weather.serving(place), [""; 0], "{failpoint}: nobody serves");
        weather.run("release dev london myapp");
        let digest = weather.named("dev");
        assert_eq!(digest, weather.run("build myapp").trim(), "{failpoint}");
        assert_eq!(weather.deployed(place), digest, "{failpoint}");
        let status = weather.json("status dev --json");
        let places = status["places"].as_array().expect("a list").iter();
        let london: Vec<_> = places.filter(|one| one["region"] == "london").collect();
        assert_eq!(london[0]["state"], "agrees", "{failpoint}: {status}");
    }
    for failpoint in last {
        weather.run("apply dev london myapp");
        weather.dies("uninstall dev london myapp", failpoint);
        weather.run("uninstall dev london myapp");
        assert_eq!(weather.objects("london"), BTreeMap::new(), "{failpoint}");
    }
}

/// Two promotions that both have read the ledger of preprod, and then write it.
fn at_once(weather: &Weather, lines: [&str; 2]) -> [(Option<i32>, String); 2] {
    // Whoever writes takes this lock first.
    let aside = weather.path("environments/preprod/.releases.toml.landfall");
    let lock = File::create(aside).expect("a file");
    lock.lock().expect("a lock");
    let started = lines.map(|line| copied(weather, line));
    lock.unlock().expect("it was locked");
    started.map(|(mut child, mut stderr)| {
        let mut text = String::new();
        stderr.read_to_string(&mut text).expect("UTF-8");
        (child.wait().expect("it ends").code(), text)
    })
}

/// Starts a promotion, and comes back when the image is in the registry.
fn copied(weather: &Weather, line: &str) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut command = weather.command(line);
    let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("starts");
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    let mut text = String::new();
    while !text.contains("the registry of preprod.london has the image") {
        assert_ne!(stderr.read_line(&mut text).expect("UTF-8"), 0, "{line}: {text}");
    }
    (child, stderr)
}

#[test]
fn of_two_promotions_at_once_one_wins_or_both_agree() {
    let weather = Weather::begin("race");
    let digests = ["one", "two", "three"].map(|page| {
        weather.change(page);
        weather.run("push myapp --to dev");
        weather.named("dev")
    });
    let line = |digest: &str| format!("promote myapp --to preprod --digest {digest}");
    weather.run(&line(&digests[0]));
    let lines = [line(&digests[1]), line(&digests[2])];
    let mut came = at_once(&weather, [&lines[0], &lines[1]]);
    let winner = usize::from(came[0].0 != Some(0));
    came.sort();
    let [(first, _), (second, said)] = came;
    assert_eq!((first, second), (Some(0), Some(1)), "{said}");
    let words = ["`myapp` has changed since: this began from revision 1, 1.0.0 (sha256:"];
    assert!(said.contains(words[0]) && said.contains("the ledger has revision 2"), "{said}");
    assert_eq!(weather.named("preprod"), digests[winner + 1]);
    let planned = weather.json("promote myapp --to preprod --plan --json");
    assert_eq!(planned["apps"][0]["before"], digests[winner + 1].as_str(), "{planned}");

    let line = line(&digests[0]);
    let came = at_once(&weather, [&line, &line]);
    assert_eq!(came.each_ref().map(|(status, _)| *status), [Some(0), Some(0)], "{came:?}");
    let ledger = weather.ledger("preprod");
    assert!(ledger.contains("\nrevision = 3\n"), "{ledger}");
    assert_eq!(weather.named("preprod"), digests[0]);
}

#[test]
fn a_saved_plan_is_carried_out_and_refused_where_the_world_has_moved() {
    let weather = Weather::begin_running("plan");
    let place = ("dev", "london");
    weather.run("plan dev london myapp --out plan.json");
    weather.run("apply dev london myapp --plan plan.json");
    assert_eq!(weather.deployed(place), weather.named("dev"));

    weather.run("plan dev london myapp --set Replicas=2 --out plan.json");
    weather.run("apply dev london myapp --set CacheSeconds=9");
    let before = weather.state();
    let words = ["the plan was made from revision 2, and the cluster is at revision 3"];
    weather.refused("apply dev london myapp --plan plan.json", 4, &words);
    let words = ["the plan is for dev london myapp"];
    weather.refused("apply prod london myapp --plan plan.json", 1, &words);
    weather.refused("apply dev seoul myapp --plan plan.json", 1, &words);
    fs::write(weather.path("broken.json"), "{").expect("a file");
    let words = ["is no plan", "make one with `landfall plan"];
    weather.refused("apply dev london myapp --plan broken.json", 1, &words);
    assert_eq!(weather.state(), before);

    weather.run("plan dev london myapp --set CacheSeconds=10 --out plan.json");
    let namespace = weather.namespace("dev");
    let mut kubectl = servers().1.regions()["london"].control_plane.kubectl();
    kubectl.args(["--namespace", &namespace, "delete", "service", "myapp"]);
    succeed(&mut kubectl).unwrap_or_else(|error| panic!("{error}"));
    let before = weather.state();
    let words = ["changed since the plan was made: Service myapp", "make a new plan"];
    weather.refused("apply dev london myapp --plan plan.json", 4, &words);
    assert_eq!(weather.state(), before);
}
