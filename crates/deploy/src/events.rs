//! What a run tells while it goes on.

use landfall_cluster::Progress;
use landfall_rollout::{Action, ObjectKey};

/// Something happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// Somebody else changes the app; it is waited until they are done or gone.
    Held {
        /// Who.
        holder: &'a str,
        /// How long at most.
        seconds: u64,
    },
    /// A run that was cut short was found, and is taken over.
    Interrupted {
        /// Its revision.
        revision: u64,
    },
    /// One step was carried out.
    Done {
        /// On which object.
        object: &'a ObjectKey,
        /// What.
        action: Action,
    },
    /// The rollout was looked at; only objects that are not ready are listed.
    Waiting {
        /// How long it has been.
        seconds: u64,
        /// What is not ready.
        unready: &'a [Progress],
    },
}
