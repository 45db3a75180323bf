//! What a newcomer waits for: a fresh clone to the digest of an image, and then again.

use std::process::Command;

use landfall_testkit::succeed;

use crate::error::BenchError;
use crate::measure::ProcessTree;
use crate::report::{Row, Target};
use crate::surroundings::Surroundings;
use crate::turns::{Outcome, Series, Turn};

const FIRST: &str = "fresh clone to the digest";
const SECOND: &str = "the second run";

/// The first build is measured once, because it takes minutes; the second as often as asked.
pub fn measure(name: &'static str, around: &Surroundings) -> Result<Row, BenchError> {
    let clone = around.fresh("clone")?;
    let mut git = around.program("git");
    succeed(git.args(["clone", "--quiet", "--no-local"]).arg(&around.root).arg(&clone))?;
    let commit = around.answer(&["git", "rev-parse", "HEAD"])?;
    let [target, store] = ["clone-target", "clone-store"].map(|place| around.fresh(place));
    let [target, store] = [target?, store?];
    let cargo = |words: &[&str]| -> Command {
        let mut cargo = around.program("cargo");
        cargo.args(words).current_dir(&clone).env("CARGO_TARGET_DIR", &target).env("CI", "true");
        cargo
    };
    succeed(&mut cargo(&["fetch", "--locked"]))?;
    let build = || {
        let mut build = cargo(&["xtask", "build", "myapp", "--quiet", "--store"]);
        build.arg(&store);
        build
    };
    let (first, digest) = run(Turn::Measured(1), &mut build())?;
    let mut again = Vec::new();
    for turn in (0..around.runs).map(|run| Turn::Measured(run + 2)) {
        let (outcome, second) = run(turn, &mut build())?;
        same(&digest, &second)?;
        again.push(outcome);
    }
    for place in ["clone", "clone-target", "clone-store"] {
        around.fresh(place)?;
    }
    let series = vec![
        Series::of(FIRST, ProcessTree::default(), &[first]),
        Series::of(SECOND, ProcessTree::default(), &again),
    ];
    let seconds = [0, 1].map(|index: usize| series[index].median_wall_seconds);
    Ok(Row {
        name,
        about: "`cargo xtask build myapp` in a fresh clone with crates fetched, then again.".into(),
        input: None,
        series,
        targets: vec![
            Target::at_most(FIRST, 150.0, seconds[0], "s"),
            Target::at_most(SECOND, 0.3, seconds[1], "s"),
        ],
        notes: vec![format!("Commit {commit}; the digest was {} each time.", digest.trim())],
    })
}

fn run(turn: Turn, command: &mut Command) -> Result<(Outcome, String), BenchError> {
    let mut outcome = Outcome::default();
    let output = turn.run(command, &mut outcome)?;
    Ok((outcome, output))
}

fn same(first: &str, second: &str) -> Result<(), BenchError> {
    let problem = || format!("the digests are {} and {}", first.trim(), second.trim());
    if first == second { Ok(()) } else { Err(BenchError::wrong("landfall", problem())) }
}
