//! Why the line stopped, and whose turn it is.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use landfall_compile::CompileError;
use landfall_diagnostics::Diagnostic;
use landfall_fetch::FetchError;
use landfall_hashing::Digest;
use landfall_registry::{NameError, PublishError};
use landfall_store::StoreError;
use landfall_transport::SettingsError;

/// Whose turn it is; the front makes an exit status of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The user's files.
    Files,
    /// The outside: network, disk, another program.
    Outside,
    /// It is there, but not as wanted.
    NotAsWanted,
}

/// An operation of the line that failed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each variant says in its message what its fields hold")]
pub enum Error {
    /// Problems in the user's files, all that were found.
    #[error("{}", summary(.0))]
    Problems(Vec<Diagnostic>),
    #[error("cannot {action} `{}`", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error("the store cannot be used")]
    Store(#[source] Box<StoreError>),
    #[error("the input `{input}` of `{app}` cannot be fetched")]
    Fetch { app: String, input: String, source: Box<FetchError> },
    #[error("the input `{input}` of `{app}` cannot be compiled for {platform}")]
    Compile { app: String, input: String, platform: String, source: Box<CompileError> },
    #[error("the layer `{layer}` of `{app}` cannot be written")]
    Layer { app: String, layer: String, source: io::Error },
    #[error("cannot run {program}")]
    Program { program: String, source: io::Error },
    #[error("{program} failed: {message}")]
    ProgramFailed { program: String, message: String },
    #[error("`{app}` is not in the registry of {place}")]
    Publish { app: String, place: String, source: Box<PublishError> },
    #[error("the registry of {place} has no {digest} of `{app}`, and the ledger says so")]
    NotInRegistry { app: String, place: String, digest: Digest },
    #[error("an object of kind `{object}` cannot be written as YAML: {reason}")]
    Yaml { object: String, reason: String },
    #[error("no registry can be spoken to")]
    Network { source: Box<SettingsError> },
    #[error("an image cannot have this name in a registry")]
    RegistryName { source: Box<NameError> },
    #[error("the store has no image {digest}")]
    UnknownImage { digest: Digest },
    #[error("{digest} is no image of `{app}`: {reason}")]
    OtherImage { app: String, digest: Digest, reason: String },
    #[error("`{}` holds no image that can be taken: {reason}", path.display())]
    NoImage { path: PathBuf, reason: String },
    #[error("no containerd is here: `{}` does not exist", socket.display())]
    NoContainerd { socket: PathBuf },
    #[error("`{app}` has not been built in this store")]
    NeverBuilt { app: String },
    #[error("`{app}` was built once in this store, and there is no build before that one")]
    NoPreviousBuild { app: String },
    #[error("the store knows no build with the digest {digest}")]
    UnknownDigest { digest: Digest },
    #[error("the image of `{app}` in the store is not what it says: {}", mismatches.join("; "))]
    Unsound { app: String, mismatches: Vec<String> },
    #[error("`{app}` is not the same when it is built again: {}", differences.join("; "))]
    NotReproducible { app: String, differences: Vec<String> },
}

impl Error {
    /// Whose turn it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Problems(_)
            | Self::NeverBuilt { .. }
            | Self::NoPreviousBuild { .. }
            | Self::UnknownDigest { .. }
            | Self::UnknownImage { .. }
            | Self::OtherImage { .. }
            | Self::NoImage { .. } => ErrorKind::Files,
            Self::Compile { source, .. } if !source.is_outside() => ErrorKind::Files,
            Self::Fetch { source, .. } if !source.is_outside() => ErrorKind::Files,
            // A file of the workspace that changed while it was read.
            Self::Layer { source, .. } if source.kind() == io::ErrorKind::InvalidData => {
                ErrorKind::Files
            }
            Self::Publish { source, .. } if is_another(source) => ErrorKind::NotAsWanted,
            Self::Publish { source, .. } if !source.is_outside() => ErrorKind::Files,
            Self::Network { .. } | Self::RegistryName { .. } => ErrorKind::Files,
            Self::NotInRegistry { .. } | Self::NotReproducible { .. } | Self::Unsound { .. } => {
                ErrorKind::NotAsWanted
            }
            _ => ErrorKind::Outside,
        }
    }

    /// What to do about it, where more can be said than the causes say.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Store(source) => source.hint(),
            Self::NeverBuilt { app } => Some(format!("run `landfall build {app}` first")),
            Self::NoContainerd { .. } => {
                Some("start containerd, or write a file: `--output oci-archive:FILE`".into())
            }
            Self::UnknownImage { .. } => Some(
                "build it here, or hand it over: `build --output oci-archive:FILE`, then \
                 `push --image oci-archive:FILE`"
                    .into(),
            ),
            Self::NotInRegistry { place, .. } => Some(format!(
                "somebody has deleted it, or {place} names another registry than before: push it \
                 there again, then promote"
            )),
            Self::OtherImage { .. } => {
                Some("build the app for all its platforms, without `--platform`".into())
            }
            Self::UnknownDigest { .. } => {
                Some("only digests that were built in this store can be compared; a git revision works too".into())
            }
            _ => None,
        }
    }

    /// A download that failed.
    pub(crate) fn fetch(app: &str, input: &str, error: FetchError) -> Self {
        Self::Fetch { app: app.into(), input: input.into(), source: Box::new(error) }
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { action, path, source }
    }
}

/// Whether another image stands where ours should.
fn is_another(error: &PublishError) -> bool {
    matches!(error, PublishError::TagTaken { .. } | PublishError::Differs { .. })
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(Box::new(error))
    }
}

/// One problem.
impl From<Diagnostic> for Error {
    fn from(problem: Diagnostic) -> Self {
        Self::Problems(vec![problem])
    }
}

/// Every result, or every failure: the problems of all in one error, each of them once.
pub(crate) fn all<T>(
    results: impl Iterator<Item = Result<T, Error>>,
) -> Result<Vec<T>, Vec<Error>> {
    let (mut done, mut problems, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(result) => done.push(result),
            Err(Error::Problems(more)) => problems.extend(more),
            Err(error) => others.push(error),
        }
    }
    if problems.is_empty() && others.is_empty() {
        return Ok(done);
    }
    let mut seen = BTreeSet::new();
    problems.retain(|problem| seen.insert(problem.clone()));
    let problems = (!problems.is_empty()).then_some(Error::Problems(problems));
    Err(problems.into_iter().chain(others).collect())
}

fn summary(problems: &[Diagnostic]) -> String {
    match problems {
        [problem] => problem.message.clone(),
        _ => format!("{} problems were found", problems.len()),
    }
}
