//! Where the logins of registries are: what `docker login` and `podman login` left.

#![allow(clippy::disallowed_methods, reason = "this is the place that reads the environment")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use landfall_pipeline::publish::RegistryAccess;
use landfall_registry::{Anonymous, Credentials, DockerConfig, HelperPrograms};

use super::{Surroundings, home, variable};
use crate::failure::Failure;

/// A helper that asks a person or a cloud is given time.
const HELPER_TIMEOUT: Duration = Duration::from_secs(60);

impl Surroundings {
    /// Who we are to registries: the first login file that there is; nobody where there is none.
    ///
    /// Read when it is wanted, so that a broken login file stops no build.
    pub fn registry_access(&self) -> Result<RegistryAccess, Failure> {
        let file = login_files().into_iter().find(|path| path.is_file());
        let credentials: Arc<dyn Credentials> = match file {
            None => Arc::new(Anonymous),
            Some(path) => Arc::new(self.read_logins(&path)?),
        };
        let hosts = variable("LANDFALL_TOKEN_HOSTS");
        let hosts = hosts.map(|hosts| hosts.to_string_lossy().into_owned()).unwrap_or_default();
        let token_hosts = hosts.split([',', ' ']).filter(|host| !host.is_empty());
        Ok(RegistryAccess { credentials, token_hosts: token_hosts.map(str::to_owned).collect() })
    }

    fn read_logins(&self, path: &PathBuf) -> Result<DockerConfig, Failure> {
        let failed = |reason: String| {
            Failure::outside(format!("the logins in `{}` cannot be read: {reason}", path.display()))
                .hint("`docker login REGISTRY` writes the file; DOCKER_CONFIG and REGISTRY_AUTH_FILE name another")
        };
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let folders = std::env::split_paths(&self.tools.path).filter(|path| path.is_absolute());
        let helpers = HelperPrograms {
            folders: folders.collect(),
            environment: std::env::vars_os().collect(),
            timeout: HELPER_TIMEOUT,
        };
        DockerConfig::parse(&text, Some(Arc::new(helpers)))
            .map_err(|error| failed(error.to_string()))
    }
}

/// In the order in which they are looked for: what is named, docker's place, podman's place.
fn login_files() -> Vec<PathBuf> {
    if let Some(named) = variable("REGISTRY_AUTH_FILE") {
        return vec![named.into()];
    }
    if let Some(folder) = variable("DOCKER_CONFIG") {
        return vec![PathBuf::from(folder).join("config.json")];
    }
    let docker = home().map(|home| home.join(".docker/config.json"));
    let podman = variable("XDG_RUNTIME_DIR")
        .map(|folder| PathBuf::from(folder).join("containers/auth.json"));
    docker.into_iter().chain(podman).collect()
}
