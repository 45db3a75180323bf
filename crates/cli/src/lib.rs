//! The front: arguments, surroundings, one file a command, the printer, exit status.
//!
//! Two programs stand on it. `landfall` builds, keeps and moves images and compiles in two minutes;
//! `landfall-operate` has the clients of clusters and clouds besides. Both take the same command
//! line, which is written down here; what `landfall` cannot do itself it becomes the other for.
//!
//! Only this crate and the two programs print and read the environment, the home folder and the
//! working folder; everything below is handed what it needs. `arguments` is what can be typed,
//! `surroundings` what was found around the process, `commands` one file a command, `failure` why
//! one ended, `report` the words for it.

pub mod arguments;
mod cargo_lock;
pub mod commands;
pub mod digest_text;
pub mod dispatch;
mod document;
#[cfg(test)]
mod documented;
pub mod failure;
pub mod global;
mod minimum;
pub mod printer;
pub mod progress;
mod report;
pub mod surroundings;
pub mod table;
mod whole_folder;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::arguments::{Arguments, Command};
use crate::commands::operate::Operate;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::surroundings::Surroundings;

/// What a program does with the commands that operate.
pub type Operator = fn(&Operate, &Surroundings, &Printer) -> Result<ExitCode, Failure>;

/// Runs a command line and gives the exit status. `words` begin with the program's name.
pub fn front(words: Vec<OsString>, operator: Operator) -> ExitCode {
    if words.get(1).is_some_and(|word| word == surroundings::CONFINED_WORD) {
        return landfall_compile::confined_main(words.into_iter().skip(2));
    }
    let arguments = Arguments::parse_from(&words);
    let surroundings = Surroundings::read(&arguments.global, words);
    let printer = Printer::new(&surroundings);
    let ready =
        surroundings.arm_failpoint().and_then(|()| minimum::check(surroundings.workspace_place()));
    match ready.and_then(|()| run(&arguments.command, &surroundings, &printer, operator)) {
        Ok(status) => status,
        Err(failure) => report::report(&printer, &failure),
    }
}

fn run(
    command: &Command,
    around: &Surroundings,
    printer: &Printer,
    operator: Operator,
) -> Result<ExitCode, Failure> {
    match command {
        Command::Build(build) => commands::build::run(build, around, printer),
        Command::Lock(lock) => commands::lock::run(lock, around, printer),
        Command::Why(why) => commands::why::run(why, around, printer),
        Command::Push(push) => commands::push::run(push, around, printer),
        Command::Promote(promote) => commands::promote::run(promote, around, printer),
        Command::Config(config) => commands::config::run(config, around, printer),
        Command::Render(render) => commands::render::run(render, around, printer),
        Command::Init(init) => commands::init::run(init, around, printer),
        Command::Store(store) => commands::store::run(store, around, printer),
        Command::Schema(schema) => commands::schema::run(schema, printer),
        Command::Completions(completions) => {
            commands::completions::run(completions, Arguments::command(), printer)
        }
        Command::Operate(operate) => operator(operate, around, printer),
    }
}
