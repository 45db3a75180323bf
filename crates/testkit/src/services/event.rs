//! What there is to say while services start and end.

use std::time::Duration;

/// Who listens; called from several threads.
pub(crate) type See<'a> = &'a (dyn Fn(&ServiceEvent<'_>) + Sync);

/// One thing that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceEvent<'a> {
    /// Another command is at work, and is waited for.
    Waiting,
    /// A program is in no cache and is compiled, which may take minutes.
    Building {
        /// Its name.
        program: &'a str,
    },
    /// It is compiled.
    Built {
        /// Its name.
        program: &'a str,
        /// How long that took.
        duration: Duration,
    },
    /// A part ran and did not answer, so that it is ended and started again.
    Silent {
        /// Its region; none where it is there once.
        region: Option<&'a str>,
        /// Its name.
        part: &'a str,
    },
    /// A part answers.
    Up {
        /// Its region; none where it is there once.
        region: Option<&'a str>,
        /// Its name.
        part: &'a str,
        /// Whether it ran before.
        found: bool,
        /// How long it took.
        duration: Duration,
    },
    /// Everything of a region answers.
    RegionUp {
        /// Its name.
        region: &'a str,
        /// How long it took.
        duration: Duration,
    },
    /// A process is gone.
    Ended {
        /// Its region; none where it is there once, or not known.
        region: Option<&'a str>,
        /// What it was part of.
        part: &'a str,
        /// Its id.
        process: i32,
    },
}
