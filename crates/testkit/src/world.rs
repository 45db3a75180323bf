//! The servers of several regions for one test: in each a control plane and a registry, and one
//! receiver for Slack.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::kubeconfig::{Authority, KubeconfigEntry, kubeconfig};
use crate::scratch::Scratch;
use crate::services::{self, FOLDER, LocalServers, Place};
use crate::{
    ControlPlane, ControlPlaneOptions, Registry, RegistryOptions, Rig, RigError, SlackReceiver,
};

/// Running servers, empty at first; they end with the value and take their data along.
///
/// Stages share the servers of a region, as [`crate::Services`] let them.
#[derive(Debug)]
pub struct World {
    regions: BTreeMap<String, WorldRegion>,
    slack: SlackReceiver,
    scratch: Scratch,
}

/// The servers of one region.
#[derive(Debug)]
pub struct WorldRegion {
    /// Its context is named after the region.
    pub control_plane: ControlPlane,
    /// For all stages.
    pub registry: Registry,
}

impl World {
    /// Starts the servers of `regions` side by side, and waits until all answer.
    ///
    /// # Errors
    /// One of them does not start or does not answer; the error names its log, which is kept.
    pub fn start(rig: &Rig, regions: &[&str]) -> Result<Self, RigError> {
        let names = regions.iter().copied().map(str::to_owned);
        let start = |name: &str| WorldRegion::start(rig, name);
        let regions = services::in_regions(names, start, || Ok(()))?;
        let scratch = Scratch::new(&[])?;
        let entries: Result<Vec<_>, _> = regions.values().map(WorldRegion::entry).collect();
        scratch.write("kubeconfig", &kubeconfig(&entries?).to_string())?;
        Ok(Self { regions, slack: SlackReceiver::start()?, scratch })
    }

    /// The servers of each region, by its name.
    #[must_use]
    pub fn regions(&self) -> &BTreeMap<String, WorldRegion> {
        &self.regions
    }

    /// The receiver.
    #[must_use]
    pub fn slack(&self) -> &SlackReceiver {
        &self.slack
    }

    /// The receiver, to be told how it behaves.
    pub fn slack_mut(&mut self) -> &mut SlackReceiver {
        &mut self.slack
    }

    /// A kubeconfig file with a context for each region, which has its name; the first one is the
    /// current one. Each holds one certificate of an authority, so that its hash can be a pin.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.scratch.path("kubeconfig")
    }

    /// The text of `environments/local.toml` that leads places, each a stage and a region, here:
    /// for a workspace that has [`World::kubeconfig`] as `target/services/kubeconfig`.
    ///
    /// # Errors
    /// A region that was not started.
    pub fn local_toml(&self, places: &[(&str, &str)]) -> Result<String, RigError> {
        let place = |(stage, region): &(&str, &str)| Place {
            stage: (*stage).into(),
            region: (*region).into(),
        };
        let places: Vec<_> = places.iter().map(place).collect();
        services::local_file::text(&places, &self.servers())
    }

    /// Leads every `environments/STAGE/REGION.toml` of a workspace here, by its
    /// `environments/local.toml`.
    ///
    /// # Errors
    /// A region that was not started, a local.toml of somebody else, a file that cannot be
    /// written.
    pub fn lead(&self, workspace: &Path) -> Result<(), RigError> {
        let places = services::places(workspace)?;
        let kubeconfig = self.scratch.read("kubeconfig")?;
        let path = workspace.join(FOLDER).join("kubeconfig");
        services::whole::write(&path, &String::from_utf8_lossy(&kubeconfig))?;
        services::local_file::write(workspace, &places, &self.servers())
    }

    fn servers(&self) -> BTreeMap<String, LocalServers> {
        let servers = self.regions.iter().map(|(name, region)| {
            let registry = region.registry.address().to_owned();
            let identity = region.control_plane.identity().to_owned();
            (name.clone(), LocalServers { registry, identity })
        });
        servers.collect()
    }
}

impl WorldRegion {
    fn start(rig: &Rig, name: &str) -> Result<Self, RigError> {
        let options = ControlPlaneOptions { name, ..ControlPlaneOptions::default() };
        let registry = Registry::start(rig, RegistryOptions::default())?;
        Ok(Self { control_plane: ControlPlane::start(rig, options)?, registry })
    }

    fn entry(&self) -> Result<KubeconfigEntry, RigError> {
        let path = self.control_plane.certificate_authority();
        let failed = |source| RigError::File { path: path.clone(), source };
        let text = fs::read_to_string(&path).map_err(failed)?;
        let authority = Authority::last_of(&text);
        Ok(KubeconfigEntry {
            name: self.control_plane.name().into(),
            address: self.control_plane.address(),
            token: self.control_plane.token().into(),
            authority: authority
                .ok_or(RigError::Answer { judge: "kube-apiserver", answer: text })?,
        })
    }
}
