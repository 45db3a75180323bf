//! `cargo xtask fuzz`: what must hold of any bytes from outside, tried on many.
//!
//! The replay of what is known runs on the pinned toolchain, always. New inputs are made where
//! `cargo fuzz` is installed: with a nightly toolchain under the address sanitizer, else without.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::paths::{root, target};
use crate::{process, wheels};

const SECONDS: u32 = 20;

/// What one input may cost before it counts as a failure, and how long an input is made.
const COST: [&str; 3] = ["-timeout=10", "-rss_limit_mb=2048", "-max_len=65536"];

/// How `cargo fuzz` is run here.
struct Fuzzer {
    toolchain: &'static [&'static str],
    sanitizer: &'static str,
}

const FUZZERS: [Fuzzer; 2] = [
    Fuzzer { toolchain: &["+nightly"], sanitizer: "address" },
    Fuzzer { toolchain: &[], sanitizer: "none" },
];

/// Replays what is known, then fuzzes each target for `--seconds N`.
pub fn run(words: &[String]) -> Result<(), String> {
    let seconds = seconds(words)?;
    replay()?;
    let Some(fuzzer) = FUZZERS.iter().find(|fuzzer| fuzzer.works()) else {
        println!(
            "fuzz: ONLY the replay ran: there is no `cargo fuzz`; `cargo install --locked cargo-fuzz` brings it"
        );
        return Ok(());
    };
    let failed: Vec<_> = table()?
        .iter()
        .filter_map(|(name, seeds)| fuzzer.run(name, seeds, seconds).err())
        .collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

fn seconds(words: &[String]) -> Result<u32, String> {
    let number = match words {
        [] => return Ok(SECONDS),
        [flag, number] if flag == "--seconds" => number.parse().ok().filter(|number| *number > 0),
        _ => None,
    };
    number.ok_or_else(|| {
        format!("`{}` is not `--seconds N`, with N a whole number above 0", words.join(" "))
    })
}

fn replay() -> Result<(), String> {
    process::run(
        Command::new("cargo")
            .args([
                "test",
                "--locked",
                "--quiet",
                "--manifest-path",
                "tests/fuzz/Cargo.toml",
                "--target-dir",
            ])
            .arg(built())
            .current_dir(root()),
    )
}

/// The targets with the folders that they begin with, from `seeds.txt`, and their own.
fn table() -> Result<Vec<(String, Vec<PathBuf>)>, String> {
    let path = root().join("tests/fuzz/seeds.txt");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    Ok(lines.filter_map(row).collect())
}

fn row(line: &str) -> Option<(String, Vec<PathBuf>)> {
    let (name, more) = line.split_once(' ').unwrap_or((line, ""));
    let own = ["corpus", "regressions"].map(|kind| root().join("tests/fuzz").join(kind).join(name));
    let folders = own.into_iter().chain(more.split_whitespace().map(|folder| root().join(folder)));
    (!name.is_empty())
        .then(|| (name.to_owned(), folders.filter(|folder| folder.is_dir()).collect()))
}

/// What is built and what is found stays out of the sources.
fn built() -> PathBuf {
    target().join("fuzz")
}

impl Fuzzer {
    fn works(&self) -> bool {
        let answer =
            self.cargo().arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        answer.is_ok_and(|status| status.success())
    }

    fn cargo(&self) -> Command {
        let mut cargo = Command::new("cargo");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(wheels::programs()).chain(std::env::split_paths(&path));
        // A path that cannot be joined is the one that is there already.
        cargo.env("PATH", std::env::join_paths(folders).unwrap_or(path.clone()));
        cargo.args(self.toolchain).arg("fuzz").current_dir(root());
        cargo
    }

    /// libFuzzer writes into the first folder alone, and only reads the others.
    fn run(&self, name: &str, seeds: &[PathBuf], seconds: u32) -> Result<(), String> {
        println!("fuzz: {name}: {seconds} s, sanitizer {}", self.sanitizer);
        let [scratch, failures] = ["corpus", "failures"].map(|kind| built().join(kind).join(name));
        for folder in [&scratch, &failures] {
            fs::create_dir_all(folder)
                .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
        }
        let mut cargo = self.cargo();
        cargo.args([
            "run",
            name,
            "--fuzz-dir",
            "tests/fuzz",
            "--features",
            "fuzzing",
            "--sanitizer",
            self.sanitizer,
            "--target-dir",
        ]);
        cargo
            .arg(built())
            .arg(&scratch)
            .args(seeds)
            .arg("--")
            .args(COST)
            .arg("-print_final_stats=1");
        cargo
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/", failures.display()));
        process::run(&mut cargo).map_err(|_| format!("{name} failed: the input is in {}; `cargo fuzz tmin` makes it small, tests/fuzz/regressions/{name} keeps it", failures.display()))
    }
}
