//! `landfall` becomes `landfall-operate`, which must be of the same version.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use crate::commands::operate::Operate;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::surroundings::Surroundings;

/// The other program, beside this one.
pub const OPERATE: &str = "landfall-operate";

/// The hidden first words by which it is called: `called-by VERSION`.
const CALLED_BY: &str = "called-by";

/// Becomes `landfall-operate` with the same words; comes back only where that cannot be.
pub fn to_operate(_: &Operate, around: &Surroundings, _: &Printer) -> Result<ExitCode, Failure> {
    let program = around.own_program()?.with_file_name(OPERATE);
    let mut command = Command::new(&program);
    command.arg(CALLED_BY).arg(env!("CARGO_PKG_VERSION")).args(&around.words()[1..]);
    Err(not_started(&program, &command.exec()))
}

fn not_started(program: &Path, error: &std::io::Error) -> Failure {
    let message = format!("`{}` cannot be started: {error}", program.display());
    Failure::outside(message).hint(
        "the commands that operate are in a second program, which stands beside `landfall`: \
         install both of one version",
    )
}

/// The command line that `landfall-operate` was called with, without the words that only say by
/// whom. Fails where it was called by another version; by hand, it takes what `landfall` takes.
pub fn called(mut words: Vec<OsString>) -> Result<Vec<OsString>, String> {
    if words.get(1).is_none_or(|word| word != CALLED_BY) {
        return Ok(words);
    }
    let own = env!("CARGO_PKG_VERSION");
    let version = words.get(2).map_or_else(String::new, |word| word.to_string_lossy().into_owned());
    if version != own {
        let version = version.escape_debug();
        return Err(format!(
            "`landfall` is version {version} and `{OPERATE}` is {own}: install both of one version"
        ));
    }
    words.drain(1..3);
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::called;

    #[test]
    fn only_the_same_version_is_obeyed() {
        let words = |text: &str| text.split(' ').map(Into::into).collect::<Vec<_>>();
        let own = format!("landfall-operate called-by {} plan", env!("CARGO_PKG_VERSION"));
        assert_eq!(called(words(&own)), Ok(words("landfall-operate plan")));
        assert_eq!(called(words("landfall-operate plan")), Ok(words("landfall-operate plan")));
        for other in ["landfall-operate called-by 0.0.0 plan", "landfall-operate called-by"] {
            assert!(called(words(other)).is_err(), "{other}");
        }
    }
}
