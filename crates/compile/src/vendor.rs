//! The first step of a compile: the dependencies' sources, in one folder.
//!
//! This is the step that may use the network, with the user's own cargo home, so that mirrors,
//! private registries and credentials work as they do for the user. `cargo vendor` copies what
//! Cargo.lock names, whatever place it comes from; the compile then needs neither the cargo home
//! nor its settings, and the folder's name is the same for every mirror.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use toml::{Table, Value};

use crate::layout::Layout;
use crate::lockfile::{self, Lockfile};
use crate::manifest::parse;
use crate::process::run;
use crate::shadow::write_file;
use crate::{Compile, CompileError};

/// Variables that would make cargo start another program than the toolchain's.
const FOREIGN: &[&str] = &["RUSTC", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTUP_TOOLCHAIN"];
/// How the variables begin by which the dynamic loader puts other code into every program
/// (ld.so(8)). With some of it rustc never ends: it waits in its allocator for a lock of its own.
const OF_LOADER: &str = "LD_";
/// How long cargo may say nothing. It gives up a connection by itself after half a minute without
/// a byte; what takes long without a word is the clone of a large git repository, or another cargo
/// that has the lock of the cargo home.
const SILENCE: Duration = Duration::from_secs(30 * 60);

/// Fills `outside.vendor` and writes the configuration that makes cargo use it.
///
/// What is there already is tried first, without network. Cargo leaves out of Cargo.lock what
/// only other members of the workspace switch on by their features; it may add nothing.
pub(crate) fn fetch(
    request: &Compile<'_>,
    outside: &Layout,
    seen: &Layout,
) -> Result<(), CompileError> {
    let offline = attempt(request, outside, true);
    let settings = match offline {
        Ok(settings) => settings,
        Err(silent @ CompileError::Silent { .. }) => return Err(silent),
        Err(_) => {
            let lock = request.sources.lock();
            write_file(&lockfile::path_in(&outside.source), lock.as_bytes(), false)?;
            attempt(request, outside, false)?
        }
    };
    let text = configuration(settings, &seen.vendor).to_string();
    write_file(&outside.cargo.join("config.toml"), text.as_bytes(), false)
}

/// Gives what cargo says its configuration should be.
fn attempt(request: &Compile<'_>, outside: &Layout, offline: bool) -> Result<Table, CompileError> {
    let answer = request.scratch.join("vendor.toml");
    let failed = |source| CompileError::Write { path: answer.clone(), source };
    let mut command = command(request, outside);
    command.stdout(Stdio::from(File::create(&answer).map_err(failed)?));
    if offline {
        command.arg("--offline");
    }
    // What fails without network is said only where it fails with network, too.
    let on_line: &dyn Fn(&str) = if offline { &|_| {} } else { request.on_line };
    let ended = run(&mut command, SILENCE, on_line)?;
    if !ended.status.success() {
        let package = request.sources.package().into();
        return Err(CompileError::Fetch { package, output: ended.output });
    }
    let narrowed = Lockfile::read(lockfile::path_in(&outside.source))?;
    request.sources.lockfile().check_narrowed(&narrowed)?;
    let read = |source| CompileError::Read { path: answer.clone(), source };
    parse(&answer, &fs::read_to_string(&answer).map_err(read)?)
}

fn command(request: &Compile<'_>, outside: &Layout) -> Command {
    let sysroot = request.toolchain.sysroot();
    let mut command = Command::new(sysroot.join("bin/cargo"));
    let is_foreign = |name: &OsStr| {
        FOREIGN.iter().any(|foreign| name == *foreign)
            || name.as_encoded_bytes().starts_with(OF_LOADER.as_bytes())
    };
    let environment = request.environment.iter().filter(|(name, _)| !is_foreign(name));
    command.env_clear().envs(environment);
    command.env("CARGO_HOME", request.cargo_home).env("RUSTC", sysroot.join("bin/rustc"));
    // Settings for registries may stand beside the workspace, so cargo starts there.
    command.current_dir(request.sources.workspace());
    command.args(["vendor", "--versioned-dirs", "--no-delete", "--respect-source-config"]);
    command.args(["--color", "never", "--manifest-path"]).arg(outside.source.join("Cargo.toml"));
    command.arg(&outside.vendor);
    command
}

/// The sources that cargo names, with their folder as the compile sees it.
fn configuration(mut settings: Table, vendor: &Path) -> Table {
    settings.retain(|key, _| key == "source");
    let sources = settings.get_mut("source").and_then(Value::as_table_mut);
    for source in
        sources.into_iter().flat_map(|sources| sources.iter_mut()).map(|(_, source)| source)
    {
        if let Some(folder) = source.get_mut("directory") {
            *folder = vendor.display().to_string().into();
        }
    }
    settings
}
