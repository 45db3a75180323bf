//! The only place that prints: data on standard output, everything else on standard error.
//!
//! Texts from outside (servers, compilers) pass through [`clean`], so that none of them can move the
//! cursor or change a terminal's state. A line into which a name was put passes through
//! [`clean_line`], so that no name can look like a line of ours.

#![allow(clippy::print_stderr, clippy::print_stdout, reason = "this is the place that prints")]

use std::io::{self, Write};
use std::sync::Mutex;

use crate::failure::Failure;
use crate::surroundings::Surroundings;

/// Writes lines; standard error is shared with the progress bars.
pub struct Printer {
    /// Whether standard error shows colour.
    pub colour: bool,
    /// Whether lines for people are left out.
    pub quiet: bool,
    bars: Mutex<Option<indicatif::MultiProgress>>,
}

impl Printer {
    /// As the surroundings say: colour, and how much is said.
    pub fn new(around: &Surroundings) -> Self {
        Self { colour: around.colour, quiet: around.quiet, bars: Mutex::new(None) }
    }

    /// Lets lines go above the bars.
    pub fn share(&self, bars: &indicatif::MultiProgress) {
        if let Ok(mut shared) = self.bars.lock() {
            *shared = Some(bars.clone());
        }
    }

    /// A line of data. A reader that has gone away ends the program quietly.
    pub fn data(&self, line: &str) -> Result<(), Failure> {
        let mut output = io::stdout().lock();
        let written = writeln!(output, "{line}").and_then(|()| output.flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            written => written.map_err(|error| {
                Failure::outside(format!("standard output cannot be written: {error}"))
            }),
        }
    }

    /// A line for people; silent with `--quiet`.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            self.complain(line);
        }
    }

    /// A line for people that even `--quiet` shows.
    pub fn complain(&self, line: &str) {
        let print = || drop(writeln!(io::stderr(), "{line}"));
        match self.bars.lock().as_deref() {
            Ok(Some(bars)) => bars.suspend(print),
            _ => print(),
        }
    }
}

/// Replaces control characters, line feeds and tabs apart, by as many bytes of `?`, so that places
/// in the text stay where they are.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for symbol in text.chars() {
        if steers(symbol) && symbol != '\n' && symbol != '\t' {
            cleaned.extend(std::iter::repeat_n('?', symbol.len_utf8()));
        } else {
            cleaned.push(symbol);
        }
    }
    cleaned
}

/// The same for what must stay one line.
pub fn clean_line(text: &str) -> String {
    clean(text).replace('\n', "?")
}

/// Whether a terminal does something else than to show it: a control character, or one that turns
/// the direction of writing (CVE-2021-42574).
pub fn steers(symbol: char) -> bool {
    symbol.is_control() || matches!(symbol, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{clean, clean_line};

    #[test]
    fn nothing_reaches_the_terminal_that_could_steer_it() {
        assert_eq!(clean("a\u{1b}[31mb\r\n\tc\u{9b}d\u{202e}"), "a?[31mb?\n\tc??d???");
    }

    #[test]
    fn a_name_cannot_forge_a_line() {
        assert_eq!(clean_line("a\nerror: b\r\tc"), "a?error: b?\tc");
    }
}
