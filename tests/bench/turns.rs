//! Several contenders taking turns, so that whatever disturbs the machine disturbs them all.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use crate::error::BenchError;
use crate::measure::{self, ProcessTree, Usage};

const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// One run of a contender.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What it cost.
    pub usage: Usage,
    /// How large what it wrote is, where that is asked for.
    pub size_bytes: Option<u64>,
    /// What the processes had together; only where somebody looked.
    pub tree: ProcessTree,
}

/// How a program is run: the warm-up is looked at, the measured runs are left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Not measured, but looked at.
    WarmUp,
    /// Measured; which run it is, from 1.
    Measured(u32),
}

impl Turn {
    /// A number that no other turn has.
    pub fn number(self) -> u32 {
        match self {
            Self::WarmUp => 0,
            Self::Measured(number) => number,
        }
    }

    /// Runs a program in this turn; adds to what the turn has cost so far.
    pub fn run(
        self,
        command: &mut std::process::Command,
        outcome: &mut Outcome,
    ) -> Result<String, BenchError> {
        let (usage, output) = match self {
            Self::WarmUp => measure::watched(command, LOOK_INTERVAL, |id| outcome.tree.look(id))?,
            Self::Measured(_) => measure::run(command)?,
        };
        outcome.usage = outcome.usage.then(usage);
        Ok(output)
    }
}

/// Somebody who is measured.
pub struct Contender<'a> {
    /// As the report calls it.
    pub name: &'static str,
    /// One run.
    pub run: Box<dyn FnMut(Turn) -> Result<Outcome, BenchError> + 'a>,
}

impl<'a> Contender<'a> {
    /// A contender by its name.
    pub fn new(
        name: &'static str,
        run: impl FnMut(Turn) -> Result<Outcome, BenchError> + 'a,
    ) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// All runs of a contender.
#[derive(Debug, Clone, Serialize)]
pub struct Series {
    /// The contender.
    pub contender: &'static str,
    /// The median of the runs.
    pub median_wall_seconds: f64,
    /// The median of the runs.
    pub median_processor_seconds: f64,
    /// Of the largest process, the largest of all runs.
    pub peak_bytes: u64,
    /// Of all processes together, as seen in the warm-up.
    pub tree_peak_bytes: u64,
    /// The names of all programs that were seen in the warm-up.
    pub programs: BTreeSet<String>,
    /// Of what was written, the largest of all runs.
    pub size_bytes: Option<u64>,
    /// Every run.
    pub wall_seconds: Vec<f64>,
    /// Every run.
    pub processor_seconds: Vec<f64>,
}

impl Series {
    /// Sums up; `tree` is what the warm-up saw.
    pub fn of(contender: &'static str, tree: ProcessTree, outcomes: &[Outcome]) -> Self {
        let each = |of: fn(&Usage) -> f64| outcomes.iter().map(|one| of(&one.usage)).collect();
        let wall_seconds: Vec<f64> = each(|usage| usage.wall_seconds);
        let processor_seconds: Vec<f64> = each(|usage| usage.processor_seconds);
        Self {
            contender,
            median_wall_seconds: median(&wall_seconds),
            median_processor_seconds: median(&processor_seconds),
            peak_bytes: outcomes.iter().map(|one| one.usage.peak_bytes).max().unwrap_or(0),
            tree_peak_bytes: tree.peak_bytes,
            programs: tree.programs,
            size_bytes: outcomes.iter().filter_map(|one| one.size_bytes).max(),
            wall_seconds,
            processor_seconds,
        }
    }
}

/// One warm-up each, then A B C A B C….
pub fn interleave(
    mut contenders: Vec<Contender<'_>>,
    runs: u32,
) -> Result<Vec<Series>, BenchError> {
    let mut trees = Vec::new();
    for contender in &mut contenders {
        trees.push((contender.run)(Turn::WarmUp)?.tree);
    }
    let mut outcomes: Vec<Vec<Outcome>> = contenders.iter().map(|_| Vec::new()).collect();
    for run in 1..=runs {
        eprintln!("bench:   run {run} of {runs}");
        for (contender, outcomes) in contenders.iter_mut().zip(&mut outcomes) {
            outcomes.push((contender.run)(Turn::Measured(run))?);
        }
    }
    let all = contenders.iter().zip(trees).zip(&outcomes);
    Ok(all.map(|((one, tree), outcomes)| Series::of(one.name, tree, outcomes)).collect())
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => sorted[odd / 2],
        even => f64::midpoint(sorted[even / 2 - 1], sorted[even / 2]),
    }
}
