//! What one run of Landfall is handed: places, limits and how strict to be.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use landfall_compile::{Helper, ToolPlaces};
use landfall_fetch::ClientSettings;
use landfall_hashing::Digest;
use landfall_store::Store;
use rayon::ThreadPool;

use crate::Events;

/// How much a run may assume or write.
#[derive(Debug, Clone, Copy, Default)]
pub struct Strictness {
    /// Write no lock, not even a new one (`--locked`, and CI).
    pub locked: bool,
    /// Read every input again, whatever its stat says.
    pub paranoid: bool,
}

/// Everything that edges need and may not find out by themselves.
pub struct Session<'a> {
    /// The folder that holds `apps/` and `environments/`.
    pub workspace: PathBuf,
    /// Blobs, trees, realisations and roots.
    pub store: Store,
    /// For everything that computes.
    pub pool: ThreadPool,
    /// Where rustc and cargo are found.
    pub tools: ToolPlaces,
    /// How this program is started as the confined helper.
    pub helper: Helper,
    /// The user's whole environment, for the one step of a compile that fetches: proxies,
    /// certificates and credentials of registries.
    pub environment: BTreeMap<OsString, OsString>,
    /// Where compiles keep what saves time; it can be removed at any time.
    pub compile_cache: PathBuf,
    /// For downloads.
    pub fetch: ClientSettings,
    /// Program `git`, and what its environment is.
    pub git: PathBuf,
    /// How strict to be.
    pub strictness: Strictness,
    /// Told what happens.
    pub events: &'a dyn Events,
}

impl Session<'_> {
    /// Tells workspaces apart that share a store.
    pub(crate) fn workspace_key(&self) -> String {
        Digest::of(self.workspace.as_os_str().as_encoded_bytes()).short()
    }
}

/// The threads that compute. Their number never reaches a byte.
pub fn thread_pool(threads: usize) -> Result<ThreadPool, rayon::ThreadPoolBuildError> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build()
}
