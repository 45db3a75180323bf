//! `landfall`: builds, keeps and moves images; becomes `landfall-operate` for all that operates.

use std::process::ExitCode;

fn main() -> ExitCode {
    landfall::front(std::env::args_os().collect(), landfall::dispatch::to_operate)
}
