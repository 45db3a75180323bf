//! `landfall-operate`: what `landfall` becomes for the commands that operate clusters.
//!
//! It takes the whole command line of `landfall`, and adds the clients that take long to compile.
//! `wanted` is what should run, `region` where and by whom, `commands` one file a command,
//! `failure` the words for what went wrong.

mod age;
mod commands;
mod failure;
mod operator;
mod region;
mod show;
mod slack;
mod wanted;

use std::process::ExitCode;

#[allow(clippy::disallowed_methods, clippy::print_stderr, reason = "a program reads its arguments")]
fn main() -> ExitCode {
    match landfall::dispatch::called(std::env::args_os().collect()) {
        Ok(words) => landfall::front(words, commands::run),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}
