//! Bars on a terminal, plain lines elsewhere.

use std::fs;
use std::process::Command;

use landfall_testkit::{Outcome, Workspace};
use landfall_tests::loud::left_out;

use crate::bad_input::workspace;

/// Large enough that a bar is drawn while the layer is written.
const FILE_BYTES: usize = 20_000_000;

/// The line that stands where the layer is written, on a terminal and elsewhere.
const WRITTEN: &str = "x: wrote layer content for linux/amd64, 9.61 MiB";

fn filled() -> Workspace {
    let workspace = workspace();
    let place = workspace.path("apps/x/files/a");
    fs::write(place, landfall_tests::apps::mixed(FILE_BYTES)).expect("a file");
    let locked = workspace.landfall(&["lock", "x"]).expect("landfall starts");
    assert_eq!(locked.status, Some(0), "{}", locked.stderr);
    workspace
}

/// Runs `build x` on a terminal of its own, 120 columns wide; none where there is no `script`.
/// What the terminal is sent is all on standard output.
fn on_terminal(workspace: &Workspace, variables: &[(&str, &str)]) -> Option<Outcome> {
    let like = workspace.command(&["build", "x"]).expect("there is a landfall");
    let words = [like.get_program()].into_iter().chain(like.get_args());
    let words: Vec<_> = words.map(|word| format!("'{}'", word.display())).collect();
    let line = format!("stty cols 120 rows 40; exec {}", words.join(" "));
    let mut command = Command::new("script");
    command.env_clear().envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("TERM", "xterm").env("SHELL", "/bin/sh").envs(variables.iter().copied());
    command.args(["-qec", &line, "/dev/null"]).current_dir(workspace.root());
    match command.output() {
        Ok(output) => Some(Outcome::from(output)),
        Err(_) => {
            left_out("what a terminal is shown: there is no `script`");
            None
        }
    }
}

/// Texts between the codes that move the cursor, and between lines.
fn pieces(shown: &str) -> Vec<&str> {
    let pieces = shown.split(['\r', '\n', '\u{1b}']).map(str::trim);
    pieces.filter(|piece| !piece.is_empty()).collect()
}

/// A bar of the layer: its name, how many bytes are done, of how many.
fn is_bar(piece: &str) -> bool {
    let [name, platform, bytes] = ["x: content ", "linux/amd64 ", "/19.07 MiB"];
    piece.contains(name) && piece.contains(platform) && piece.contains(bytes)
}

#[test]
fn a_terminal_is_shown_bars_with_bytes() {
    let workspace = filled();
    let Some(outcome) = on_terminal(&workspace, &[]) else { return };
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    let pieces = pieces(&outcome.stdout);
    assert!(pieces.iter().any(|piece| is_bar(piece)), "{pieces:?}");
    assert!(pieces.iter().any(|piece| piece.ends_with(WRITTEN)), "{pieces:?}");
}

#[test]
fn a_pipe_and_ci_get_plain_lines() {
    let workspace = filled();
    let piped = workspace.landfall(&["build", "x"]).expect("landfall starts");
    let digest = piped.stdout.trim();
    assert_eq!((piped.status, piped.stderr.as_str()), (Some(0), format!("{WRITTEN}\n").as_str()));
    fs::remove_dir_all(workspace.store()).expect("a store");
    let Some(outcome) = on_terminal(&workspace, &[("CI", "true")]) else { return };
    assert_eq!(outcome.stdout, format!("{WRITTEN}\r\n{digest}\r\n"));
}
