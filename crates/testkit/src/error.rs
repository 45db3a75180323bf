//! What can go wrong with the rig, always with the way out.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::prerequisites::APT_LINE;

/// A part of the rig that is missing, does not start, or says no.
#[derive(Debug, Error)]
pub enum RigError {
    /// Programs that the machine lacks, all of them at once.
    #[error(
        "the tests need programs that are not on PATH:\n{missing}\nDebian and its kin have them after: {APT_LINE}"
    )]
    Missing {
        /// One line per program: its name and where it comes from.
        missing: String,
    },
    /// No place for built tools is known.
    #[error("no folder for built tools: set LANDFALL_TEST_CACHE, XDG_CACHE_HOME or HOME")]
    NoCacheFolder,
    /// A file or folder that cannot be made, read or removed.
    #[error("{} cannot be made, read or removed", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No port of loopback that could be had.
    #[error("no port of 127.0.0.1 can be had")]
    Port {
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A program that does not start.
    #[error("`{command}` does not start")]
    Start {
        /// The command line.
        command: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A program that ended with another status than 0.
    #[error("`{command}` ended with {status}:\n{output}")]
    Failed {
        /// The command line.
        command: String,
        /// How it ended.
        status: String,
        /// What it printed, on both streams.
        output: String,
    },
    /// A server or container that ended although it was wanted.
    #[error("{name} ended by itself; its log {} ends with:\n{tail}", log.display())]
    Ended {
        /// Which one.
        name: String,
        /// Its whole log, which is kept.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
    /// A server or container that did not do what was waited for.
    #[error("{name} did not get ready in {seconds} s; its log {} ends with:\n{tail}", log.display())]
    NotReady {
        /// Which one.
        name: String,
        /// How long it was waited for.
        seconds: u64,
        /// Its whole log, which is kept.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
    /// An OCI layout that lacks what is asked of it.
    #[error("{}: {problem}", path.display())]
    Layout {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A document that is no JSON.
    #[error("{} is no JSON", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A platform that this machine neither is nor can emulate.
    #[error("the rig knows no emulator for {platform}")]
    Platform {
        /// The platform.
        platform: String,
    },
    /// A judge whose answer cannot be read.
    #[error("`{judge}` answered in a form that is not understood: {answer}")]
    Answer {
        /// The judge.
        judge: &'static str,
        /// The part that is not understood.
        answer: String,
    },
    /// The rig's go.mod does not name a module.
    #[error("{} does not require `{module}`", path.display())]
    NotPinned {
        /// The go.mod file.
        path: PathBuf,
        /// The module.
        module: String,
    },
    /// A process that cannot be ended.
    #[error("the process {id} cannot be ended")]
    End {
        /// Its id.
        id: i32,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A workspace without any stage in any region.
    #[error("{} has no STAGE/REGION.toml beside a stage.toml: there is nothing to start for", path.display())]
    NoEnvironment {
        /// The folder of the environments.
        path: PathBuf,
    },
    /// A file that would be overwritten and that the rig has not written.
    #[error(
        "{} was not made by `cargo xtask services up`, and stays as it is: move it away, then try again",
        path.display()
    )]
    ForeignFile {
        /// The file.
        path: PathBuf,
    },
    /// A region of a workspace that has no servers.
    #[error("nothing was started for the region `{region}`")]
    NoServers {
        /// The region.
        region: String,
    },
}
