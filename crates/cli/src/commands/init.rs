//! `landfall init`.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use landfall_config::Name;
use landfall_pipeline::whole;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cargo_lock::{self, Found};
use crate::document::Document;
use crate::failure::Failure;
use crate::minimum;
use crate::printer::Printer;
use crate::surroundings::Surroundings;
use crate::whole_folder;

/// Make a new app that builds at once, and the workspace around it where there is none
///
/// Writes apps/NAME with an app.toml, its lock and a small Rust server, environments/ with a first
/// stage, .landfall.toml and rust-toolchain.toml. Nothing that exists is changed, but for a
/// Cargo.lock, which gets the new server.
#[derive(Debug, Args)]
#[command(after_help = "Example: landfall init hello && landfall build hello")]
pub struct Init {
    /// The app's name
    #[arg(value_name = "NAME")]
    name: Name,
    /// Print what was written as JSON
    #[arg(long)]
    json: bool,
}

/// What `landfall init --json` prints
#[derive(Serialize, JsonSchema)]
pub struct Answer {
    /// The app's name
    app: String,
    /// The app's folder; this path and the others are relative to the workspace
    folder: String,
    /// The files that were written; what was there and stays is not among them
    written: Vec<String>,
}

/// A file by its path in the workspace.
type TextFile = (String, String);

pub(crate) fn run(
    arguments: &Init,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let name = arguments.name.to_string();
    let workspace = around.workspace_place();
    let folder = format!("apps/{name}");
    if workspace.join(&folder).symlink_metadata().is_ok() {
        let message = format!("`{folder}` exists");
        return Err(Failure::files(message).hint("choose another name, or remove the folder"));
    }
    let files = missing_files(workspace, &name)?;
    write(workspace, &folder, &files)?;
    let written: Vec<_> = files.into_iter().map(|(path, _)| path).collect();
    written.iter().for_each(|path| printer.say(&format!("wrote {path}")));
    printer.say(&format!("now: landfall build {name}"));
    if arguments.json {
        printer.data(&super::json(&Answer { app: name, folder, written })?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What has to be written, the lock among it, which may be there with fewer packages.
fn missing_files(workspace: &Path, name: &str) -> Result<Vec<TextFile>, Failure> {
    let place = Place::find(workspace)?;
    let lock = lock(workspace, name, place)?;
    let new = files(name, place).into_iter().filter(|(path, _)| !is_there(workspace, path));
    Ok(lock.into_iter().chain(new).collect())
}

/// What all apps share comes first, because the app that needs it is there with the last rename.
fn write(workspace: &Path, folder: &str, files: &[TextFile]) -> Result<(), Failure> {
    let mut inside = Vec::new();
    for (path, text) in files {
        match path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) {
            Some(rest) => inside.push((rest, text.as_str())),
            None => {
                write_shared(&workspace.join(path), text).map_err(cannot_be_written(path))?;
            }
        }
    }
    whole_folder::write(&workspace.join(folder), &inside).map_err(cannot_be_written(folder))
}

fn write_shared(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    whole::write(path, text.as_bytes(), "init::before-file-rename", "init::after-file-rename")
}

fn cannot_be_written(path: &str) -> impl FnOnce(io::Error) -> Failure {
    move |error| Failure::outside(format!("`{path}` cannot be written: {error}"))
}

/// What the members of a workspace match that this command made.
const MEMBERS: &str = "apps/*/server";

/// Where the new package belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In a Cargo workspace that is made with it.
    NewWorkspace,
    /// Among the members of the Cargo workspace that is there.
    Member,
    /// In a Cargo workspace of its own, because the one that is there says nothing of apps.
    Own,
}

impl Place {
    fn find(workspace: &Path) -> Result<Self, Failure> {
        let Some(document) = Document::read(workspace, "Cargo.toml")? else {
            return Ok(Self::NewWorkspace);
        };
        let table = document.table()?;
        let members =
            table.get("workspace").and_then(|workspace| workspace.get_ref().get("members"));
        let members = members.and_then(|members| members.get_ref().as_array());
        let taken = members.is_some_and(|members| {
            members.iter().any(|member| member.get_ref().as_str() == Some(MEMBERS))
        });
        Ok(if taken { Self::Member } else { Self::Own })
    }

    /// The package's folder. Another name where it is no member, so that a pattern that is added
    /// later does not take it for one.
    fn package(self, name: &str) -> String {
        format!("apps/{name}/{}", if self == Self::Own { "program" } else { "server" })
    }

    /// The folder of its Cargo workspace, as a beginning of paths.
    fn cargo_workspace(self, name: &str) -> String {
        if self == Self::Own { self.package(name) + "/" } else { String::new() }
    }
}

/// The lock that has to be written, if any: the one that is there gets the new package, too.
fn lock(workspace: &Path, name: &str, place: Place) -> Result<Option<TextFile>, Failure> {
    let path = place.cargo_workspace(name) + "Cargo.lock";
    let text = match std::fs::read_to_string(workspace.join(&path)) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(Some((path, cargo_lock::new(name))));
        }
        text => {
            text.map_err(|error| Failure::files(format!("`{path}` cannot be read: {error}")))?
        }
    };
    match cargo_lock::find(&text, name) {
        Found::Absent => Ok(Some((path, cargo_lock::with(&text, name)))),
        Found::Local => Ok(None),
        Found::Fetched => {
            let message = format!("`{path}` names a package `{name}` that is fetched");
            Err(Failure::files(message).hint("choose another name"))
        }
    }
}

/// A toolchain that is pinned for the whole folder holds below, too; rustup also reads a file of an
/// older name.
fn is_there(workspace: &Path, path: &str) -> bool {
    let pins: &[&str] =
        if path.ends_with(TOOLCHAIN) { &[TOOLCHAIN, "rust-toolchain"] } else { &[] };
    std::iter::once(&path).chain(pins).any(|path| workspace.join(path).exists())
}

/// All files but the lock. A manifest stands behind its sources: until the app has its place a
/// pattern of members may find the folder aside, where a package without sources is an error.
fn files(name: &str, place: Place) -> Vec<TextFile> {
    let (package, cargo_workspace) = (place.package(name), place.cargo_workspace(name));
    let mut files = vec![
        (format!("apps/{name}/app.toml"), app_toml(name, place)),
        (format!("apps/{name}/app.lock"), landfall_pipeline::lock::empty_text()),
        (format!("{package}/src/main.rs"), SERVER.into()),
        (format!("{package}/Cargo.toml"), cargo_toml(name, place)),
        (cargo_workspace + TOOLCHAIN, PIN.into()),
        ("environments/regions.toml".into(), "london = \"eu-west-2\"\n".into()),
        ("environments/dev/stage.toml".into(), "builds = true\n".into()),
        (minimum::FILE.into(), format!("minimum_version = \"{}\"\n", env!("CARGO_PKG_VERSION"))),
        (".gitignore".into(), "target/\n.landfall/\n".into()),
    ];
    if place == Place::NewWorkspace {
        files.push((
            "Cargo.toml".into(),
            format!("[workspace]\nresolver = \"3\"\nmembers = [\"{MEMBERS}\"]\n"),
        ));
    }
    files
}

fn app_toml(name: &str, place: Place) -> String {
    let workspace = if place == Place::Own {
        format!(", workspace = \"{}\"", place.package(name))
    } else {
        String::new()
    };
    format!(
        "[app]\nname = \"{name}\"\nversion = \"0.1.0\"\nenvironments = [\"dev\"]\n\n[inputs.server]\ncargo = {{ package = \"{name}\"{workspace} }}\n"
    )
}

fn cargo_toml(name: &str, place: Place) -> String {
    let workspace = if place == Place::Own { "\n[workspace]\n" } else { "" };
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n{workspace}"
    )
}

const TOOLCHAIN: &str = "rust-toolchain.toml";

/// The version that Landfall itself is built with.
const PIN: &str = "# Exact, because the compiler's version enters the id of every cargo input: everybody who builds
# this gets the same digest.
[toolchain]
channel = \"1.95.0\"
";

/// A server that needs nothing but the standard library.
const SERVER: &str = r#"use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

fn main() -> std::io::Result<()> {
    let port = std::env::var("PORT").unwrap_or_else(|_| "8080".into());
    let listener = TcpListener::bind(format!("0.0.0.0:{port}"))?;
    for stream in listener.incoming() {
        let mut stream = stream?;
        let mut request = String::new();
        BufReader::new(&stream).read_line(&mut request)?;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n")?;
    }
    Ok(())
}
"#;
