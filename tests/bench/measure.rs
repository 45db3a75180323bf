//! One run of one program: wall clock, processor time and memory.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use wait4::{ResUse, Wait4};

use crate::error::BenchError;

const PAGE_BYTES: u64 = 4096;
/// What the kernel calls this program.
const OWN_NAME: &str = "bench";
const OUTPUT_LIMIT_BYTES: u64 = 1 << 20;

/// What one run cost.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// From before the start to after the end.
    pub wall_seconds: f64,
    /// User and system, of the program and of all that it started and waited for.
    pub processor_seconds: f64,
    /// The resident memory of the largest process at its peak.
    pub peak_bytes: u64,
}

impl Usage {
    /// One step after another, taken as one run.
    pub fn then(self, next: Self) -> Self {
        Self {
            wall_seconds: self.wall_seconds + next.wall_seconds,
            processor_seconds: self.processor_seconds + next.processor_seconds,
            peak_bytes: self.peak_bytes.max(next.peak_bytes),
        }
    }
}

/// Runs a program to its end; gives what it cost and what it wrote to standard output.
///
/// # Errors
/// It does not start, or its status is not 0.
pub fn run(command: &mut Command) -> Result<(Usage, String), BenchError> {
    watched(command, Duration::MAX, |_| ())
}

/// As [`run`], calling `look` with the process's id at once and after each interval.
pub fn watched(
    command: &mut Command,
    interval: Duration,
    look: impl FnMut(u32) + Send,
) -> Result<(Usage, String), BenchError> {
    let shown = format!("{command:?}");
    let failed = |source| BenchError::Start { command: shown.clone(), source };
    let [mut output, mut complaints] = [scratch_file()?, scratch_file()?];
    let [stdout, stderr] = [&output, &complaints].map(File::try_clone);
    command.stdin(Stdio::null()).stdout(stdout.map_err(failed)?).stderr(stderr.map_err(failed)?);
    // What the last contender left in memory is not written on this one's time.
    rustix::fs::sync();
    let start = Instant::now();
    let child = command.spawn().map_err(failed)?;
    let id = child.id();
    let ended = beside(interval, id, look, || child.wait4()).map_err(failed)?;
    let wall_seconds = start.elapsed().as_secs_f64();
    if ended.status.success() {
        return Ok((usage(wall_seconds, &ended), text(&mut output)));
    }
    let (status, output) = (ended.status.to_string(), text(&mut complaints));
    Err(BenchError::Failed { command: shown, status, output })
}

fn usage(wall_seconds: f64, ended: &ResUse) -> Usage {
    let used = &ended.rusage;
    let processor_seconds = (used.utime + used.stime).as_secs_f64();
    Usage { wall_seconds, processor_seconds, peak_bytes: used.maxrss }
}

/// Waits with a second thread looking; where it need not look again, it does not wake up.
fn beside<T>(
    interval: Duration,
    id: u32,
    mut look: impl FnMut(u32) + Send,
    wait: impl FnOnce() -> T,
) -> T {
    let (ended, told) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            look(id);
            if interval < Duration::MAX {
                while told.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                    look(id);
                }
            }
        });
        let result = wait();
        drop(ended);
        result
    })
}

fn scratch_file() -> Result<File, BenchError> {
    tempfile::tempfile().map_err(BenchError::at(Path::new("a temporary file")))
}

fn text(file: &mut File) -> String {
    let mut bytes = Vec::new();
    // What cannot be read is shown as nothing: it is only ever the words of a failure, or JSON
    // whose reader says that it is no JSON.
    let _ = file.rewind().and_then(|()| file.take(OUTPUT_LIMIT_BYTES).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A program and all that it started, seen from outside.
#[derive(Debug, Default)]
pub struct ProcessTree {
    /// The resident memory of all processes together, at the largest that was seen.
    pub peak_bytes: u64,
    /// The names of the programs.
    pub programs: BTreeSet<String>,
}

impl ProcessTree {
    /// Looks at the tree below a process as it is now.
    pub fn look(&mut self, id: u32) {
        let mut waiting = vec![id];
        let mut sum_bytes = 0;
        while let Some(id) = waiting.pop() {
            let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
            let name = name.trim();
            // Between its birth and its program a process still is this one.
            if !name.is_empty() && name != OWN_NAME {
                self.programs.insert(name.to_owned());
                sum_bytes += resident_bytes(id);
            }
            waiting.extend(children(id));
        }
        self.peak_bytes = self.peak_bytes.max(sum_bytes);
    }
}

/// A process that has ended meanwhile has no memory.
fn resident_bytes(id: u32) -> u64 {
    let pages = fs::read_to_string(format!("/proc/{id}/statm")).unwrap_or_default();
    let pages = pages.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * PAGE_BYTES
}

/// Each thread has children of its own.
fn children(id: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists =
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split(' ').filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}
