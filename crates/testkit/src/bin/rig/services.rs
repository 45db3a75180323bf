//! `landfall-rig services`: the servers of a workspace, for people.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use landfall_testkit::{
    RigError, ServiceEvent, Services, ServicesUp, SlackPost, receive_for_slack,
};

use crate::say;

/// Where the services of a workspace keep what they are.
const FOLDER: &str = "target/services";

/// What is to be done with which services.
pub struct Request<'a> {
    action: Action,
    json: bool,
    workspace: &'a Path,
}

enum Action {
    Up,
    Down,
    Status,
}

impl<'a> Request<'a> {
    /// Reads the words behind `services`; none where they mean nothing.
    pub fn read(words: &[&'a str]) -> Option<Self> {
        let (action, mut rest) = words.split_first()?;
        let action = match *action {
            "up" => Action::Up,
            "down" => Action::Down,
            "status" => Action::Status,
            _ => return None,
        };
        let mut request = Self { action, json: false, workspace: checkout() };
        while let Some((word, behind)) = rest.split_first() {
            rest = match (*word, behind, &request.action) {
                ("--json", _, Action::Status) => {
                    request.json = true;
                    behind
                }
                ("--workspace", [folder, behind @ ..], _) => {
                    request.workspace = Path::new(*folder);
                    behind
                }
                _ => return None,
            };
        }
        Some(request)
    }

    pub fn run(&self) -> Result<ExitCode, RigError> {
        let services = Services::of(self.workspace)?;
        match self.action {
            Action::Up => up(&services, self.workspace),
            Action::Down => down(&services),
            Action::Status => status(&services, self.json),
        }
    }
}

/// The workspace that this program was built in.
fn checkout() -> &'static Path {
    let krate = Path::new(env!("CARGO_MANIFEST_DIR"));
    krate.parent().and_then(Path::parent).expect("the crate is two folders below the root")
}

fn up(services: &Services, workspace: &Path) -> Result<ExitCode, RigError> {
    let began = Instant::now();
    let program = std::env::current_exe();
    let program = program
        .map_err(|source| RigError::File { path: "landfall-rig, where it runs".into(), source })?;
    let up = services.up(&program, &tell)?;
    say(&summary(&up, workspace, began.elapsed()));
    Ok(ExitCode::SUCCESS)
}

fn down(services: &Services) -> Result<ExitCode, RigError> {
    match services.down(&tell)? {
        0 => say("nothing was up"),
        count => say(&format!("{count} processes are ended, and their data is gone")),
    }
    Ok(ExitCode::SUCCESS)
}

fn status(services: &Services, json: bool) -> Result<ExitCode, RigError> {
    let report = services.report()?;
    let text = if json { format!("{:#}", report.to_json()) } else { report.to_string() };
    say(text.trim_end());
    Ok(ExitCode::from(if report.is_healthy() { 0 } else { 4 }))
}

/// What can be done now.
fn summary(up: &ServicesUp, workspace: &Path, duration: Duration) -> String {
    let state = match up.started {
        0 => "Everything was up and answers".to_owned(),
        _ => format!("Everything is up, in {:.1} s", duration.as_secs_f64()),
    };
    let (is_checkout, places) = (workspace == checkout(), up.places.join(", "));
    let (landfall, app) = if is_checkout { ("cargo xtask", "myapp") } else { ("landfall", "APP") };
    let (services, folder, option) = match is_checkout {
        true => ("cargo xtask", PathBuf::from(FOLDER), String::new()),
        false => (
            "landfall-rig",
            workspace.join(FOLDER),
            format!(" --workspace {}", workspace.display()),
        ),
    };
    let folder = folder.display();
    let first = up.places.first().map_or("STAGE REGION".into(), |place| place.replace('.', " "));
    format!(
        "{state}; environments/local.toml leads {places} there. Next:\n\
         \x20 export LANDFALL_SLACK_WEBHOOK=\"$(cat {folder}/slack.url)\"\n\
         \x20 {landfall} release {first} {app}\n\
         \x20 {folder}/kubectl --kubeconfig {folder}/kubeconfig get pods --all-namespaces\n\
         What Slack was told is in {folder}/slack/log. `{services} services down{option}` ends it all."
    )
}

/// One line an event, on standard error.
fn tell(event: &ServiceEvent<'_>) {
    let line = match *event {
        ServiceEvent::Waiting => "another `services` command is at work: waiting for it".to_owned(),
        ServiceEvent::Building { program } => {
            format!("building {program}, once for this machine (up to minutes)")
        }
        ServiceEvent::Built { program, duration } => row("", program, "built", duration),
        ServiceEvent::Silent { region, part } => {
            let region = region.unwrap_or_default();
            format!("{region:<10} {part:<24} does not answer: it is started again")
        }
        ServiceEvent::Up { region, part, found, duration } => {
            let state = if found { "was up" } else { "up" };
            row(region.unwrap_or_default(), part, state, duration)
        }
        ServiceEvent::RegionUp { region, duration } => row(region, "", "ready", duration),
        ServiceEvent::Ended { region, part, process } => {
            format!("{:<10} {part:<24} ended (process {process})", region.unwrap_or_default())
        }
        _ => return,
    };
    let _ = writeln!(io::stderr(), "{}", line.trim_end());
}

fn row(region: &str, part: &str, state: &str, duration: Duration) -> String {
    format!("{region:<10} {part:<24} {state:<8} {:>6.1} s", duration.as_secs_f64())
}

/// `slack FILE [PORT]`: receives until it is ended.
pub fn slack(words: &[&str]) -> Result<ExitCode, RigError> {
    let (file, port) = match *words {
        [file] => (file, None),
        [file, port] => (file, port.parse().ok()),
        _ => return Ok(crate::complain(crate::USAGE, 2)),
    };
    let never = receive_for_slack(&PathBuf::from(file), port, |post| say(&received(post)))?;
    match never {}
}

fn received(post: &SlackPost) -> String {
    let status = post.status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    format!("{status} {} {}", post.answer, String::from_utf8_lossy(&post.body).escape_debug())
}
