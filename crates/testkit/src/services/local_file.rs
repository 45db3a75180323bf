//! `environments/local.toml`: leads every place of a workspace to servers on this machine.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::RigError;
use crate::services::folder::FOLDER;
use crate::services::place::Place;
use crate::services::whole;

/// The first line of a file that is ours.
const MARKER: &str = "# Made by `cargo xtask services up`, removed by `cargo xtask services down`.";

const REST: &str = "# Leads to servers on this machine in the place of those that the regions name; not committed.\n\
    # Change the first line to keep the file as your own.\n";

/// What a region's places have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalServers {
    /// `127.0.0.1:PORT`.
    pub(crate) registry: String,
    /// The UID of the cluster's namespace kube-system.
    pub(crate) identity: String,
}

/// How the file stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalFileState {
    /// It is ours, and leads every place here.
    Current,
    /// It is ours, and was made for other places.
    Outdated,
    /// It is not there.
    Missing,
    /// Somebody else wrote it.
    Foreign,
}

impl LocalFileState {
    /// One word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Outdated => "outdated",
            Self::Missing => "missing",
            Self::Foreign => "foreign",
        }
    }
}

/// Where it stands.
pub(crate) fn path(workspace: &Path) -> PathBuf {
    workspace.join("environments/local.toml")
}

/// How it stands, and whether it is about these places.
pub(crate) fn state(workspace: &Path, places: &[Place]) -> LocalFileState {
    let Ok(bytes) = fs::read(path(workspace)) else { return LocalFileState::Missing };
    let text = String::from_utf8_lossy(&bytes);
    let headers = text.lines().filter(|line| line.starts_with('['));
    match () {
        () if text.lines().next() != Some(MARKER) => LocalFileState::Foreign,
        () if headers.eq(places.iter().map(header)) => LocalFileState::Current,
        () => LocalFileState::Outdated,
    }
}

/// Fails where somebody else wrote the file: it is never overwritten.
pub(crate) fn check(workspace: &Path) -> Result<(), RigError> {
    match state(workspace, &[]) {
        LocalFileState::Foreign => Err(RigError::ForeignFile { path: path(workspace) }),
        _ => Ok(()),
    }
}

/// Writes it; servers are known by their region.
pub(crate) fn write(
    workspace: &Path,
    places: &[Place],
    servers: &BTreeMap<String, LocalServers>,
) -> Result<(), RigError> {
    check(workspace)?;
    whole::write(&path(workspace), &text(places, servers)?)
}

/// Removes it, unless somebody else wrote it.
pub(crate) fn remove(workspace: &Path) -> Result<(), RigError> {
    match state(workspace, &[]) {
        LocalFileState::Foreign => Ok(()),
        _ => whole::remove(&path(workspace)),
    }
}

/// The text: the context of a region has its name.
pub(crate) fn text(
    places: &[Place],
    servers: &BTreeMap<String, LocalServers>,
) -> Result<String, RigError> {
    let mut text = format!("{MARKER}\n{REST}");
    for place in places {
        let Place { stage, region } = place;
        let unserved = || RigError::NoServers { region: region.clone() };
        let LocalServers { registry, identity } = servers.get(region).ok_or_else(unserved)?;
        let section = write!(
            text,
            "\n{}\nregistry = \"{registry}/{stage}\"\nkubeconfig = \"{FOLDER}/kubeconfig\"\n\
             context = \"{region}\"\nkube_system_uid = \"{identity}\"\n\
             namespace = \"{stage}-{{{{ Name }}}}\"\n",
            header(place),
        );
        section.expect("writing into a text does not fail");
    }
    Ok(text)
}

fn header(place: &Place) -> String {
    format!("[{place}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Vec<Place> {
        let place = |stage: &str| Place { stage: stage.into(), region: "london".into() };
        vec![place("dev"), place("prod")]
    }

    fn servers() -> BTreeMap<String, LocalServers> {
        let servers = LocalServers { registry: "127.0.0.1:5001".into(), identity: "1f0c".into() };
        [("london".to_owned(), servers)].into()
    }

    #[test]
    fn stages_share_a_regions_servers_under_names_of_their_own() {
        let wanted = "\n[dev.london]\nregistry = \"127.0.0.1:5001/dev\"\n\
            kubeconfig = \"target/services/kubeconfig\"\ncontext = \"london\"\n\
            kube_system_uid = \"1f0c\"\nnamespace = \"dev-{{ Name }}\"\n\n[prod.london]\n\
            registry = \"127.0.0.1:5001/prod\"\nkubeconfig = \"target/services/kubeconfig\"\n\
            context = \"london\"\nkube_system_uid = \"1f0c\"\nnamespace = \"prod-{{ Name }}\"\n";
        assert_eq!(text(&places(), &servers()).unwrap(), format!("{MARKER}\n{REST}{wanted}"));
        let error = text(&places(), &BTreeMap::new()).unwrap_err().to_string();
        assert_eq!(error, "nothing was started for the region `london`");
    }

    #[test]
    fn a_file_of_somebody_else_is_neither_written_nor_removed() {
        let workspace = tempfile::tempdir().unwrap();
        let (root, file) = (workspace.path(), path(workspace.path()));
        assert_eq!(state(root, &places()), LocalFileState::Missing);
        write(root, &places(), &servers()).unwrap();
        assert_eq!(state(root, &places()), LocalFileState::Current);
        assert_eq!(state(root, &places()[..1]), LocalFileState::Outdated);
        write(root, &places()[..1], &servers()).unwrap();
        assert_eq!(state(root, &places()[..1]), LocalFileState::Current);
        remove(root).unwrap();
        assert_eq!(state(root, &places()), LocalFileState::Missing);
        for foreign in ["", "\n", "# mine\n", "# Made by `cargo xtask services up`\n"] {
            fs::write(&file, foreign).unwrap();
            assert_eq!(state(root, &places()), LocalFileState::Foreign);
            let error = write(root, &places(), &servers()).unwrap_err();
            assert!(matches!(error, RigError::ForeignFile { .. }), "{error}");
            remove(root).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), foreign);
        }
    }
}
