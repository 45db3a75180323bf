//! `landfall`: the front. The only crate that prints and that reads the environment, the home
//! folder and the working folder; everything below is handed what it needs.
//!
//! `arguments` is what can be typed, `surroundings` what was found around the process, `commands`
//! one file a command, `failure` why one ended, `report` the words for it.

mod arguments;
mod cargo_lock;
mod commands;
mod digest_text;
mod document;
#[cfg(test)]
mod documented;
mod failure;
mod global;
mod minimum;
mod printer;
mod progress;
mod report;
mod surroundings;
mod whole_folder;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::arguments::{Arguments, Command};
use crate::failure::Failure;
use crate::printer::Printer;
use crate::surroundings::Surroundings;

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    if words.nth(1).as_deref() == Some(surroundings::CONFINED_WORD.as_ref()) {
        return landfall_compile::confined_main(words);
    }
    let arguments = Arguments::parse();
    let surroundings = Surroundings::read(&arguments.global);
    let printer = Printer::new(&surroundings);
    let ready =
        surroundings.arm_failpoint().and_then(|()| minimum::check(surroundings.workspace_place()));
    match ready.and_then(|()| run(&arguments.command, &surroundings, &printer)) {
        Ok(status) => status,
        Err(failure) => report::report(&printer, &failure),
    }
}

fn run(command: &Command, around: &Surroundings, printer: &Printer) -> Result<ExitCode, Failure> {
    match command {
        Command::Build(build) => commands::build::run(build, around, printer),
        Command::Lock(lock) => commands::lock::run(lock, around, printer),
        Command::Why(why) => commands::why::run(why, around, printer),
        Command::Init(init) => commands::init::run(init, around, printer),
        Command::Store(store) => commands::store::run(store, around, printer),
        Command::Schema(schema) => commands::schema::run(schema, printer),
        Command::Completions(completions) => {
            commands::completions::run(completions, Arguments::command(), printer)
        }
    }
}
