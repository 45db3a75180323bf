//! `target/services`: where the services of a workspace keep all that they are.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use crate::RigError;
use crate::services::part::Part;

/// From the root of the workspace.
pub(crate) const FOLDER: &str = "target/services";

/// The folder of one workspace's services.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

/// Held by whoever starts and ends services, and by each of them until its record is written.
#[derive(Debug)]
pub(crate) struct Lock(pub(crate) File);

impl Folder {
    /// Of the workspace with this root.
    pub(crate) fn of(workspace: &Path) -> Self {
        Self(workspace.join(FOLDER))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// What every process has in its environment that is started here, and whoever it starts.
    pub(crate) fn mark(&self) -> (&'static str, &Path) {
        ("LANDFALL_SERVICES", &self.0)
    }

    /// Contexts of all regions.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.path("kubeconfig")
    }

    /// A link to the program, for people who have none.
    pub(crate) fn kubectl(&self) -> PathBuf {
        self.path("kubectl")
    }

    /// The address of the webhook.
    pub(crate) fn slack_url(&self) -> PathBuf {
        self.path("slack.url")
    }

    pub(crate) fn slack(&self) -> Part {
        Part::at(self.path("slack"))
    }

    pub(crate) fn region(&self, name: &str) -> PathBuf {
        self.path("regions").join(name)
    }

    /// The names of regions that have a folder, sorted.
    pub(crate) fn regions(&self) -> Vec<String> {
        let names = folders(&self.path("regions"))
            .into_iter()
            .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()));
        names.collect()
    }

    /// Everything that was ever started here, with its region.
    pub(crate) fn parts(&self) -> Vec<(Option<String>, Part)> {
        let of_region = |name: String| {
            let parts = folders(&self.region(&name)).into_iter().map(Part::at);
            parts.map(|part| (Some(name.clone()), part)).collect::<Vec<_>>()
        };
        let parts = self.regions().into_iter().flat_map(of_region);
        let parts = parts.chain([(None, self.slack())]);
        parts.filter(|(_, part)| part.process().is_some()).collect()
    }

    /// Holds others off; `wait` is called where somebody has to be waited for. The lock dies with
    /// the process, and its file stays.
    pub(crate) fn lock(&self, wait: impl FnOnce()) -> Result<Lock, RigError> {
        let made = self.0.parent().map_or(Ok(()), fs::create_dir_all);
        // Nobody else's business: tokens and data are below.
        let made =
            made.and_then(|()| DirBuilder::new().recursive(true).mode(0o700).create(&self.0));
        made.map_err(|source| RigError::File { path: self.0.clone(), source })?;
        let path = self.path("lock");
        let failed = |source| RigError::File { path: path.clone(), source };
        let file = File::create(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                wait();
                file.lock().map_err(failed)?;
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        Ok(Lock(file))
    }

    /// Removes all but the lock, which is held.
    pub(crate) fn clear(&self) -> Result<(), RigError> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |source| RigError::File { path, source }
        };
        for entry in fs::read_dir(&self.0).map_err(failed(&self.0))? {
            let path = entry.map_err(failed(&self.0))?.path();
            if path.is_dir() && !path.is_symlink() {
                fs::remove_dir_all(&path).map_err(failed(&path))?;
            } else if !path.ends_with("lock") {
                fs::remove_file(&path).map_err(failed(&path))?;
            }
        }
        Ok(())
    }
}

/// The folders in a folder, sorted; none where it is not there.
fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let mut folders: Vec<_> =
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}
