//! Starts what is not there yet, and waits until it answers.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::control_plane::invocation::{self, ApiServer};
use crate::go_module::{API_SERVER, CONTROLLER_MANAGER, ETCD, GoTool, KWOK, REGISTRY, SCHEDULER};
use crate::kubeconfig::{Authority, KubeconfigEntry, kubeconfig};
use crate::kubectl::nodes;
use crate::port::ReservedPort;
use crate::programs::Programs;
use crate::services::event::{See, ServiceEvent};
use crate::services::folder::{Folder, Lock};
use crate::services::local_file::LocalServers;
use crate::services::part::Part;
use crate::services::receiver;
use crate::services::region::{NODES, Region};
use crate::services::whole;
use crate::stages::stages;
use crate::{RegistryOptions, RigError, registry};

/// What a start needs.
#[derive(Clone, Copy)]
pub(crate) struct Launch<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) programs: &'a Programs,
    pub(crate) lock: &'a Lock,
    pub(crate) see: See<'a>,
}

/// A region whose parts all answer.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) servers: LocalServers,
    pub(crate) entry: KubeconfigEntry,
}

impl Launch<'_> {
    /// Has every part of a region.
    pub(crate) fn region(&self, name: &str) -> Result<Served, RigError> {
        let began = Instant::now();
        let region = Region::of(self.folder, name);
        self.registry(&region)?;
        self.etcd(&region)?;
        self.api_server(&region)?;
        if !region.kubectl.has_nodes(NODES) {
            region.kubectl.apply(&nodes(NODES))?;
        }
        self.controllers(&region)?;
        let served = served(&region)?;
        (self.see)(&ServiceEvent::RegionUp { region: name, duration: began.elapsed() });
        Ok(served)
    }

    /// Has the receiver; `program` is landfall-rig.
    pub(crate) fn slack(&self, program: &Path) -> Result<(), RigError> {
        let url_file = self.folder.slack_url();
        let start = || {
            let former = fs::read_to_string(&url_file).ok().and_then(|url| receiver::port(&url));
            whole::remove(&url_file)?;
            let mut command = self.marked(Command::new(program));
            command.arg("slack").arg(&url_file).args(former.map(|port| port.to_string()));
            Ok(command)
        };
        self.have(None, &self.folder.slack(), start, |_| receiver::is_answered(&url_file))
    }

    fn registry(&self, region: &Region) -> Result<(), RigError> {
        let part = region.part(REGISTRY.name);
        self.part(region, &REGISTRY, |command| {
            let port = region.former_registry_port().unwrap_or(0);
            let settings = registry::settings(&part.path("data"), RegistryOptions::default(), port);
            registry::invoke(command, &part.write("settings.yml", &settings)?);
            Ok(())
        })
    }

    fn etcd(&self, region: &Region) -> Result<(), RigError> {
        let data = region.part(ETCD.name).path("data");
        self.part(region, &ETCD, |command| {
            invocation::etcd(command, &data, &region.sockets());
            Ok(())
        })
    }

    fn api_server(&self, region: &Region) -> Result<(), RigError> {
        let part = region.part(API_SERVER.name);
        let line = || Ok(invocation::token_line(&invocation::token()?));
        let (tokens, _) = part.remembered("tokens.csv", line)?;
        // Held until the server listens.
        let mut reserved = None;
        self.part(region, &API_SERVER, |command| {
            let port = reserved.insert(ReservedPort::again(region.port())?).number();
            part.write("port", &port.to_string())?;
            let entry = entry(region, port, Authority::File(certificate(region)))?;
            whole::write(&region.kubectl.kubeconfig, &kubeconfig(&[entry]).to_string())?;
            let (etcd, certificates) = (&region.sockets(), &region.certificates());
            let options = ApiServer { etcd, port, certificates, tokens: &tokens };
            invocation::api_server(command, &options);
            Ok(())
        })
    }

    fn controllers(&self, region: &Region) -> Result<(), RigError> {
        let kubeconfig = &region.kubectl.kubeconfig;
        self.part(region, &CONTROLLER_MANAGER, |command| {
            invocation::controller_manager(command, kubeconfig, &region.certificates());
            Ok(())
        })?;
        self.part(region, &SCHEDULER, |command| {
            invocation::scheduler(command, kubeconfig);
            Ok(())
        })?;
        self.part(region, &KWOK, |command| {
            let stages = stages(&self.programs.source_folder(&KWOK)?)?;
            let stages = region.part(KWOK.name).write("stages.yaml", &stages)?;
            invocation::kwok(command, kubeconfig, &stages);
            Ok(())
        })
    }

    /// Has a part of a region; `arguments` are added where it has to be started.
    fn part(
        &self,
        region: &Region,
        tool: &GoTool,
        mut arguments: impl FnMut(&mut Command) -> Result<(), RigError>,
    ) -> Result<(), RigError> {
        let part = region.part(tool.name);
        let start = || {
            let home = part.path("home");
            let failed = |source| RigError::File { path: home.clone(), source };
            fs::create_dir_all(&home).map_err(failed)?;
            let mut command = self.marked(self.programs.command(tool, &home)?);
            command.current_dir(&region.folder);
            arguments(&mut command)?;
            Ok(command)
        };
        let answers = |log: &str| region.is_answered(tool.name, log);
        self.have(Some(&region.name), &part, start, answers)
    }

    /// A part that runs already is waited for, too: whoever started it may have been ended before
    /// it answered. One that does not answer then is started again.
    fn have(
        &self,
        region: Option<&str>,
        part: &Part,
        mut start: impl FnMut() -> Result<Command, RigError>,
        answers: impl Fn(&str) -> bool,
    ) -> Result<(), RigError> {
        let (began, name) = (Instant::now(), part.name());
        let ready = || part.ready(|log| answers(log).then_some(()));
        let mut found = part.is_alive();
        if found && ready().is_err() {
            (self.see)(&ServiceEvent::Silent { region, part: &name });
            part.end()?;
            found = false;
        }
        if !found {
            part.start(&start()?, self.lock)?;
            ready()?;
        }
        let duration = began.elapsed();
        (self.see)(&ServiceEvent::Up { region, part: &name, found, duration });
        Ok(())
    }

    /// By the mark it is found again, whatever becomes of its record.
    fn marked(&self, mut command: Command) -> Command {
        let (name, value) = self.folder.mark();
        command.env(name, value);
        command
    }
}

fn served(region: &Region) -> Result<Served, RigError> {
    let path = certificate(region);
    let text = fs::read_to_string(&path);
    let text = text.map_err(|source| RigError::File { path: path.clone(), source })?;
    let unreadable = || RigError::Answer { judge: "kube-apiserver", answer: text.clone() };
    let authority = Authority::last_of(&text).ok_or_else(unreadable)?;
    let address = |part: &str| region.address(part).ok_or_else(|| gone(region, part));
    let (registry, port) = (address(REGISTRY.name)?, region.port());
    let port = port.ok_or_else(|| gone(region, API_SERVER.name))?;
    let servers = LocalServers { registry, identity: region.kubectl.identity()? };
    Ok(Served { servers, entry: entry(region, port, authority)? })
}

/// Its files were taken away while it was looked at.
fn gone(region: &Region, part: &str) -> RigError {
    let log = region.part(part).log();
    RigError::Ended { name: part.into(), log, tail: String::new() }
}

fn entry(region: &Region, port: u16, authority: Authority) -> Result<KubeconfigEntry, RigError> {
    let path = region.part(API_SERVER.name).path("tokens.csv");
    let tokens = fs::read_to_string(&path);
    let tokens = tokens.map_err(|source| RigError::File { path, source })?;
    let token = tokens.split(',').next().unwrap_or_default().to_owned();
    let address = invocation::address(port);
    Ok(KubeconfigEntry { name: region.name.clone(), address, token, authority })
}

fn certificate(region: &Region) -> std::path::PathBuf {
    invocation::certificate(&region.certificates())
}
