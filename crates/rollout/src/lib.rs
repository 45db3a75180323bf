//! What a cluster is to be changed to, and what came of it, as values.
//!
//! Nothing here talks to a cluster. [`Plan`] is made from what is wanted and what was observed, and
//! says every step; [`readiness`] judges one object as the cluster shows it; [`Record`] is what is
//! kept of a release, and [`Head`] says which of them is current and who holds the app. The edge
//! that speaks to clusters carries these values out.

mod difference;
mod head;
mod key;
mod order;
mod plan;
mod pods;
mod readiness;
mod record;
mod summary;

pub use difference::{Difference, differences};
pub use head::{Head, HeadError, Lease};
pub use key::{KeyError, ObjectKey};
pub use order::install_rank;
pub use plan::{Action, NamespaceStep, Observed, Plan, Release, Step};
pub use pods::pod_trouble;
pub use readiness::{Readiness, has_rule, readiness};
pub use record::{FORMAT, RECORD_TYPE, Record, RecordError, Status};
pub use summary::Summary;
