//! `cargo xtask …`: one place for everything that is done in this repository.
//!
//! Product commands are forwarded to the `landfall` binary, which is built first where its sources
//! have changed. Developer tasks run here. This crate has no dependencies, so that it is there at
//! once on a fresh clone.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a front of its own: it reads the environment and prints"
)]

mod ci;
mod deps;
mod forward;
mod fuzz;
mod paths;
mod process;
mod services;
mod steps;
mod tidy;
mod wheels;

use std::ffi::OsString;
use std::process::ExitCode;

const HELP: &str = "\
Usage: cargo xtask COMMAND …

Product commands, forwarded to landfall (built on first need):
  build lock why push promote config render plan apply release status history rollback uninstall init store schema completions
  `cargo xtask build --help` says more

Developer tasks:
  test        provide the servers and judges, then run every test
  bench       measure beside the peers: writes target/bench.json
  services    up, down or status: servers for environments/ on this machine; `--json`, `--workspace DIR`
  lint        clippy with the workspace's lints as errors
  fmt         rustfmt; `--check` only looks
  tidy        the house rules: layers, dependencies, documents
  deps        licences, sources and duplicates of dependencies
  codegen     write what is generated; `--check` only looks
  fuzz        what must hold of any bytes, tried on many; `--seconds N` for each target
  ci          all of the above that checks, with minutes per part
";

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let done = match task(&words) {
        Some(done) => done,
        None => forward::run(&words),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a developer task; none where the words name none.
fn task(words: &[OsString]) -> Option<Result<(), String>> {
    let (command, rest) = match words.split_first() {
        Some((command, rest)) => (command.to_str()?, rest),
        None => ("--help", &[][..]),
    };
    let with_words =
        |task: fn(&[String]) -> Result<(), String>| texts(rest).and_then(|words| task(&words));
    Some(match command {
        "--help" | "-h" | "help" => {
            print!("{HELP}");
            Ok(())
        }
        "test" => with_words(steps::test),
        "bench" => with_words(steps::bench),
        "services" => with_words(services::run),
        "lint" => steps::lint(),
        "fmt" => with_words(steps::fmt),
        "tidy" => tidy::run(),
        "deps" => deps::run(),
        "codegen" => with_words(steps::codegen),
        "fuzz" => with_words(fuzz::run),
        "ci" => ci::run(),
        _ => return None,
    })
}

/// Words of developer tasks are texts; those of product commands may be any file names.
fn texts(words: &[OsString]) -> Result<Vec<String>, String> {
    let text = |word: &OsString| word.to_str().map(str::to_owned);
    let named = |word: &OsString| format!("`{}` is not UTF-8", word.display());
    words.iter().map(|word| text(word).ok_or_else(|| named(word))).collect()
}
