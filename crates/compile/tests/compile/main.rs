//! What is compiled is found by reading; what is compiled comes out the same everywhere.
//!
//! Real cargo, real rustc, no server. This program is its own sandbox helper: started with
//! `confined` as its first argument, it does what the front's hidden command does.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "clippy knows tests by their attribute, and a program of its own has none"
)]

mod bad_input;
mod confinement;
mod discovery;
mod fixture;
mod full_disk;
mod reproducible;
mod toolchain;
mod vendoring;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next().as_ref().and_then(|first| first.to_str()) {
        Some("confined") => return landfall_compile::confined_main(arguments),
        Some("compile-once") => return reproducible::once(arguments),
        _ => {}
    }
    let parts = [
        bad_input::trials(),
        confinement::trials(),
        discovery::trials(),
        full_disk::trials(),
        reproducible::trials(),
        toolchain::trials(),
        vendoring::trials(),
    ];
    libtest_mimic::run(&Arguments::from_args(), parts.into_iter().flatten().collect()).exit_code()
}

/// A test: it fails by a panic, as a plain test does.
fn trial(name: &str, run: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        run();
        Ok(())
    })
}
