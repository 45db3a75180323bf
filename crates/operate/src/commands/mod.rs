//! One file a command: what it does. What can be typed stands in the front.

mod apply;
mod history;
mod plan;
mod release;
mod rollback;
mod status;
mod uninstall;

use std::process::ExitCode;

use landfall::commands::config::settings;
use landfall::commands::operate::Operate;
use landfall::failure::Failure;
use landfall::printer::Printer;
use landfall::surroundings::Surroundings;

/// Runs a command that operates.
pub fn run(
    command: &Operate,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    match command {
        Operate::Plan(plan) => plan::run(plan, around, printer),
        Operate::Apply(apply) => apply::run(apply, around, printer),
        Operate::Release(release) => release::run(release, around, printer),
        Operate::Status(status) => status::run(status, around, printer),
        Operate::History(history) => history::run(history, around, printer),
        Operate::Rollback(rollback) => rollback::run(rollback, around, printer),
        Operate::Uninstall(uninstall) => uninstall::run(uninstall, around, printer),
    }
}

/// Runs what asks a cluster: a client lives in one runtime.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    runtime()?.block_on(work)
}

/// What network clients live in.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::outside(format!("the network cannot be started: {error}")))
}
