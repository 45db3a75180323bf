//! `landfall-rig services` in a workspace of its own: what it starts, mends and leaves behind.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// A workspace of two stages in one region; its services end with it.
struct Site {
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for file in ["dev/stage.toml", "dev/london.toml", "prod/stage.toml", "prod/london.toml"] {
            let path = folder.path().join("environments").join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, "").expect("a file");
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        // As the program calls it.
        self.folder.path().canonicalize().expect("a folder").join(name)
    }

    fn local_toml(&self) -> Option<String> {
        fs::read_to_string(self.path("environments/local.toml")).ok()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_landfall-rig"));
        command.arg("services").args(words).arg("--workspace").arg(self.folder.path());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("landfall-rig starts")
    }

    /// Runs what must end with `status`; standard output.
    fn expect(&self, words: &[&str], status: i32) -> String {
        let output = self.run(words);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{words:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The state of every part, by its name, and what the exit status says of them.
    fn states(&self, status: i32) -> Vec<(String, String)> {
        let text = self.expect(&["status", "--json"], status);
        let report: Value = serde_json::from_str(&text).expect("JSON");
        let parts = report["parts"].as_array().expect("a list").iter();
        let word = |value: &Value| value.as_str().expect("a text").to_owned();
        parts.map(|part| (word(&part["part"]), word(&part["state"]))).collect()
    }

    /// What the kernel knows of processes that were started here.
    fn processes(&self) -> Vec<i32> {
        let mark = format!("LANDFALL_SERVICES={}", self.path("target/services").display());
        let is_marked = |id: &i32| {
            let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
        };
        let entries = fs::read_dir("/proc").expect("processes").flatten();
        let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        ids.filter(is_marked).collect()
    }

    /// Ends a part as an accident would.
    fn kill(&self, part: &str) {
        let record = self.path("target/services").join(part).join("process");
        let record = fs::read_to_string(record).expect("a record");
        let id = record.split(' ').nth(1).and_then(|id| id.parse().ok()).expect("an id");
        let id = Pid::from_raw(id).expect("an id");
        kill_process(id, Signal::KILL).expect("it runs");
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.run(&["down"]);
    }
}

const PARTS: [&str; 7] = [
    "registry",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "slack",
];

fn all(state: &str) -> Vec<(String, String)> {
    PARTS.map(|part| (part.to_owned(), state.to_owned())).into()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn services_outlive_their_command_and_are_mended_by_the_next_one() {
    let site = Site::new();
    assert_eq!(site.states(4), all("absent"));
    let said = site.expect(&["up"], 0);
    assert!(said.starts_with("Everything is up, in "), "{said}");
    assert_eq!(site.states(0), all("healthy"));
    let (local_toml, processes) = (site.local_toml().expect("a file"), site.processes());
    assert_eq!(processes.len(), PARTS.len());
    let headers: Vec<_> = local_toml.lines().filter(|line| line.starts_with('[')).collect();
    assert_eq!(headers, ["[dev.london]", "[prod.london]"]);

    let said = site.expect(&["up"], 0);
    assert!(said.starts_with("Everything was up and answers; "), "{said}");
    assert_eq!(site.processes(), processes);

    // With the same ports and the same objects: nothing that leads there changes.
    for part in ["regions/london/registry", "regions/london/etcd", "slack"] {
        site.kill(part);
    }
    let ended = site.states(4).into_iter().filter(|(_, state)| state == "ended");
    let ended: Vec<_> = ended.map(|(part, _)| part).collect();
    assert_eq!(ended, ["registry", "etcd", "slack"]);
    let url = fs::read(site.path("target/services/slack.url")).expect("a file");
    site.expect(&["up"], 0);
    assert_eq!(site.states(0), all("healthy"));
    assert_eq!(site.local_toml().as_deref(), Some(local_toml.as_str()));
    assert_eq!(fs::read(site.path("target/services/slack.url")).expect("a file"), url);

    let said = site.expect(&["down"], 0);
    assert_eq!(said, "7 processes are ended, and their data is gone\n");
    assert_eq!((site.processes(), site.local_toml()), (Vec::new(), None));
    assert_eq!(names(&site.path("target/services")), ["lock"]);
    assert_eq!(site.expect(&["down"], 0), "nothing was up\n");
}

#[test]
fn a_command_that_is_killed_and_a_folder_that_is_removed_leave_no_process_behind() {
    let site = Site::new();
    for lines in [1, 3] {
        let mut up = site.command(&["up"]).stderr(Stdio::piped()).spawn().expect("it starts");
        let said = BufReader::new(up.stderr.take().expect("a pipe")).lines();
        assert_eq!(said.take(lines).map_while(Result::ok).count(), lines);
        up.kill().expect("it runs");
        up.wait().expect("it ends");
        assert_ne!(site.states(4), all("healthy"));
    }
    assert_eq!(site.local_toml(), None);
    site.expect(&["up"], 0);
    assert_eq!((site.states(0), site.processes().len()), (all("healthy"), PARTS.len()));
    // As `cargo clean` does it.
    fs::remove_dir_all(site.path("target")).expect("a folder");
    assert_eq!(site.states(4), all("absent"));
    site.expect(&["down"], 0);
    assert_eq!((site.processes(), site.local_toml()), (Vec::new(), None));
}

#[test]
fn a_local_toml_of_somebody_else_and_a_workspace_without_stages_start_nothing() {
    let site = Site::new();
    let path = site.path("environments/local.toml");
    fs::write(&path, "# mine\n").expect("a file");
    let output = site.run(&["up"]);
    let words = "local.toml was not made by `cargo xtask services up`, and stays as it is";
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains(words), "{output:?}");
    site.expect(&["down"], 0);
    assert_eq!(site.local_toml().as_deref(), Some("# mine\n"));
    fs::remove_dir_all(site.path("environments")).expect("a folder");
    let output = site.run(&["up"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing to start for"));
    assert_eq!(site.run(&["sideways"]).status.code(), Some(2));
    assert!(site.processes().is_empty());
}
