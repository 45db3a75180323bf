//! What a run is handed.

use landfall_cluster::Cluster;

use crate::Event;

/// One app at one place.
pub struct Site<'a> {
    /// The cluster, proven to be the one that is meant.
    pub cluster: &'a Cluster,
    /// Where the app's objects and records are.
    pub namespace: String,
    /// The app.
    pub app: String,
    /// Whether a namespace that is not there may be made.
    pub create_namespace: bool,
}

/// Who acts, and what time it is: nothing here asks by itself.
pub struct Session<'a> {
    /// `USER@HOST PROCESS`: tells two runs apart, and people who it was.
    pub holder: String,
    /// Seconds since 1970.
    pub clock: &'a (dyn Fn() -> u64 + Sync),
    /// Whether a holder is a process of this machine that has ended.
    pub has_ended: &'a (dyn Fn(&str) -> bool + Sync),
    /// How long things may take.
    pub limits: Limits,
    /// Told what happens.
    pub events: &'a (dyn Fn(Event<'_>) + Sync),
}

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until every object has to be ready.
    pub ready_seconds: u64,
    /// Between two looks at a rollout.
    pub look_milliseconds: u64,
    /// How many ended releases are kept beside the current one.
    pub history: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { ready_seconds: 300, look_milliseconds: 250, history: 10 }
    }
}

impl Session<'_> {
    /// Now, as records have it (RFC 3339, UTC).
    pub(crate) fn now_text(&self) -> String {
        let seconds = i64::try_from((self.clock)()).unwrap_or_default();
        jiff::Timestamp::from_second(seconds).unwrap_or_default().to_string()
    }
}
