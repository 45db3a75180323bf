//! A small web server: it serves one folder, says that it is healthy, and stops when asked.
//!
//! This file reads the arguments and the environment, and nothing else does. What it finds:
//! the configuration file (first argument, or `/etc/myapp/server.conf` where that exists), the
//! folder to serve (`SERVE_FOLDER`, or `/var/www`) and the port (`PORT`, or 8080).

mod answer;
mod content_type;
mod entity_tag;
mod file_body;
mod folder;
mod request_path;
mod server;
mod settings;

use std::env;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use answer::Site;
use folder::Folder;
use settings::Settings;

const DEFAULT_CONFIGURATION: &str = "/etc/myapp/server.conf";
const DEFAULT_FOLDER: &str = "/var/www";
const DEFAULT_PORT: &str = "8080";

fn main() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            notice(&format!("error: {reason}"));
            ExitCode::FAILURE
        }
    }
}

/// Reads what there is to read, then serves until a signal says stop.
///
/// # Errors
/// A sentence for the person who started the server: what was wrong, where, and what is wanted.
fn start() -> Result<(), String> {
    let settings = read_settings(env::args().nth(1))?;
    let port = read_port(&setting_of_environment("PORT", DEFAULT_PORT)?)?;
    let path = setting_of_environment("SERVE_FOLDER", DEFAULT_FOLDER)?;
    let folder = Folder::open(path.as_ref()).map_err(|source| {
        format!("cannot serve `{path}`: {source}; SERVE_FOLDER names the folder to serve")
    })?;
    server::run(Site::new(folder, settings), port).map_err(|error| error.to_string())
}

/// The settings of the named file. Only the file at the default place may be absent.
fn read_settings(argument: Option<String>) -> Result<Settings, String> {
    let path = argument.as_deref().unwrap_or(DEFAULT_CONFIGURATION);
    match fs::read_to_string(path) {
        Ok(text) => Settings::parse(&text).map_err(|problem| format!("{path}:{problem}")),
        Err(source) if source.kind() == ErrorKind::NotFound && argument.is_none() => {
            Ok(Settings::default())
        }
        Err(source) => Err(format!("cannot read the configuration file `{path}`: {source}")),
    }
}

fn setting_of_environment(name: &str, default: &str) -> Result<String, String> {
    match env::var(name) {
        Ok(value) => Ok(value),
        Err(env::VarError::NotPresent) => Ok(default.to_owned()),
        Err(env::VarError::NotUnicode(_)) => Err(format!("the value of {name} is not UTF-8")),
    }
}

fn read_port(value: &str) -> Result<u16, String> {
    value.parse().map_err(|_| {
        format!("PORT is `{value}`: wanted a number from 0 to 65535, where 0 takes a free port")
    })
}

/// Writes one line for the operator. A closed standard error is no reason to stop serving.
pub(crate) fn notice(text: &str) {
    let _ = writeln!(io::stderr(), "myapp-server: {text}");
}
