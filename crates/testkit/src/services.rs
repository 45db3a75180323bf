//! Every server that the environments of a workspace need, on this machine, for trying things by
//! hand: they outlive the command that starts them, and another command ends them.
//!
//! What a command is ended in the middle of, the next one mends. No server runs without a record
//! that says which process it is (`detached.sh`), no two commands are at work at once, and every
//! server carries a mark by which it is found even where its record was taken away.

mod event;
mod folder;
mod launch;
pub(crate) mod local_file;
mod part;
mod place;
mod process;
mod receiver;
mod region;
mod report;
mod side_by_side;
pub(crate) mod whole;

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::go_module::{
    API_SERVER, CONTROLLER_MANAGER, ETCD, GoTool, KUBECTL, KWOK, REGISTRY, SCHEDULER,
};
use crate::kubeconfig::kubeconfig;
use crate::programs::Programs;
use crate::{RigError, prerequisites};

pub(crate) use folder::FOLDER;
pub(crate) use local_file::LocalServers;
pub(crate) use place::{Place, places};
pub(crate) use side_by_side::in_regions;

pub use event::ServiceEvent;
pub use local_file::LocalFileState;
pub use receiver::receive_for_slack;
pub use report::{PartReport, PartState, ServicesReport};

use event::See;
use folder::{Folder, Lock};
use launch::{Launch, Served};
use process::Process;

/// What has to be built.
const TOOLS: [GoTool; 7] =
    [REGISTRY, ETCD, API_SERVER, CONTROLLER_MANAGER, SCHEDULER, KUBECTL, KWOK];

/// The services of one workspace, up or down.
#[derive(Debug)]
pub struct Services {
    workspace: PathBuf,
    folder: Folder,
}

/// What is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicesUp {
    /// `STAGE.REGION`, each of them, sorted.
    pub places: Vec<String>,
    /// How many parts had to be started.
    pub started: usize,
}

impl Services {
    /// The services of the workspace with this root.
    ///
    /// # Errors
    /// There is no such folder.
    pub fn of(workspace: &Path) -> Result<Self, RigError> {
        let failed = |source| RigError::File { path: workspace.into(), source };
        let workspace = workspace.canonicalize().map_err(failed)?;
        Ok(Self { folder: Folder::of(&workspace), workspace })
    }

    /// Starts what is not there, region beside region, waits until all answer and leads the
    /// workspace to them by `environments/local.toml`. `program` is landfall-rig.
    ///
    /// # Errors
    /// local.toml is of somebody else, a program cannot be built, a part does not start or does
    /// not answer. What started goes on.
    pub fn up(&self, program: &Path, see: See<'_>) -> Result<ServicesUp, RigError> {
        local_file::check(&self.workspace)?;
        let places = places(&self.workspace)?;
        let lock = self.lock(see)?;
        self.end_strays(see)?;
        let programs = self.programs(see)?;
        let started = AtomicUsize::new(0);
        let see = &|event: &ServiceEvent<'_>| {
            if matches!(event, ServiceEvent::Up { found: false, .. }) {
                started.fetch_add(1, Ordering::Relaxed);
            }
            see(event);
        };
        let launch = Launch { folder: &self.folder, programs: &programs, lock: &lock, see };
        let regions = place::regions(&places);
        let served = in_regions(regions, |name| launch.region(name), || launch.slack(program))?;
        self.lead(&places, served)?;
        let places = places.iter().map(ToString::to_string).collect();
        Ok(ServicesUp { places, started: started.into_inner() })
    }

    /// Ends everything that was started here, and removes its data and local.toml; gives how many
    /// processes it ended.
    ///
    /// # Errors
    /// A process does not end, or a file cannot be removed.
    pub fn down(&self, see: See<'_>) -> Result<usize, RigError> {
        let _lock = self.lock(see)?;
        let mut count = 0;
        for (region, part) in self.folder.parts() {
            let Some(process) = part.process().filter(Process::is_alive) else { continue };
            process.end()?;
            count += 1;
            let (region, part, process) = (region.as_deref(), &*part.name(), process.id());
            see(&ServiceEvent::Ended { region, part, process });
        }
        count += self.end_strays(see)?;
        local_file::remove(&self.workspace)?;
        self.folder.clear()?;
        Ok(count)
    }

    /// How everything stands; nothing is changed, and nobody is waited for.
    ///
    /// # Errors
    /// The folder of the environments cannot be read, or there are none.
    pub fn report(&self) -> Result<ServicesReport, RigError> {
        let places = places(&self.workspace)?;
        let local_file = local_file::state(&self.workspace, &places);
        Ok(ServicesReport::look(&self.folder, place::regions(&places), local_file))
    }

    fn lock(&self, see: See<'_>) -> Result<Lock, RigError> {
        self.folder.lock(|| see(&ServiceEvent::Waiting))
    }

    /// Ends what carries our mark and belongs to no record: what a part left behind, or all of it
    /// where somebody removed the folder.
    fn end_strays(&self, see: See<'_>) -> Result<usize, RigError> {
        let records: Vec<_> =
            self.folder.parts().into_iter().filter_map(|(_, part)| part.process()).collect();
        let is_known =
            |one: &Process| records.iter().any(|leader| leader == one || leader.leads(one));
        let (name, value) = self.folder.mark();
        let mark = format!("{name}={}", value.display());
        let mut count = 0;
        for stray in Process::started_with(&mark).iter().filter(|one| !is_known(one)) {
            stray.end()?;
            count += 1;
            let (region, part, process) = (None, "stray", stray.id());
            see(&ServiceEvent::Ended { region, part, process });
        }
        Ok(count)
    }

    /// Builds what the cache does not hold, and links kubectl for people and for [`Self::report`].
    fn programs(&self, see: See<'_>) -> Result<Programs, RigError> {
        let programs = Programs::new()?;
        prerequisites::check_go(programs.search_path())?;
        for tool in TOOLS {
            if programs.find(&tool)?.is_none() {
                let (program, began) = (tool.name, Instant::now());
                see(&ServiceEvent::Building { program });
                programs.path(&tool)?;
                see(&ServiceEvent::Built { program, duration: began.elapsed() });
            }
        }
        let path = self.folder.kubectl();
        whole::remove(&path)?;
        let linked = symlink(programs.path(&KUBECTL)?, &path);
        linked.map_err(|source| RigError::File { path, source })?;
        Ok(programs)
    }

    /// Writes the kubeconfig of all regions first: local.toml leads to it.
    fn lead(&self, places: &[Place], served: BTreeMap<String, Served>) -> Result<(), RigError> {
        let entries: Vec<_> = served.values().map(|served| served.entry.clone()).collect();
        whole::write(&self.folder.kubeconfig(), &kubeconfig(&entries).to_string())?;
        let servers = served.into_iter().map(|(region, served)| (region, served.servers));
        local_file::write(&self.workspace, places, &servers.collect())
    }
}
