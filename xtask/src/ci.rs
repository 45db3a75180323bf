//! Everything that checks, in the order of what fails first, with minutes per part.

use std::time::{Duration, Instant};

use crate::{deps, fuzz, steps, tidy};

type Step = (&'static str, fn() -> Result<(), String>);

const STEPS: [Step; 9] = [
    ("fmt", || steps::fmt(&["--check".into()])),
    ("tidy", tidy::run),
    ("test", || steps::test(&[])),
    ("archives", steps::archives),
    ("nix", steps::nix),
    ("codegen", || steps::codegen(&["--check".into()])),
    ("lint", steps::lint),
    ("deps", deps::run),
    ("fuzz", || fuzz::run(&["--seconds".into(), "5".into()])),
];

/// Runs every step, even after one failed, and prints the table.
pub fn run() -> Result<(), String> {
    let results: Vec<_> = STEPS.iter().map(|step| timed(step)).collect();
    println!("\n{:<10} {:>8}  result", "part", "minutes");
    for (name, took, result) in &results {
        println!(
            "{name:<10} {:>8.1}  {}",
            minutes(*took),
            if result.is_ok() { "ok" } else { "FAILED" }
        );
    }
    let total: Duration = results.iter().map(|(_, took, _)| *took).sum();
    println!("{:<10} {:>8.1}", "all", minutes(total));
    let failed: Vec<_> = results
        .into_iter()
        .filter_map(|(name, _, result)| result.err().map(|error| format!("{name}: {error}")))
        .collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

fn timed((name, step): &Step) -> (&'static str, Duration, Result<(), String>) {
    println!("== {name}");
    let start = Instant::now();
    let result = step();
    if let Err(message) = &result {
        eprintln!("error: {name}: {message}");
    }
    (name, start.elapsed(), result)
}

fn minutes(duration: Duration) -> f64 {
    duration.as_secs_f64() / 60.0
}
