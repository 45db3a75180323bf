//! Who operates: holder, clock, limits, and where events go.

use landfall::printer::{Printer, clean_line};
use landfall::surroundings::Surroundings;
use landfall_deploy::{Event, Limits, Session};
use landfall_rollout::Action;

use crate::show;

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
        let tell = move |event: Event<'_>| {
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
        Event::Waiting { seconds, unready } => {
            let waits: Vec<_> = unready.iter().map(show::progress).collect();
            format!("{seconds} s: {}", waits.join("; "))
        }
    })
}
