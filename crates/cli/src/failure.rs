//! Why a command ended, with the exit status that follows.

use landfall_pipeline::{Error, ErrorKind};

/// Why a command ended without having done its work.
pub enum Failure {
    /// In the pipeline's own terms.
    Pipeline(Box<Error>),
    /// Several of them, at once; the first gives the status.
    Several(Vec<Error>),
    /// Found by the front.
    Front { status: u8, message: String, hints: Vec<String> },
}

impl Failure {
    /// The user's files or options of the workspace.
    pub fn files(message: String) -> Self {
        Self::Front { status: 1, message, hints: Vec::new() }
    }

    /// Two options that do not go together, or one that is missing.
    pub fn command_line(message: String) -> Self {
        Self::Front { status: 2, message, hints: Vec::new() }
    }

    /// The outside refused.
    pub fn outside(message: String) -> Self {
        Self::Front { status: 3, message, hints: Vec::new() }
    }

    /// Adds a way out.
    #[must_use]
    pub fn hint(mut self, text: &str) -> Self {
        if let Self::Front { hints, .. } = &mut self {
            hints.push(text.into());
        }
        self
    }

    /// The exit status: see `docs/reference/exit-status.md`.
    pub fn status(&self) -> u8 {
        match self {
            Self::Front { status, .. } => *status,
            Self::Pipeline(error) => status(error),
            Self::Several(errors) => errors.first().map_or(1, status),
        }
    }
}

fn status(error: &Error) -> u8 {
    match error.kind() {
        ErrorKind::Files => 1,
        ErrorKind::Outside => 3,
        ErrorKind::NotAsWanted => 4,
    }
}

impl From<Vec<Error>> for Failure {
    fn from(errors: Vec<Error>) -> Self {
        Self::Several(errors)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Pipeline(Box::new(error))
    }
}
