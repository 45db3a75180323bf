//! How the services of a workspace stand, for people and for programs.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::services::folder::Folder;
use crate::services::local_file::LocalFileState;
use crate::services::part::Part;
use crate::services::receiver;
use crate::services::region::{PARTS, Region};
use crate::services::side_by_side::in_regions;

/// How every part stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicesReport {
    /// Each part, by region; the receiver at the end.
    pub parts: Vec<PartReport>,
    /// The file that leads to them.
    pub local_file: LocalFileState,
}

/// How one part stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartReport {
    /// Its region; none for the receiver.
    pub region: Option<String>,
    /// Its name.
    pub part: String,
    /// How it stands.
    pub state: PartState,
    /// The process that was started last.
    pub process: Option<i32>,
    /// Where it is reached, without what is secret; none where it does not listen on a port.
    pub address: Option<String>,
    /// What it writes.
    pub log: PathBuf,
}

/// How a part can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartState {
    /// It runs and answers.
    Healthy,
    /// It runs and does not answer.
    Silent,
    /// It ran, and is gone.
    Ended,
    /// It was not started.
    Absent,
}

impl PartState {
    fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Silent => "silent",
            Self::Ended => "ended",
            Self::Absent => "absent",
        }
    }
}

impl ServicesReport {
    /// Looks at every part of `regions`, and of those that were started.
    pub(crate) fn look(
        folder: &Folder,
        regions: BTreeSet<String>,
        local_file: LocalFileState,
    ) -> Self {
        let regions: BTreeSet<String> = regions.into_iter().chain(folder.regions()).collect();
        let look = |name: &str| Ok::<_, Infallible>(look_at_region(folder, name));
        let Ok(reports) = in_regions(regions, look, || Ok(()));
        let mut parts: Vec<PartReport> = reports.into_values().flatten().collect();
        parts.push(look_at_slack(folder));
        Self { parts, local_file }
    }

    /// Whether every part answers and local.toml leads to them.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.parts.iter().all(|part| part.state == PartState::Healthy)
            && self.local_file == LocalFileState::Current
    }

    /// The same for programs.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "healthy": self.is_healthy(),
            "local_toml": self.local_file.word(),
            "parts": self.parts.iter().map(PartReport::to_json).collect::<Vec<_>>(),
        })
    }
}

impl PartReport {
    fn of(region: Option<&str>, part: &Part, is_answered: impl FnOnce() -> bool) -> Self {
        let process = part.process();
        let state = match &process {
            None => PartState::Absent,
            Some(process) if !process.is_alive() => PartState::Ended,
            Some(_) if is_answered() => PartState::Healthy,
            Some(_) => PartState::Silent,
        };
        let process = process.map(|process| process.id());
        let (region, log) = (region.map(str::to_owned), part.log());
        Self { region, part: part.name(), state, process, address: None, log }
    }

    fn to_json(&self) -> Value {
        json!({
            "region": self.region,
            "part": self.part,
            "state": self.state.word(),
            "process": self.process,
            "address": self.address,
            "log": self.log,
        })
    }
}

fn look_at_region(folder: &Folder, name: &str) -> Vec<PartReport> {
    let region = Region::of(folder, name);
    let reports = PARTS.map(|name| {
        let part = region.part(name);
        let answered = || region.is_answered(name, &part.logged());
        let report = PartReport::of(Some(&region.name), &part, answered);
        PartReport { address: region.address(name), ..report }
    });
    reports.into()
}

fn look_at_slack(folder: &Folder) -> PartReport {
    let url_file = folder.slack_url();
    let report = PartReport::of(None, &folder.slack(), || receiver::is_answered(&url_file));
    let url = std::fs::read_to_string(&url_file).unwrap_or_default();
    let address = receiver::port(&url).map(|port| format!("http://127.0.0.1:{port}"));
    PartReport { address, ..report }
}

impl fmt::Display for ServicesReport {
    /// A table, and what leads to it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        row(formatter, ["region", "part", "state", "process", "address"])?;
        for part in &self.parts {
            let process = part.process.map(|process| process.to_string()).unwrap_or_default();
            let region = part.region.as_deref().unwrap_or_default();
            let address = part.address.as_deref().unwrap_or_default();
            row(formatter, [region, &part.part, part.state.word(), &process, address])?;
        }
        writeln!(formatter, "\nenvironments/local.toml is {}", self.local_file.word())
    }
}

fn row(formatter: &mut fmt::Formatter<'_>, cells: [&str; 5]) -> fmt::Result {
    let [region, part, state, process, address] = cells;
    let line = format!("{region:<10} {part:<24} {state:<8} {process:>8}  {address}");
    writeln!(formatter, "{}", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_started_is_absent() {
        let workspace = tempfile::tempdir().unwrap();
        let folder = Folder::of(workspace.path());
        let regions = ["london".to_owned()].into();
        let report = ServicesReport::look(&folder, regions, LocalFileState::Missing);
        assert_eq!(report.parts.len(), PARTS.len() + 1);
        assert!(report.parts.iter().all(|part| part.state == PartState::Absent));
        assert!(!report.is_healthy());
        let first = "region     part                     state     process  address\n\
            london     registry                 absent\n";
        let text = report.to_string();
        assert!(text.starts_with(first), "{text}");
        assert!(
            text.ends_with(
                "\n           slack                    absent\n\n\
            environments/local.toml is missing\n"
            ),
            "{text}"
        );
        let log = folder.slack().log();
        let slack = json!({ "region": null, "part": "slack", "state": "absent",
            "process": null, "address": null, "log": log });
        assert_eq!(report.to_json()["parts"][PARTS.len()], slack);
        assert_eq!(report.to_json()["healthy"], false);
    }
}
