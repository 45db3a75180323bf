//! What was measured on, and with which versions: figures mean nothing without.

use std::fs;

use landfall_testkit::succeed;
use serde::Serialize;

use crate::error::BenchError;
use crate::surroundings::Surroundings;

/// The machine and the programs.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// The kind of processor.
    pub processor: String,
    /// How many of them.
    pub processors: usize,
    /// The memory.
    pub memory_bytes: u64,
    /// The kernel.
    pub kernel: String,
    /// The commit that stands in the checkout.
    pub commit: String,
    /// Whether the checkout has changes that are not committed.
    pub changed: bool,
    /// What each program says of its version.
    pub versions: Vec<(&'static str, String)>,
}

impl Machine {
    /// Asks for all of it.
    pub fn read(around: &Surroundings) -> Result<Self, BenchError> {
        let rig = &around.rig;
        let peers = [
            ("crane", rig.crane(), "version"),
            ("umoci", rig.umoci(), "--version"),
            ("buildah", rig.buildah(), "--version"),
            ("pigz", around.program("pigz"), "--version"),
            ("rustc", around.program("rustc"), "--version"),
        ];
        let mut versions = Vec::new();
        for (name, mut program, word) in peers {
            versions.push((
                name,
                String::from_utf8_lossy(&succeed(program.arg(word))?).trim().to_owned(),
            ));
        }
        let memory = field("/proc/meminfo", "MemTotal")
            .and_then(|text| text.split(' ').next()?.parse().ok());
        Ok(Self {
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".into()),
            processors: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory_bytes: memory.unwrap_or(0_u64) * 1024,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .unwrap_or_default()
                .trim()
                .into(),
            commit: around.answer(&["git", "rev-parse", "HEAD"])?,
            changed: !around.answer(&["git", "status", "--porcelain"])?.is_empty(),
            versions,
        })
    }
}

/// The first `NAME: VALUE` of a file of the kernel's.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
