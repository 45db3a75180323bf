//! Carries values of [`landfall_rollout`] to a Kubernetes cluster and back.
//!
//! A [`Cluster`] is connected to one context whose identity was pinned beforehand. Objects are
//! written by server-side apply as field manager `helm`, whose tools so keep a clean view of what
//! Landfall runs. Nothing is retried here, and every request has a time limit: whoever decides to
//! go on knows why.

mod connect;
mod error;
mod kinds;
mod namespace;
mod object;
mod observe;
mod place;
mod progress;
mod records;
mod request;
mod target;

pub use connect::Cluster;
pub use error::{Cause, ClusterError};
pub use namespace::NamespaceState;
pub use object::Dependents;
pub use observe::AT_ONCE;
pub use progress::Progress;
pub use target::{Pin, Target};

/// The field manager of every write: what `helm` itself uses, so that both may take over from the
/// other without a conflict.
pub const FIELD_MANAGER: &str = "helm";
