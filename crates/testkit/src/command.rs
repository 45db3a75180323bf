//! Runs a program to its end and turns a status that is not 0 into an error that says everything.

use std::process::{Command, ExitStatus, Output};

use crate::RigError;

/// Runs `command` and gives what it wrote to standard output.
///
/// # Errors
/// It does not start, or it ends with another status than 0: then the error holds the command
/// line and all that it printed.
pub fn succeed(command: &mut Command) -> Result<Vec<u8>, RigError> {
    let output = command
        .output()
        .map_err(|source| RigError::Start { command: command_line(command), source })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(failure(command, &output))
}

/// `PREFIX… COMMAND`, with the environment and folder of `command` and nothing else.
pub(crate) fn wrapped(prefix: &[&str], command: &Command) -> Command {
    let mut wrapped = Command::new(prefix[0]);
    wrapped.args(&prefix[1..]).arg(command.get_program()).args(command.get_args());
    wrapped.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        wrapped.current_dir(folder);
    }
    wrapped
}

fn failure(command: &Command, output: &Output) -> RigError {
    let printed = [&output.stdout, &output.stderr].map(|stream| String::from_utf8_lossy(stream));
    RigError::Failed {
        command: command_line(command),
        status: status_text(output.status),
        output: printed.concat().trim().into(),
    }
}

pub(crate) fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn status_text(status: ExitStatus) -> String {
    status.code().map_or_else(|| status.to_string(), |code| format!("status {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_command_keeps_its_environment_and_folder() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $NAME $PWD"]).env("NAME", "value").current_dir("/");
        assert_eq!(succeed(&mut wrapped(&["nice", "-n", "1"], &command)).unwrap(), b"value /\n");
    }

    #[test]
    fn a_failure_holds_the_command_and_both_streams() {
        let error = succeed(Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]));
        assert_eq!(
            error.unwrap_err().to_string(),
            "`sh -c echo out; echo err >&2; exit 3` ended with status 3:\nout\nerr"
        );
        assert_eq!(succeed(Command::new("sh").args(["-c", "printf out"])).unwrap(), b"out");
    }
}
