//! Everything that is read from around the process, in one place: the environment, the home
//! folder, the working folder, the terminal.

#![allow(clippy::disallowed_methods, reason = "this is the place that reads the environment")]

mod cluster;
mod logins;

use std::env;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use landfall_compile::{Helper, ToolPlaces};
use landfall_fetch::{ClientSettings, Limits, ProxySettings};
use landfall_pipeline::{Events, Session, Strictness};
use landfall_store::Store;

use crate::failure::Failure;
use crate::global::Global;

/// The hidden first word that makes this program the helper of a compile.
pub const CONFINED_WORD: &str = "confined";

/// What a command may know of its surroundings.
pub struct Surroundings {
    /// The folder that holds `apps/`, where one was found or named.
    workspace: Option<PathBuf>,
    /// Where the process was started.
    pub working_folder: PathBuf,
    store: PathBuf,
    threads: usize,
    /// `--quiet`.
    pub quiet: bool,
    /// `CI` is set: no lock is written, no bar is drawn.
    pub ci: bool,
    strictness: Strictness,
    /// Standard error is a terminal that can show colour, and `NO_COLOR` is not set.
    pub colour: bool,
    /// Standard error is a terminal.
    pub terminal: bool,
    words: Vec<OsString>,
    tools: ToolPlaces,
    proxy: ProxySettings,
    roots_file: Option<PathBuf>,
    failpoint: Option<String>,
    /// Of containerd, for `--load`.
    pub containerd_socket: PathBuf,
}

impl Surroundings {
    /// Reads them once. `words` are the whole command line.
    pub fn read(global: &Global, words: Vec<OsString>) -> Self {
        let working_folder = env::current_dir().unwrap_or_else(|_| "/".into());
        let named = global.workspace.as_ref().map(|path| real(working_folder.join(path)));
        let workspace = named.or_else(|| above(&working_folder));
        let store = global.store.clone().or_else(|| variable("LANDFALL_STORE").map(PathBuf::from));
        let store = store.map(|path| working_folder.join(path));
        let ci = variable("CI").is_some_and(|value| value != "false");
        let terminal = std::io::stderr().is_terminal();
        Self {
            store: real(
                store.unwrap_or_else(|| {
                    default_store(workspace.as_deref().unwrap_or(&working_folder))
                }),
            ),
            threads: threads(global),
            quiet: global.quiet,
            ci,
            strictness: Strictness { locked: global.locked || ci, paranoid: global.paranoid },
            colour: terminal
                && variable("NO_COLOR").is_none()
                && variable("TERM").is_none_or(|term| term != "dumb"),
            terminal,
            words,
            tools: tools(),
            proxy: proxy(),
            roots_file: variable("SSL_CERT_FILE").map(PathBuf::from),
            failpoint: variable("LANDFALL_FAILPOINT")
                .map(|value| value.to_string_lossy().into_owned()),
            containerd_socket: variable("CONTAINERD_ADDRESS")
                .map_or_else(|| "/run/containerd/containerd.sock".into(), PathBuf::from),
            workspace,
            working_folder,
        }
    }

    /// The workspace, or how to make one.
    pub fn workspace(&self) -> Result<&Path, Failure> {
        let found = self.workspace.as_deref().filter(|folder| folder.join("apps").is_dir());
        found.ok_or_else(|| {
            let place = self.workspace.as_ref().unwrap_or(&self.working_folder);
            Failure::files(format!("`{}` is no workspace: it has no folder `apps`", place.display()))
                .hint("go into the workspace, name it with `--workspace DIR`, or make one with `landfall init NAME`")
        })
    }

    /// The workspace, where one was found or named and whether or not it has apps.
    pub fn workspace_place(&self) -> &Path {
        self.workspace.as_ref().unwrap_or(&self.working_folder)
    }

    /// The whole command line, the program's name first.
    pub fn words(&self) -> &[OsString] {
        &self.words
    }

    /// Where this program lies.
    pub fn own_program(&self) -> Result<PathBuf, Failure> {
        env::current_exe().map_err(|error| {
            Failure::outside(format!("this program cannot be found again: {error}"))
        })
    }

    /// The store's folder.
    pub fn store(&self) -> &Path {
        &self.store
    }

    /// A session over the store.
    pub fn session<'a>(&self, events: &'a dyn Events) -> Result<Session<'a>, Failure> {
        let store = Store::open(&self.store).map_err(landfall_pipeline::Error::from)?;
        self.session_over(store, events)
    }

    /// A session over another store.
    pub fn session_over<'a>(
        &self,
        store: Store,
        events: &'a dyn Events,
    ) -> Result<Session<'a>, Failure> {
        let helper = self.own_program()?;
        let pool = landfall_pipeline::thread_pool(self.threads);
        let pool =
            pool.map_err(|error| Failure::outside(format!("no threads can be started: {error}")))?;
        Ok(Session {
            workspace: self.workspace()?.to_path_buf(),
            compile_cache: store.folder().join("compile"),
            store,
            pool,
            tools: self.tools.clone(),
            helper: Helper { program: helper, arguments: vec![CONFINED_WORD.into()] },
            environment: env::vars_os().collect(),
            fetch: self.client_settings()?,
            git: "git".into(),
            strictness: self.strictness,
            events,
        })
    }

    /// How the network is reached, and how long that may take.
    pub fn client_settings(&self) -> Result<ClientSettings, Failure> {
        let roots = self.roots_file.as_ref().map(|path| {
            std::fs::read(path).map_err(|error| {
                Failure::outside(format!(
                    "the certificates in `{}` cannot be read: {error}",
                    path.display()
                ))
                .hint("SSL_CERT_FILE names that file: correct it, or unset it")
            })
        });
        Ok(ClientSettings {
            user_agent: format!("landfall/{}", env!("CARGO_PKG_VERSION")),
            proxy: self.proxy.clone(),
            extra_roots_pem: roots.transpose()?,
            limits: Limits::default(),
        })
    }

    /// For tests that let the process die: `LANDFALL_FAILPOINT=NAME` or `NAME:NTH`.
    pub fn arm_failpoint(&self) -> Result<(), Failure> {
        let Some(text) = &self.failpoint else { return Ok(()) };
        let counted = text.rsplit_once(':').and_then(|(name, nth)| Some((name, nth.parse().ok()?)));
        let (name, nth) = counted.unwrap_or((text, 1));
        if landfall_failpoint::arm(name, nth) {
            return Ok(());
        }
        let message = format!("LANDFALL_FAILPOINT names no failpoint: `{text}`");
        Err(Failure::command_line(message).hint("it is for tests of Landfall itself: unset it"))
    }
}

/// One spelling for a folder that exists, because a workspace's path is part of the names in the
/// store; what is not there yet stays as it was written.
fn real(path: PathBuf) -> PathBuf {
    path.canonicalize().unwrap_or(path)
}

/// An empty variable counts as none.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// The nearest folder upwards that holds `apps`.
fn above(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|folder| folder.join("apps").is_dir()).map(|folder| real(folder.into()))
}

/// Without a home folder the store stands in the workspace, in a folder that git ignores.
fn default_store(workspace: &Path) -> PathBuf {
    let cache = variable("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let cache = cache.or_else(|| home().map(|home| home.join(".cache")));
    cache.map_or_else(|| workspace.join(".landfall/store"), |cache| cache.join("landfall/store"))
}

fn home() -> Option<PathBuf> {
    variable("HOME").map(PathBuf::from).filter(|path| path.is_absolute())
}

fn threads(global: &Global) -> usize {
    let own = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    global.threads.map_or_else(own, usize::from)
}

fn tools() -> ToolPlaces {
    let below_home = |name: &str| home().unwrap_or_else(|| "/nonexistent".into()).join(name);
    ToolPlaces {
        path: variable("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()),
        cargo_home: variable("CARGO_HOME").map_or_else(|| below_home(".cargo"), PathBuf::from),
        rustup_home: variable("RUSTUP_HOME").map_or_else(|| below_home(".rustup"), PathBuf::from),
        rustup_toolchain: None,
    }
}

/// The usual variables; the lower-case ones first, as curl does.
fn proxy() -> ProxySettings {
    let first = |names: [&str; 2]| {
        names.into_iter().find_map(variable).and_then(|value| value.into_string().ok())
    };
    ProxySettings {
        // Upper-case HTTP_PROXY can be set by a request header where a program runs as CGI (CVE-2016-5385).
        http: variable("http_proxy").and_then(|value| value.into_string().ok()),
        https: first(["https_proxy", "HTTPS_PROXY"]),
        no_proxy: first(["no_proxy", "NO_PROXY"]),
    }
}
