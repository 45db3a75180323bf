//! Who operates: holder, clock, limits, and where events go.

use std::sync::{Mutex, PoisonError};

use landfall::printer::{Printer, clean_line};
use landfall::surroundings::Surroundings;
use landfall_cluster::Progress;
use landfall_deploy::{Event, Limits, Session};
use landfall_rollout::Action;

use crate::show;

/// How long a wait that says nothing new is silent.
const REPEAT_SECONDS: u64 = 15;

/// A session of `deploy` that tells what happens as lines.
pub struct Operator<'a> {
    holder: String,
    limits: Limits,
    tell: Box<dyn Fn(Event<'_>) + Sync + 'a>,
}

impl<'a> Operator<'a> {
    /// `region` stands before every line.
    pub fn new(
        around: &Surroundings,
        printer: &'a Printer,
        region: &str,
        timeout_seconds: u64,
    ) -> Self {
        let limits = Limits { ready_seconds: timeout_seconds, ..Limits::default() };
        let region = region.to_owned();
        let patience = Mutex::new(Patience::default());
        let tell = move |event: Event<'_>| {
            if !patience.lock().unwrap_or_else(PoisonError::into_inner).is_new(&event) {
                return;
            }
            let line = words(&event);
            line.iter().for_each(|line| printer.say(&clean_line(&format!("{region}: {line}"))));
        };
        Self { holder: around.holder(), limits, tell: Box::new(tell) }
    }

    /// The session, for as long as the operator is there.
    pub fn session(&self) -> Session<'_> {
        Session {
            holder: self.holder.clone(),
            clock: &Surroundings::unix_seconds,
            has_ended: &Surroundings::has_ended,
            limits: self.limits,
            events: &*self.tell,
        }
    }
}

/// What a wait said last: a cluster that is looked at several times a second says mostly the same.
#[derive(Default)]
struct Patience {
    said: String,
    at_seconds: u64,
}

impl Patience {
    /// Whether an event is to be told; the same wait is, again, every [`REPEAT_SECONDS`].
    fn is_new(&mut self, event: &Event<'_>) -> bool {
        let Event::Waiting { seconds, unready } = event else { return true };
        let said = waits(unready);
        let is_new = said != self.said || self.at_seconds + REPEAT_SECONDS <= *seconds;
        if is_new {
            *self = Self { said, at_seconds: *seconds };
        }
        is_new
    }
}

/// An event as a line; none for what a person need not know.
fn words(event: &Event<'_>) -> Option<String> {
    Some(match event {
        Event::Held { holder, seconds } => {
            format!("{holder} is changing the app; waiting for {seconds} s at most")
        }
        Event::Interrupted { revision } => {
            format!("revision {revision} was cut short; it is recorded as failed")
        }
        Event::Done { action: Action::Keep, .. } => return None,
        Event::Done { object, action } => format!("{} {object}", show::past(*action)),
        Event::Waiting { seconds, unready } => format!("{seconds} s: {}", waits(unready)),
    })
}

/// Everything that a rollout waits for.
fn waits(unready: &[Progress]) -> String {
    unready.iter().map(show::progress).collect::<Vec<_>>().join("; ")
}
