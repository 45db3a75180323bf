//! `landfall store`.

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use landfall_pipeline::Error;
use landfall_store::{Collected, GcOptions, Problem, Store as Opened};
use schemars::JsonSchema;
use serde::Serialize;

use crate::failure::Failure;
use crate::printer::{Printer, clean_line};
use crate::progress::size;
use crate::surroundings::Surroundings;

/// Look after the store
#[derive(Debug, Args)]
#[command(after_help = "Example: landfall store gc --dry-run")]
pub struct Store {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Remove what no root and no running build needs, and the roots of workspaces that are gone
    Gc(Gc),
    /// Read everything again and move what is damaged aside; the next build makes it anew
    Verify {
        /// Print the answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the store's folder
    Path {
        /// Print the answer as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct Gc {
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
    /// Remove what compiles keep to save time, too; compiles that run keep theirs
    #[arg(long)]
    compile_cache: bool,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

/// What `landfall store gc --json` prints
#[derive(Serialize, JsonSchema)]
pub struct GcAnswer {
    /// Whether this is only what would be removed
    dry_run: bool,
    /// Blobs, trees and realisations that were removed
    removed: usize,
    removed_bytes: u64,
    /// Roots of workspaces that are gone
    removed_roots: usize,
    /// Folders of compiles; only with `--compile-cache`
    #[serde(skip_serializing_if = "Option::is_none")]
    removed_compile_caches: Option<usize>,
    /// Blobs, trees and realisations that stay
    kept: usize,
}

/// What `landfall store verify --json` prints
#[derive(Serialize, JsonSchema)]
pub struct VerifyAnswer {
    /// How many were read
    objects: usize,
    /// Each with its path, what is wrong, and where it went
    problems: Vec<String>,
}

/// What `landfall store path --json` prints
#[derive(Serialize, JsonSchema)]
pub struct PathAnswer {
    /// The store's folder, whether or not it is there; bytes that are not UTF-8 are replaced
    folder: String,
}

pub(crate) fn run(
    arguments: &Store,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    match &arguments.action {
        Action::Gc(arguments) => gc(arguments, around, printer),
        Action::Verify { json } => verify(around, printer, *json),
        Action::Path { json } => path(around, printer, *json),
    }
}

fn path(around: &Surroundings, printer: &Printer, as_json: bool) -> Result<ExitCode, Failure> {
    let folder = around.store().display().to_string();
    printer.data(&if as_json { super::json(&PathAnswer { folder })? } else { folder })?;
    Ok(ExitCode::SUCCESS)
}

fn open(around: &Surroundings) -> Result<Opened, Failure> {
    Ok(Opened::open_existing(around.store()).map_err(Error::from)?)
}

fn gc(arguments: &Gc, around: &Surroundings, printer: &Printer) -> Result<ExitCode, Failure> {
    let (store, dry_run) = (open(around)?, arguments.dry_run);
    let roots = remove_lost_roots(&store, dry_run)?;
    let caches = if arguments.compile_cache { remove_compile_caches(&store, dry_run)? } else { 0 };
    let collected = store.collect_garbage(GcOptions { dry_run }).map_err(Error::from)?;
    if arguments.json {
        printer.data(&super::json(&gc_answer(&collected, roots, caches, arguments))?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let verb = if dry_run { "would remove" } else { "removed" };
    if roots > 0 {
        printer.say(&format!("{verb} {roots} roots, whose workspaces are gone"));
    }
    if arguments.compile_cache {
        printer.say(&format!("{verb} {caches} folders of compiles"));
    }
    printer.say(&format!(
        "{verb} {} files, {}; kept {}",
        collected.removed,
        size(collected.removed_bytes),
        kept(&collected)
    ));
    Ok(ExitCode::SUCCESS)
}

fn kept(collected: &Collected) -> usize {
    collected.kept_by_roots + collected.kept_by_processes
}

fn gc_answer(collected: &Collected, roots: usize, caches: usize, arguments: &Gc) -> GcAnswer {
    GcAnswer {
        dry_run: arguments.dry_run,
        removed: collected.removed,
        removed_bytes: collected.removed_bytes,
        removed_roots: roots,
        removed_compile_caches: arguments.compile_cache.then_some(caches),
        kept: kept(collected),
    }
}

/// Checkouts in CI vanish, and their roots would keep every build for ever. Gives how many there are.
fn remove_lost_roots(store: &Opened, dry_run: bool) -> Result<usize, Failure> {
    let roots = store.roots().map_err(Error::from)?;
    let lost: Vec<_> = roots.iter().filter(|(_, root)| is_lost(&root.workspace)).collect();
    for (name, _) in lost.iter().filter(|_| !dry_run) {
        store.remove_root(name).map_err(Error::from)?;
    }
    Ok(lost.len())
}

/// Only where it is certain: a path that was not UTF-8 cannot be read back, and a folder that may
/// not be looked into may be there.
fn is_lost(workspace: &str) -> bool {
    let path = Path::new(workspace);
    path.is_absolute()
        && !workspace.contains(char::REPLACEMENT_CHARACTER)
        && path.try_exists().is_ok_and(|exists| !exists)
}

/// Removes the folders of `compile` in which no compile runs: each compile holds the file `lock` in
/// its own. Gives how many.
fn remove_compile_caches(store: &Opened, dry_run: bool) -> Result<usize, Failure> {
    let folder = store.folder().join("compile");
    let scratch = store.scratch_folder().map_err(Error::from)?;
    let mut removed = 0;
    for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
        let lock = File::open(entry.path().join("lock"));
        if lock.as_ref().is_ok_and(|lock| lock.try_lock().is_err()) {
            continue;
        }
        if !dry_run {
            move_aside(&entry.path(), scratch.path())?;
        }
        removed += 1;
    }
    Ok(removed)
}

/// At once, so that no compile finds half of its folder; what was moved goes with `scratch`.
fn move_aside(folder: &Path, scratch: &Path) -> Result<(), Failure> {
    landfall_failpoint::hit("compile-cache::before-rename");
    let moved = std::fs::rename(folder, scratch.join(folder.file_name().unwrap_or_default()));
    landfall_failpoint::hit("compile-cache::after-rename");
    moved.map_err(|error| {
        Failure::outside(format!("`{}` cannot be removed: {error}", folder.display()))
    })
}

fn verify(around: &Surroundings, printer: &Printer, as_json: bool) -> Result<ExitCode, Failure> {
    let verified = open(around)?.verify(&|_| {}).map_err(Error::from)?;
    let objects = verified.blobs + verified.trees + verified.realisations + verified.roots;
    let problems: Vec<_> = verified.problems.iter().map(problem_line).collect();
    // Damage is "not as wanted", though it has been dealt with.
    let status = ExitCode::from(if problems.is_empty() { 0 } else { 4 });
    if as_json {
        printer.data(&super::json(&VerifyAnswer { objects, problems })?)?;
        return Ok(status);
    }
    problems.iter().for_each(|problem| printer.complain(problem));
    printer.say(&format!("{} files read, {} problems", objects, problems.len()));
    Ok(status)
}

fn problem_line(problem: &Problem) -> String {
    let moved = problem.moved_to.as_ref().map(|place| format!("; moved to {}", place.display()));
    clean_line(&format!(
        "{}: {}{}",
        problem.path.display(),
        problem.fault,
        moved.unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workspace_is_lost_only_where_it_is_certain() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().display().to_string();
        let rows = [
            (format!("{there}/gone"), true),
            (format!("{there}/\u{fffd}"), false),
            ("gone".into(), false),
            (there, false),
        ];
        for (workspace, wanted) in rows {
            assert_eq!(is_lost(&workspace), wanted, "{workspace}");
        }
    }

    #[test]
    fn a_compile_that_runs_keeps_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        let store = Opened::open(&folder.path().join("store")).unwrap();
        let [idle, busy] = ["idle", "busy"].map(|name| store.folder().join("compile").join(name));
        for folder in [&idle, &busy] {
            std::fs::create_dir_all(folder).unwrap();
        }
        let lock = File::create(busy.join("lock")).unwrap();
        lock.lock().unwrap();
        for (dry_run, idle_stays) in [(true, true), (false, false)] {
            assert_eq!(remove_compile_caches(&store, dry_run).ok(), Some(1));
            assert_eq!((idle.exists(), busy.exists()), (idle_stays, true));
        }
    }
}
