//! Why the end of the line was not reached.

use landfall_cluster::ClusterError;

/// A run that could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The cluster refused or was not reached.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Several objects were refused.
    #[error("{} objects are refused by the cluster", .0.len())]
    Refused(Vec<ClusterError>),
    /// The namespace is missing and may not be made.
    #[error("the cluster has no namespace `{namespace}`")]
    NoNamespace {
        /// Which.
        namespace: String,
    },
    /// The namespace is on its way out.
    #[error("the namespace `{namespace}` is being deleted")]
    NamespaceEnding {
        /// Which.
        namespace: String,
    },
    /// Objects of another release.
    #[error("another release has these objects: {}", .objects.join(", "))]
    Foreign {
        /// Which objects, and whose they are.
        objects: Vec<String>,
    },
    /// Objects are no longer as the plan saw them.
    #[error("changed since the plan was made: {}", .objects.join(", "))]
    Changed {
        /// Which objects.
        objects: Vec<String>,
    },
    /// An object asks for a place that is not the app's.
    #[error("{object} is in namespace `{found}`, and the app's is `{namespace}`")]
    OtherNamespace {
        /// Which object.
        object: String,
        /// Its namespace.
        found: String,
        /// The app's.
        namespace: String,
    },
    /// Somebody else is at work.
    #[error("{holder} is changing the app right now")]
    Held {
        /// Who.
        holder: String,
    },
    /// The plan is of another state.
    #[error(
        "the plan was made from revision {planned}, and the cluster is at revision {found}: the world has moved"
    )]
    Moved {
        /// The plan's.
        planned: u64,
        /// The cluster's.
        found: u64,
    },
    /// A plan for another cluster.
    #[error("the plan is for the cluster with {planned}, and this is the one with {found}")]
    OtherCluster {
        /// The plan's pin.
        planned: String,
        /// This one's.
        found: String,
    },
    /// Nothing to go back to.
    #[error("{app} has no release to go back to{}", .wanted.map(|revision| format!(": there is no revision {revision}")).unwrap_or_default())]
    NoRevision {
        /// The app.
        app: String,
        /// The revision that was asked for.
        wanted: Option<u64>,
        /// Those that there are.
        kept: Vec<u64>,
    },
    /// Deleted, and still there.
    #[error("still there after their deletion: {}", .objects.join(", "))]
    Lingering {
        /// Which objects.
        objects: Vec<String>,
    },
    /// Not there at all.
    #[error("{app} is not installed in namespace `{namespace}`")]
    NotInstalled {
        /// The app.
        app: String,
        /// Where it was looked for.
        namespace: String,
    },
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The user's files.
    Files,
    /// The outside refused.
    Outside,
    /// Things are not as wanted.
    NotAsWanted,
}

impl Error {
    /// Whose turn it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::OtherNamespace { .. } | Self::OtherCluster { .. } => ErrorKind::Files,
            Self::Moved { .. }
            | Self::Changed { .. }
            | Self::NoRevision { .. }
            | Self::NotInstalled { .. }
            | Self::Lingering { .. } => ErrorKind::NotAsWanted,
            Self::Refused(_)
            | Self::Cluster(_)
            | Self::NoNamespace { .. }
            | Self::NamespaceEnding { .. }
            | Self::Foreign { .. }
            | Self::Held { .. } => ErrorKind::Outside,
        }
    }

    /// What to do.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Cluster(error) => error.help(),
            Self::Refused(errors) => errors.first().and_then(ClusterError::help),
            Self::NoNamespace { .. } => {
                Some("`create_namespace = true` in the stage's file lets Landfall make it".into())
            }
            Self::OtherNamespace { .. } => {
                Some("leave `metadata.namespace` out: every object goes to the app's".into())
            }
            Self::Held { .. } => Some("wait until that run has ended, and look again".into()),
            Self::NamespaceEnding { .. } => Some(
                "wait until it is gone; `kubectl get namespace -o yaml` shows what holds it".into(),
            ),
            Self::Foreign { .. } => {
                Some("give the objects other names, or uninstall the other release first".into())
            }
            Self::Moved { .. } | Self::Changed { .. } | Self::OtherCluster { .. } => {
                Some("make a new plan, and read it again".into())
            }
            Self::NoRevision { kept, .. } if kept.is_empty() => None,
            Self::NoRevision { kept, .. } => {
                let kept: Vec<_> = kept.iter().map(u64::to_string).collect();
                Some(format!("these are kept: {}", kept.join(", ")))
            }
            Self::Lingering { .. } => Some(
                "a finalizer holds them: `kubectl get -o yaml` shows whose; then uninstall again"
                    .into(),
            ),
            Self::NotInstalled { .. } => Some("`landfall status` shows where it is".into()),
        }
    }
}
