//! What can keep a row from being measured.

use std::io;
use std::path::{Path, PathBuf};

use landfall_testkit::RigError;
use thiserror::Error;

/// A measurement that could not be made, or that would mean nothing.
#[derive(Debug, Error)]
pub enum BenchError {
    /// A judge, a peer or a server is missing or says no.
    #[error("the test rig does not do its part")]
    Rig(#[from] RigError),
    /// A file or folder that cannot be made, read or removed.
    #[error("{} cannot be made, read or removed", path.display())]
    File {
        /// Which one.
        path: PathBuf,
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
        /// What it wrote to standard error.
        output: String,
    },
    /// An environment that lacks what the benchmark needs.
    #[error("{lack}: {remedy}")]
    Surroundings {
        /// What is missing.
        lack: String,
        /// What to do.
        remedy: String,
    },
    /// What was measured did not do what it should.
    #[error("{contender} did something else than was measured: {problem}")]
    Wrong {
        /// Who.
        contender: String,
        /// What is wrong.
        problem: String,
    },
}

impl BenchError {
    /// For `map_err` where a file is touched.
    pub fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.into(), source }
    }

    /// A contender whose result cannot be compared.
    pub fn wrong(contender: &str, problem: impl Into<String>) -> Self {
        Self::Wrong { contender: contender.into(), problem: problem.into() }
    }
}
