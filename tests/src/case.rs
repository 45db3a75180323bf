//! Cases as text: what is done to a workspace, what is run, what is to come of it.
//!
//! ```text
//! == a page is edited
//! write apps/x/files/a `hello\n`
//! $ why x --json
//! ? 1
//! | a line
//! ```
//!
//! Edits are done in order. `$` lines that stand before the last one have to succeed. `?` is the
//! exit status of the last one (0 where left out), `|` lines are what is expected of it; what they
//! mean is up to the suite. In backticks `\n` is a line end, `\r` a carriage return and `\t` a tab.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::{Duration, SystemTime};

use landfall_testkit::{Outcome, Workspace};

/// One case.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// What it is called.
    pub name: String,
    /// Edits and commands, in order.
    pub steps: Vec<String>,
    /// The last command's exit status.
    pub status: i32,
    /// What is expected, line by line.
    pub expected: Vec<String>,
}

/// Reads cases.
///
/// # Panics
/// A line stands before the first case.
pub fn read(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("== ") {
            cases.push(Case { name: name.into(), ..Case::default() });
            continue;
        }
        let case = cases.last_mut().expect("a case begins with `==`");
        match line.split_at(1) {
            ("?", status) => case.status = status.trim().parse().expect("an exit status"),
            ("|", expected) => {
                case.expected.push(expected.strip_prefix(' ').unwrap_or(expected).into())
            }
            _ => case.steps.push(line.into()),
        }
    }
    cases
}

impl Case {
    /// Does every step and gives what the last command left behind.
    ///
    /// # Panics
    /// A step cannot be done, or a command before the last one fails.
    pub fn run(&self, workspace: &Workspace) -> Outcome {
        let last = self.steps.len() - 1;
        for (index, step) in self.steps.iter().enumerate() {
            let Some(words) = step.strip_prefix("$ ") else {
                edit(workspace, step);
                continue;
            };
            let words: Vec<_> = words.split(' ').collect();
            let outcome = workspace.landfall(&words).expect("landfall starts");
            if index == last {
                return outcome;
            }
            assert_eq!(outcome.status, Some(0), "{}: {step}: {}", self.name, outcome.stderr);
        }
        panic!("{}: the last step is no command", self.name)
    }
}

/// Words, of which those in backticks may hold spaces.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('`').enumerate() {
        if index % 2 == 1 {
            words.push(part.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t"));
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

fn edit(workspace: &Workspace, line: &str) {
    let words = words(line);
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let [verb, path, rest @ ..] = &words[..] else { panic!("`{line}` is no edit") };
    let place = workspace.path(path);
    let done = match (*verb, rest) {
        ("write", [text]) => fs::create_dir_all(place.parent().expect("a folder"))
            .and_then(|()| fs::write(&place, text)),
        ("append", [text]) => {
            fs::read_to_string(&place).and_then(|old| fs::write(&place, old + text))
        }
        ("replace", [old, new]) => replace(&place, old, new),
        ("fill", [length]) => {
            fs::write(&place, crate::apps::mixed(length.parse().expect("a length")))
        }
        ("remove", []) => fs::remove_file(&place),
        ("remove-folder", []) => fs::remove_dir_all(&place),
        ("folder", []) => fs::create_dir_all(&place),
        ("rename", [to]) => fs::rename(&place, workspace.path(to)),
        ("link", [target]) => symlink(target, &place),
        ("chmod", [mode]) => {
            let mode = u32::from_str_radix(mode, 8).expect("a mode");
            fs::set_permissions(&place, fs::Permissions::from_mode(mode))
        }
        ("aged", []) => age(&place),
        ("hex", [bytes]) => fs::write(&place, hex(bytes)),
        ("archive", [name]) => {
            fs::copy(crate::apps::fixtures_folder().join("archives").join(name), &place).map(drop)
        }
        ("fifo", []) => program(Command::new("mkfifo").arg(&place)),
        ("socket", []) => UnixListener::bind(&place).map(drop),
        ("git", arguments) => git(workspace, path, arguments),
        _ => panic!("`{line}` is no edit"),
    };
    done.unwrap_or_else(|error| panic!("`{line}`: {error}"));
}

fn replace(place: &std::path::Path, old: &str, new: &str) -> std::io::Result<()> {
    let text = fs::read_to_string(place)?;
    assert!(text.contains(old), "`{}` has no `{old}`", place.display());
    fs::write(place, text.replace(old, new))
}

/// Another time of change, and the same bytes.
fn age(place: &std::path::Path) -> std::io::Result<()> {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().append(true).open(place)?.set_modified(time)
}

fn hex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(&String::from_utf8_lossy(pair), 16).expect("hexadecimal"))
        .collect()
}

/// git with nothing of the developer's own configuration.
fn git(workspace: &Workspace, verb: &str, arguments: &[&str]) -> std::io::Result<()> {
    let mut git = Command::new("git");
    git.current_dir(workspace.root())
        .env("HOME", workspace.home())
        .env("GIT_CONFIG_SYSTEM", "/dev/null");
    git.args([
        "-c",
        "user.name=myapp",
        "-c",
        "user.email=myapp@example.com",
        "-c",
        "init.defaultBranch=main",
    ]);
    program(git.arg(verb).args(arguments))
}

fn program(command: &mut Command) -> std::io::Result<()> {
    let output = command.output()?;
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
