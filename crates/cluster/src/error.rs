//! What a cluster refused, with what was tried.

use std::path::PathBuf;

use landfall_rollout::{HeadError, KeyError, RecordError};

/// A cluster could not be asked, or refused.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// A kubeconfig that cannot be read.
    #[error("kubeconfig `{path}` cannot be used")]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<kube::config::KubeconfigError>,
    },
    /// No kubeconfig has the context.
    #[error("no context `{context}` in {files}")]
    Context {
        /// The context.
        context: String,
        /// Where it was looked for.
        files: String,
        /// Why.
        #[source]
        source: Box<kube::config::KubeconfigError>,
    },
    /// A context that is not allowed.
    #[error("context `{context}` is refused: {reason}")]
    Unsafe {
        /// The context.
        context: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Another cluster than the one that is meant.
    #[error("context `{context}` leads to another cluster: expected {expected}, found {found}")]
    OtherCluster {
        /// The context.
        context: String,
        /// The pin.
        expected: String,
        /// What the cluster is.
        found: String,
    },
    /// No client can be made.
    #[error("no connection to context `{context}` can be prepared")]
    Client {
        /// The context.
        context: String,
        /// Why.
        #[source]
        source: Box<kube::Error>,
    },
    /// No answer.
    #[error("{server} cannot be reached ({what})")]
    Unreachable {
        /// Its address.
        server: String,
        /// What was asked.
        what: String,
        /// Why.
        #[source]
        source: Box<kube::Error>,
    },
    /// No answer in time.
    #[error("{server} gave no answer within {seconds} s ({what})")]
    Silent {
        /// Its address.
        server: String,
        /// What was asked.
        what: String,
        /// The limit.
        seconds: u64,
    },
    /// A refusal in the API's own words.
    #[error("{what}: {message}{}", listed(causes))]
    Refused {
        /// What was asked.
        what: String,
        /// HTTP status.
        code: u16,
        /// `reason` of the answer.
        reason: String,
        /// `message` of the answer.
        message: String,
        /// `details.causes` of the answer.
        causes: Vec<Cause>,
    },
    /// The kind does not exist there.
    #[error("the cluster serves no kind `{kind}` in `{api_version}`{}", also(served))]
    UnknownKind {
        /// The kind.
        kind: String,
        /// Its group and version.
        api_version: String,
        /// The kinds of that version, for a suggestion.
        served: Vec<String>,
    },
    /// An object without a name.
    #[error("an object cannot be sent")]
    Key(#[from] KeyError),
    /// A release record that cannot be used.
    #[error("the record of a release cannot be used")]
    Record(#[from] RecordError),
    /// The head of the records cannot be used.
    #[error("the state of the app's releases cannot be used")]
    Head(#[from] HeadError),
    /// Somebody else wrote first.
    #[error("{what} was changed by somebody else at the same moment")]
    Raced {
        /// What was written.
        what: String,
    },
}

/// One of several reasons of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// `FieldManagerConflict`, `FieldValueInvalid`, …
    pub reason: String,
    /// In words.
    pub message: String,
    /// Which field.
    pub field: String,
}

fn listed(causes: &[Cause]) -> String {
    causes
        .iter()
        .filter(|cause| !cause.field.is_empty())
        .map(|cause| format!("\n  {}: {}", cause.field, cause.message))
        .collect()
}

fn also(served: &[String]) -> String {
    if served.is_empty() {
        "; it knows no such group or version".into()
    } else {
        format!("; there are {}", served.join(", "))
    }
}

impl ClusterError {
    /// What to do.
    pub fn help(&self) -> Option<String> {
        let text = match self {
            Self::Context { .. } => {
                "`kubectl config get-contexts` lists what there is; for EKS, `aws eks update-kubeconfig --alias` makes one"
            }
            Self::OtherCluster { .. } => {
                "if the cluster was replaced on purpose, change the pin in the region's file; else choose the right context"
            }
            Self::Unreachable { .. } | Self::Silent { .. } => {
                "nothing was changed by this request; try again when `kubectl get --raw /readyz` answers"
            }
            Self::Refused { code: 401, .. } => "the cluster does not know this user: sign in again",
            Self::Refused { code: 403, .. } => {
                "the user of this context lacks that right; an administrator of the cluster can grant it"
            }
            Self::Refused { causes, .. } if causes.iter().any(Cause::is_conflict) => {
                "another program owns these fields: take them out of the app's objects, or let that program give them up"
            }
            Self::UnknownKind { .. } => {
                "install what defines the kind first, or write a version that the cluster serves"
            }
            Self::Raced { .. } => {
                "another release of this app is under way; run the command again to see where it stands"
            }
            Self::Record(RecordError::Newer { .. }) => {
                "use the Landfall that wrote it, or a newer one"
            }
            Self::Record(RecordError::Large { .. }) => {
                "split the app, or keep large texts out of its objects"
            }
            Self::Record(RecordError::Unreadable { .. }) => {
                "it was changed by hand: put it back, or remove the Secret to go on without it; an object that only this release had then stays in the cluster"
            }
            Self::Head(_) => {
                "it was changed by hand: remove the Secret, and the next command makes it again from the records"
            }
            _ => return None,
        };
        Some(text.into())
    }

    /// Whether the cluster may answer in a moment what it did not answer now.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Silent { .. } => true,
            Self::Refused { code, message, .. } => {
                matches!(code, 429 | 502 | 503 | 504) || *code == 500 && message.contains("etcd")
            }
            _ => false,
        }
    }

    /// Whether the answer says that there is no such thing.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused { code: 404, .. })
    }

    /// Whether somebody else was faster: it exists already, or is no longer what was read.
    pub(crate) fn is_race(&self) -> bool {
        matches!(self, Self::Refused { code: 409, causes, .. } if !causes.iter().any(Cause::is_conflict))
    }
}

impl Cause {
    fn is_conflict(&self) -> bool {
        self.reason == "FieldManagerConflict"
    }
}
