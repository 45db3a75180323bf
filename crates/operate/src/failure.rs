//! What went wrong at the end of the line, as a failure of the front.

use landfall::failure::Failure;
use landfall_deploy::{Error, ErrorKind};

/// A failure in one region. What it is of is said, because several regions may be asked for.
pub fn in_region(region: &str, error: Error) -> Failure {
    let message = format!("{region}: {error}");
    let failure = match error.kind() {
        ErrorKind::Files => Failure::files(message),
        ErrorKind::Outside => Failure::outside(message),
        ErrorKind::NotAsWanted => Failure::not_as_wanted(message),
    };
    let failure = match &error {
        // The refusals themselves are the causes, each in a line of its own.
        Error::Refused(refusals) => {
            refusals.iter().fold(failure, |failure, refusal| failure.cause(&refusal.to_string()))
        }
        error => failure.because_of(error),
    };
    error.help().into_iter().fold(failure, |failure, help| failure.hint(&help))
}
