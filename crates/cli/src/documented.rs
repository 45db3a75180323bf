//! What the documents tell people to type exists: tests alone, over clap's own model of the
//! command line.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Command, CommandFactory};

use crate::arguments::Arguments;

/// Where people read what to type; a folder stands for its pages.
const PAGES: [&str; 10] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "apps/README.md",
    "docs/releasing.md",
    "docs/style.md",
    "docs/concepts",
    "docs/decisions",
    "docs/guides",
    "docs/reference",
];
const REFERENCE: &str = "docs/reference/commands.md";
const XTASK: &str = "xtask/src/main.rs";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().and_then(Path::parent).unwrap()
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn pages() -> impl Iterator<Item = PathBuf> {
    PAGES.into_iter().map(|name| root().join(name)).flat_map(|path| match path.is_dir() {
        true => fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect(),
        false => vec![path],
    })
}

/// A command line of a document.
struct Line {
    /// From a block that people copy, and not from the middle of a sentence.
    whole: bool,
    words: Vec<String>,
}

/// Every command line of ours in a page, blocks and sentences.
fn lines(page: &str) -> Vec<Line> {
    let mut in_block = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            found.extend(typed(line).map(|words| Line { whole: true, words }));
        } else {
            let spans = line.split('`').skip(1).step_by(2);
            found.extend(spans.flat_map(typed).map(|words| Line { whole: false, words }));
        }
    }
    found
}

/// The commands of one line for a shell: without its prompt, its comment, and where output goes.
fn typed(line: &str) -> impl Iterator<Item = Vec<String>> {
    let line = line.trim().trim_start_matches("$ ");
    let line = line.split(" #").next().unwrap_or_default();
    line.split(" && ").filter_map(|command| {
        let command = command.split(['>', '|']).next().unwrap_or_default();
        let words: Vec<_> = command.split_whitespace().map(str::to_owned).collect();
        let is_ours = words.len() > 1 && words[0] == "landfall"
            || words.len() > 2 && words[..2] == ["cargo", "xtask"];
        is_ours.then_some(words)
    })
}

/// What is wrong with a command line.
fn problem(line: &Line) -> Option<String> {
    let start = if line.words[0] == "cargo" { 2 } else { 1 };
    let words = &line.words[start..];
    match tasks().into_iter().find(|task| start == 2 && task.name == words[0]) {
        Some(task) => {
            words[1..].iter().find(|word| !task.takes(word)).map(|word| format!("no {word}"))
        }
        None if line.whole => refusal(words),
        None => unknown(words),
    }
}

/// What clap says against the words.
fn refusal(words: &[String]) -> Option<String> {
    let command = Arguments::command();
    let error = command.try_get_matches_from([&["landfall".to_owned()], words].concat()).err()?;
    let is_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    (!is_help).then(|| error.to_string())
}

/// The first word that no command has; a sentence may leave values out, and names in capitals stand
/// for some.
fn unknown(words: &[String]) -> Option<String> {
    let root = Arguments::command();
    let globals = longs(&root);
    let mut command = &root;
    for word in words {
        if let Some(option) = option(word) {
            let known = longs(command).contains(&option) || globals.contains(&option);
            if !known && !ALWAYS.contains(&option.as_str()) {
                return Some(format!("no --{option}"));
            }
        } else if let Some(below) = command.find_subcommand(word) {
            command = below;
        } else if command.has_subcommands() && !is_placeholder(word) {
            return Some(format!("no command {word}"));
        }
    }
    None
}

/// Options that clap adds by itself.
const ALWAYS: [&str; 2] = ["help", "version"];

fn is_placeholder(word: &str) -> bool {
    word.chars().all(|symbol| symbol.is_uppercase() || "….[]".contains(symbol))
}

/// The name of a long option.
fn option(word: &str) -> Option<String> {
    let is_name = |symbol: &char| symbol.is_ascii_lowercase() || *symbol == '-';
    word.strip_prefix("--").map(|rest| rest.chars().take_while(is_name).collect())
}

fn longs(command: &Command) -> BTreeSet<String> {
    command.get_arguments().filter_map(|argument| argument.get_long()).map(str::to_owned).collect()
}

/// A developer task, as the help of `cargo xtask` has it.
struct Task {
    name: String,
    help: String,
}

impl Task {
    fn takes(&self, word: &str) -> bool {
        option(word).is_none_or(|option| self.help.contains(&format!("`--{option}")))
    }
}

/// The help of `cargo xtask` behind a heading, up to an empty line.
fn xtask_help(heading: &str) -> String {
    let source = text(XTASK);
    let rest = source.split_once(heading).expect("the help has the heading").1;
    rest.split("\n\n").next().unwrap_or_default().split("\";").next().unwrap().to_owned()
}

fn tasks() -> Vec<Task> {
    let help = xtask_help("Developer tasks:\n");
    let rows = help.lines().filter_map(|line| line.trim().split_once(' '));
    rows.map(|(name, help)| Task { name: name.into(), help: help.into() }).collect()
}

#[test]
fn every_command_line_of_the_documents_can_be_typed() {
    let (mut wrong, mut whole) = (Vec::new(), 0);
    for page in pages() {
        for line in lines(&fs::read_to_string(&page).unwrap()) {
            whole += usize::from(line.whole);
            let shown = page.strip_prefix(root()).unwrap().display();
            let typed = line.words.join(" ");
            wrong.extend(problem(&line).map(|problem| format!("{shown}: `{typed}`: {problem}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(whole >= 15, "only {whole} command lines were found in blocks");
}

#[test]
fn what_does_not_exist_is_found() {
    let rows = [
        ("```\n$ landfall push myapp\n```", 1),
        ("```\n$ landfall build myapp --jason\n```", 1),
        ("```\ncargo xtask build\n```", 1),
        ("```\ncargo xtask fmt --czech # only looks\n```", 1),
        ("```\ncargo xtask fmt --check && landfall build x > file\n```", 0),
        ("see `landfall store mend` and `landfall COMMAND --hepl`", 2),
        ("see `landfall store gc --dry` and `cargo xtask mend`", 2),
        ("see `landfall build APP… --json`, `landfall lock [NAME] --update` and `landfall`", 0),
    ];
    for (page, wanted) in rows {
        let found: Vec<_> = lines(page).iter().filter_map(problem).collect();
        assert_eq!(found.len(), wanted, "{page}: {found:?}");
    }
}

/// A command and all below it, each with its words.
fn all(command: &Command, words: &str) -> Vec<(String, Command)> {
    let below = command
        .get_subcommands()
        .flat_map(|below| all(below, format!("{words} {}", below.get_name()).trim_start()));
    std::iter::once((words.to_owned(), command.clone())).chain(below).collect()
}

#[test]
fn every_example_of_the_help_can_be_typed() {
    for (name, command) in all(&Arguments::command(), "") {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples = help.lines().map(|line| line.trim_start_matches("Example: "));
        for words in examples.flat_map(typed) {
            assert_eq!(refusal(&words[1..]), None, "{name}");
        }
    }
}

/// The part of the reference below a heading that begins so.
fn section<'a>(reference: &'a str, heading: &str) -> &'a str {
    let begins = |section: &&str| {
        section.strip_prefix(heading).is_some_and(|rest| rest.starts_with(['`', ' ', '\n']))
    };
    let found = reference.split("\n## ").find(begins);
    found.unwrap_or_else(|| panic!("{REFERENCE} has no section `{heading}`"))
}

/// The options in the first column of its table.
fn rows(section: &str) -> BTreeSet<String> {
    let cells = section.lines().filter_map(|line| line.strip_prefix("| `--")?.split(" |").next());
    cells
        .flat_map(|cell| {
            format!("--{cell}").split(['`', ' ']).filter_map(option).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn the_reference_has_every_option_and_no_other() {
    let (reference, command) = (text(REFERENCE), Arguments::command());
    let globals = longs(&command);
    let always = ALWAYS.map(str::to_owned).into();
    let wanted: BTreeSet<_> = globals.union(&always).cloned().collect();
    assert_eq!(rows(section(&reference, "Options of every command")), wanted);
    for (name, command) in all(&command, "").into_iter().filter(|(_, it)| !it.has_subcommands()) {
        let section = section(&reference, &format!("`landfall {name}"));
        let own = longs(&command);
        let missing: Vec<_> =
            own.iter().filter(|option| !section.contains(&format!("`--{option}"))).collect();
        assert!(missing.is_empty(), "{REFERENCE} says nothing of {missing:?} of `{name}`");
        let foreign: Vec<_> = rows(section).difference(&own).cloned().collect();
        assert!(foreign.is_empty(), "{REFERENCE} gives `{name}` {foreign:?}, which it has not");
    }
}

#[test]
fn the_front_of_this_repository_lists_the_same() {
    let command = Arguments::command();
    let own: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
    let forwarded = xtask_help("(built on first need):\n");
    assert_eq!(
        forwarded.split_whitespace().take_while(|word| !word.starts_with('`')).collect::<Vec<_>>(),
        own
    );
    let reference = text(REFERENCE);
    let table = section(&reference, "Only `cargo xtask`");
    let cells = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
    let spans = cells.flat_map(|cell| cell.split('`').step_by(2));
    let listed: BTreeSet<_> =
        spans.filter_map(|span| span.split(' ').next()).filter(|name| !name.is_empty()).collect();
    let tasks = tasks();
    assert_eq!(listed, tasks.iter().map(|task| task.name.as_str()).collect());
}
