//! What stops the program.

use std::str::FromStr;

use crate::problems::Reason;
use crate::suggestion::nearest;

/// The signals that Linux has by name (signal(7)); `SIGRTMIN` and `SIGRTMAX` can be counted from.
const NAMES: [&str; 33] = [
    "SIGTERM",
    "SIGINT",
    "SIGQUIT",
    "SIGHUP",
    "SIGKILL",
    "SIGUSR1",
    "SIGUSR2",
    "SIGABRT",
    "SIGALRM",
    "SIGBUS",
    "SIGCHLD",
    "SIGCONT",
    "SIGFPE",
    "SIGILL",
    "SIGIO",
    "SIGPIPE",
    "SIGPOLL",
    "SIGPROF",
    "SIGPWR",
    "SIGSEGV",
    "SIGSTKFLT",
    "SIGSTOP",
    "SIGSYS",
    "SIGTRAP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGVTALRM",
    "SIGWINCH",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGIOT",
];

/// The highest number of a signal.
const LIMIT: u8 = 64;
/// How many real-time signals there are between the first and the last.
const REAL_TIME: u8 = 30;

/// A signal by its name or its number (image-spec, config.md, "StopSignal").
pub(crate) struct StopSignal(pub(crate) String);

impl FromStr for StopSignal {
    type Err = StopSignalError;

    fn from_str(text: &str) -> Result<Self, StopSignalError> {
        let is_signal = NAMES.contains(&text) || is_real_time(text) || is_number(text, 1, LIMIT);
        is_signal
            .then(|| Self(text.to_owned()))
            .ok_or_else(|| StopSignalError { text: text.to_owned() })
    }
}

/// `SIGRTMIN`, `SIGRTMIN+3`, `SIGRTMAX-1`.
fn is_real_time(text: &str) -> bool {
    let offset = text.strip_prefix("SIGRTMIN").map(|rest| (rest, '+'));
    let offset = offset.or_else(|| text.strip_prefix("SIGRTMAX").map(|rest| (rest, '-')));
    offset.is_some_and(|(rest, sign)| {
        rest.is_empty()
            || rest.strip_prefix(sign).is_some_and(|digits| is_number(digits, 1, REAL_TIME))
    })
}

fn is_number(text: &str, lowest: u8, highest: u8) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    is_plain && text.parse().is_ok_and(|number: u8| (lowest..=highest).contains(&number))
}

/// A text that is no signal.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is no signal", text.escape_debug())]
pub(crate) struct StopSignalError {
    text: String,
}

impl Reason for StopSignalError {
    const CODE: &'static str = "config::stop-signal";
    const LABEL: &'static str = "not a signal";

    fn helps(&self) -> Vec<String> {
        let upper = self.text.to_ascii_uppercase();
        let with_prefix = if upper.starts_with("SIG") { upper } else { format!("SIG{upper}") };
        let meant = nearest(&with_prefix, NAMES).map(|name| format!("did you mean `{name}`?"));
        let rule =
            "write a name, as in `SIGTERM` or `SIGRTMIN+3`, or a number from 1 to 64 in quotes"
                .to_owned();
        meant.into_iter().chain([rule]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_names_numbers_and_real_time_signals() {
        for text in ["SIGTERM", "SIGRTMIN", "SIGRTMIN+3", "SIGRTMAX-30", "1", "64"] {
            assert!(text.parse::<StopSignal>().is_ok(), "{text}");
        }
        for text in [
            "",
            "TERM",
            "sigterm",
            "SIGRTMIN-1",
            "SIGRTMAX+1",
            "SIGRTMIN+31",
            "0",
            "65",
            "015",
            "9 ",
        ] {
            assert!(text.parse::<StopSignal>().is_err(), "{text}");
        }
    }
}
