//! The end of the line: objects → plan → rollout, in one namespace of one cluster.
//!
//! [`plan`] asks the cluster and changes nothing; [`apply`] carries a plan out and keeps a record of
//! it; [`earlier`] finds the release to go back to, which is
//! planned and applied as any other; [`uninstall`] takes an app away. All of them may be
//! killed at any moment: the next one finds what was left and goes on.

mod apply;
mod error;
mod events;
mod lease;
mod mark;
mod owner;
mod plan;
mod rollback;
mod session;
mod uninstall;
mod wait;

pub use apply::{Outcome, apply};
pub use error::{Error, ErrorKind};
pub use events::Event;
pub use mark::mark;
pub use plan::{objects_of, plan};
pub use rollback::{earlier, rollback_target};
pub use session::{Limits, Session, Site};
pub use uninstall::uninstall;
