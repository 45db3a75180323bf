//! `landfall init`.

use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use landfall_config::Name;

use crate::cargo_lock::{self, Found};
use crate::document::Document;
use crate::failure::Failure;
use crate::minimum;
use crate::printer::Printer;
use crate::surroundings::Surroundings;

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
}

pub fn run(
    arguments: &Init,
    around: &Surroundings,
    printer: &Printer,
) -> Result<ExitCode, Failure> {
    let name = arguments.name.to_string();
    let workspace = around.workspace_place();
    let app = workspace.join("apps").join(&name);
    if app.exists() {
        let message = format!("`apps/{name}` exists");
        return Err(Failure::files(message).hint("choose another name, or remove the folder"));
    }
    let place = Place::find(workspace)?;
    let lock = lock(workspace, &name, place)?;
    for (path, text) in files(&name, place) {
        if !is_there(workspace, &path) {
            write(workspace, &path, &text)?;
            printer.say(&format!("wrote {path}"));
        }
    }
    if let Some((path, text)) = lock {
        write(workspace, &path, &text)?;
        printer.say(&format!("wrote {path}"));
    }
    printer.say(&format!("now: landfall build {name}"));
    Ok(ExitCode::SUCCESS)
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
fn lock(workspace: &Path, name: &str, place: Place) -> Result<Option<(String, String)>, Failure> {
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

fn write(workspace: &Path, path: &str, text: &str) -> Result<(), Failure> {
    let failed = |error| Failure::outside(format!("`{path}` cannot be written: {error}"));
    let place = workspace.join(path);
    if let Some(folder) = place.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(place, text).map_err(failed)
}

/// Relative paths and their contents, without the lock.
fn files(name: &str, place: Place) -> Vec<(String, String)> {
    let (package, cargo_workspace) = (place.package(name), place.cargo_workspace(name));
    let mut files = vec![
        (format!("apps/{name}/app.toml"), app_toml(name, place)),
        (format!("apps/{name}/app.lock"), landfall_pipeline::lock::empty_text()),
        (format!("{package}/Cargo.toml"), cargo_toml(name, place)),
        (format!("{package}/src/main.rs"), SERVER.into()),
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
