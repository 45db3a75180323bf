//! Why a command ended, with the exit status that follows.

use landfall_pipeline::{Error, ErrorKind};

/// Why a command ended without having done its work.
pub enum Failure {
    /// In the pipeline's own terms.
    Pipeline(Box<Error>),
    /// Several of them, at once; the first gives the status.
    Several(Vec<Error>),
    /// Found by the front, or by what it stands on besides the pipeline.
    Front {
        /// The exit status.
        status: u8,
        /// The headline.
        message: String,
        /// What lies below it, each the cause of the one before.
        causes: Vec<String>,
        /// Ways out.
        hints: Vec<String>,
    },
}

impl Failure {
    /// The user's files or options of the workspace.
    pub fn files(message: String) -> Self {
        Self::front(1, message)
    }

    /// Two options that do not go together, or one that is missing.
    pub fn command_line(message: String) -> Self {
        Self::front(2, message)
    }

    /// The outside refused.
    pub fn outside(message: String) -> Self {
        Self::front(3, message)
    }

    /// Things are not as wanted.
    pub fn not_as_wanted(message: String) -> Self {
        Self::front(4, message)
    }

    fn front(status: u8, message: String) -> Self {
        Self::Front { status, message, causes: Vec::new(), hints: Vec::new() }
    }

    /// Adds what lies below: the causes of an error, one after the other.
    #[must_use]
    pub fn because_of(mut self, error: &dyn std::error::Error) -> Self {
        if let Self::Front { causes, .. } = &mut self {
            let mut next = error.source();
            while let Some(cause) = next {
                causes.push(cause.to_string());
                next = cause.source();
            }
        }
        self
    }

    /// Adds a way out.
    #[must_use]
    pub fn hint(mut self, text: &str) -> Self {
        if let Self::Front { hints, .. } = &mut self {
            hints.push(text.into());
        }
        self
    }

    /// Adds one cause.
    #[must_use]
    pub fn cause(mut self, text: &str) -> Self {
        if let Self::Front { causes, .. } = &mut self {
            causes.push(text.into());
        }
        self
    }

    /// All of it in one line, for a place where it stops nothing.
    pub fn message(&self) -> String {
        match self {
            Self::Front { message, causes, .. } => {
                std::iter::once(message).chain(causes).cloned().collect::<Vec<_>>().join(": ")
            }
            Self::Pipeline(error) => chain(error),
            Self::Several(errors) => errors.iter().map(chain).collect::<Vec<_>>().join("; "),
        }
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

/// An error and its causes in one line.
fn chain(error: &Error) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
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
