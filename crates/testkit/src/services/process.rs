//! A process that is never taken for another one: ids are given again, but not together with the
//! boot and the tick at which their process started.

use std::fs;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::{RigError, deadline};

const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// How long a process may take to end that can do nothing against it.
const END_SECONDS: u64 = 30;

/// A process, which may have ended since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    boot: String,
    id: Pid,
    start_ticks: u64,
}

/// What the kernel says of a process now (`proc_pid_stat(5)`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    state: char,
    session: i32,
    start_ticks: u64,
}

impl Process {
    /// Reads the record that `detached.sh` writes; none where it is not whole.
    pub(crate) fn parse(record: &str) -> Option<Self> {
        let mut words = record.strip_suffix('\n')?.split(' ');
        let boot = words.next()?.to_owned();
        let id = Pid::from_raw(words.next()?.parse().ok()?)?;
        let start_ticks = words.next()?.parse().ok()?;
        words.next().is_none().then_some(Self { boot, id, start_ticks })
    }

    /// Every process, ours or not, that was started with `NAME=VALUE` in its environment.
    pub(crate) fn started_with(variable: &str) -> Vec<Self> {
        let boot = boot();
        let ids = fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = ids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let marked = ids.filter(|id| has_variable(*id, variable)).filter_map(Pid::from_raw);
        let processes = marked.filter_map(|id| {
            let start_ticks = stat(id.as_raw_nonzero().get())?.start_ticks;
            Some(Self { boot: boot.clone(), id, start_ticks })
        });
        processes.collect()
    }

    pub(crate) fn id(&self) -> i32 {
        self.id.as_raw_nonzero().get()
    }

    /// Whether it runs: one that has ended and waits for its parent to look does not.
    pub(crate) fn is_alive(&self) -> bool {
        let is_this = |stat: &Stat| stat.start_ticks == self.start_ticks;
        let stat = stat(self.id()).filter(is_this);
        stat.is_some_and(|stat| !matches!(stat.state, 'Z' | 'X')) && boot() == self.boot
    }

    /// Whether `other` was started by it, directly or not.
    pub(crate) fn leads(&self, other: &Self) -> bool {
        self.is_alive() && stat(other.id()).is_some_and(|stat| stat.session == self.id())
    }

    /// Ends it, whatever it does, and waits until it is gone.
    pub(crate) fn end(&self) -> Result<(), RigError> {
        let failed = |source: Errno| RigError::End { id: self.id(), source: source.into() };
        match self.kill() {
            Ok(()) | Err(Errno::SRCH) => {}
            Err(error) => return Err(failed(error)),
        }
        let gone = || Ok((!self.is_alive()).then_some(()));
        deadline::until(Duration::from_secs(END_SECONDS), gone)?
            .ok_or_else(|| failed(Errno::TIMEDOUT))
    }

    /// The descriptor is opened before the process is looked at: it stays with the process that
    /// had the id then.
    fn kill(&self) -> rustix::io::Result<()> {
        let descriptor = pidfd_open(self.id, PidfdFlags::empty())?;
        if self.is_alive() { pidfd_send_signal(descriptor, Signal::KILL) } else { Ok(()) }
    }
}

/// What no two boots have in common.
fn boot() -> String {
    fs::read_to_string(BOOT).unwrap_or_default().trim().to_owned()
}

fn stat(id: i32) -> Option<Stat> {
    let text = fs::read(format!("/proc/{id}/stat")).ok()?;
    parse_stat(&String::from_utf8_lossy(&text))
}

/// The program's name comes first, in parentheses, and may hold anything.
fn parse_stat(text: &str) -> Option<Stat> {
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    Some(Stat {
        state: fields.first()?.chars().next()?,
        session: fields.get(3)?.parse().ok()?,
        start_ticks: fields.get(19)?.parse().ok()?,
    })
}

fn has_variable(id: i32, variable: &str) -> bool {
    let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|one| one == variable.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    fn sleeper(variable: (&str, &str)) -> Child {
        let mut command = Command::new("tail");
        command.args(["-f", "/dev/null"]).env(variable.0, variable.1).spawn().unwrap()
    }

    /// Spawning comes back once the program runs, so that its environment is there.
    fn found(variable: &str) -> Process {
        let found = Process::started_with(variable);
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }

    #[test]
    fn a_process_is_found_by_what_it_was_started_with_and_ends() {
        let value = std::process::id().to_string();
        let mut child = sleeper(("LANDFALL_TEST_PROCESS", &value));
        let process = found(&format!("LANDFALL_TEST_PROCESS={value}"));
        assert_eq!(process.id(), i32::try_from(child.id()).unwrap());
        assert!(process.is_alive() && Process::started_with("LANDFALL_TEST_PROCESS=").is_empty());
        process.end().unwrap();
        // Nobody has looked at it yet.
        assert!(!process.is_alive());
        assert_eq!(child.wait().unwrap().code(), None);
        process.end().unwrap();
    }

    #[test]
    fn a_process_that_has_the_id_of_another_is_let_be() {
        let value = format!("{} again", std::process::id());
        let mut child = sleeper(("LANDFALL_TEST_PROCESS", &value));
        let process = found(&format!("LANDFALL_TEST_PROCESS={value}"));
        let earlier = Process { start_ticks: process.start_ticks - 1, ..process.clone() };
        let before_boot = Process { boot: "another".into(), ..process.clone() };
        for other in [earlier, before_boot] {
            assert!(!other.is_alive());
            other.end().unwrap();
            assert!(process.is_alive());
        }
        process.end().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn half_a_record_is_none() {
        let whole = "boot 12 345\n";
        let process = Process::parse(whole).unwrap();
        assert_eq!((process.boot.as_str(), process.id(), process.start_ticks), ("boot", 12, 345));
        for end in 0..whole.len() {
            assert_eq!(Process::parse(&whole[..end]), None, "{}", &whole[..end]);
        }
        assert_eq!(Process::parse("boot 12 345 6\n"), None);
    }

    #[test]
    fn the_name_of_a_program_may_look_like_fields() {
        let text = format!("7 (a) Z 1) S 1 7 3 {}99 0\n", "0 ".repeat(15));
        let wanted = Stat { state: 'S', session: 3, start_ticks: 99 };
        assert_eq!(parse_stat(&text), Some(wanted));
    }
}
