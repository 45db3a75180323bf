//! Twelve apps of which nothing changed: what a build costs that has nothing to do.

use std::fmt::Write as _;
use std::fs::File;
use std::io;
use std::time::Duration;

use crate::error::BenchError;
use crate::inputs::plain_header;
use crate::landfall::{self, Workspace};
use crate::measure::{self, ProcessTree};
use crate::report::{Row, Target};
use crate::surroundings::Surroundings;
use crate::turns::{Contender, Outcome, interleave};

const APPS: usize = 12;
const FILES_PER_APP: usize = 300;
const LIMIT_SECONDS: f64 = 0.150;
/// No program comes and goes in less.
const LOOK_INTERVAL: Duration = Duration::from_millis(1);

/// One app is a Rust program, one is an archive, all have files and a folder.
pub fn measure(name: &'static str, around: &Surroundings) -> Result<Row, BenchError> {
    let workspace = Workspace::new(around, "twelve")?;
    for app in 0..APPS {
        write_app(&workspace, app)?;
    }
    write_package(&workspace)?;
    let store = around.fresh("twelve-store")?;
    let build = |word: &[&str]| workspace.build(around, &store, word);
    let (first, _) = measure::run(&mut build(&["--all"]))?;
    let plain = |words: &'static [&'static str]| {
        move |turn: crate::turns::Turn| {
            let mut outcome = Outcome::default();
            turn.run(&mut build(words), &mut outcome)?;
            Ok(outcome)
        }
    };
    let contenders = vec![
        Contender::new(landfall::NAME, plain(&["--all"])),
        Contender::new("landfall --paranoid", plain(&["--all", "--paranoid"])),
    ];
    let series = interleave(contenders, around.runs)?;
    nothing_is_started(&mut build(&["--all"]))?;
    let second = series[0].programs.iter().cloned().collect::<Vec<_>>().join(", ");
    let got = series[0].median_wall_seconds;
    Ok(Row {
        name,
        about: format!(
            "`landfall build --all`, {APPS} apps, nothing changed; one compiles a Rust package."
        ),
        input: None,
        series,
        targets: vec![Target::at_most("time", LIMIT_SECONDS, got, "s")],
        notes: vec![
            format!("The first build took {:.3} s.", first.wall_seconds),
            format!("Programs seen in the second build, right after the first: {second}."),
            "Looked at every millisecond, it started no other program, cargo included.".into(),
        ],
    })
}

fn nothing_is_started(command: &mut std::process::Command) -> Result<(), BenchError> {
    let own = "landfall";
    let mut tree = ProcessTree::default();
    measure::watched(command, LOOK_INTERVAL, |id| tree.look(id))?;
    let others: Vec<_> = tree.programs.into_iter().filter(|name| name != own).collect();
    if others.is_empty() {
        return Ok(());
    }
    Err(BenchError::wrong(landfall::NAME, format!("it started {}", others.join(", "))))
}

fn write_app(workspace: &Workspace, index: usize) -> Result<(), BenchError> {
    let name = format!("app{index:02}");
    for file in 0..FILES_PER_APP {
        let path = format!("apps/{name}/files/www/{:02}/{file:03}.html", file % 10);
        workspace.write(&path, format!("{name} {file}\n").repeat(64))?;
    }
    workspace.write(&format!("apps/{name}/files/settings.conf"), format!("name = {name}\n"))?;
    let mut inputs = "[inputs.www]\npath = \"files/www\"\n".to_owned();
    let mut layers = "\n[[layers]]\nname = \"content\"\n".to_owned();
    layers += "copy = { input = \"www\", to = \"/var/www\" }\n";
    layers += "files = { \"files/settings.conf\" = \"/etc/settings.conf\" }\n";
    let special = match index {
        0 => Some(("cargo = { package = \"hello\" }", "copy", "/usr/bin/hello")),
        1 => Some(("path = \"files/release.tar\"", "unpack", "/opt/release")),
        _ => None,
    };
    if let Some((kind, key, to)) = special {
        write!(inputs, "\n[inputs.special]\n{kind}\n").expect("writing into a text does not fail");
        let line = format!("{key} = {{ input = \"special\", to = \"{to}\" }}");
        layers += &format!("\n[[layers]]\nname = \"special\"\n{line}\n");
    }
    if index == 1 {
        let path = workspace.place(&format!("apps/{name}/files/release.tar"))?;
        File::create(&path).and_then(write_release).map_err(BenchError::at(&path))?;
    }
    workspace.write_app(&name, &(inputs + &layers))
}

fn write_release(file: File) -> io::Result<()> {
    let mut archive = tar::Builder::new(file);
    for index in 0..FILES_PER_APP {
        let text = format!("release {index}\n").repeat(256);
        let mut header = plain_header(text.len() as u64, 0o644);
        archive.append_data(&mut header, format!("share/{index:03}.txt"), text.as_bytes())?;
    }
    archive.finish()
}

fn write_package(workspace: &Workspace) -> Result<(), BenchError> {
    let package = "name = \"hello\"\nversion = \"0.1.0\"\n";
    let manifest = format!("[package]\n{package}edition = \"2024\"\n");
    workspace.write("Cargo.toml", "[workspace]\nmembers = [\"hello\"]\nresolver = \"3\"\n")?;
    workspace.write("Cargo.lock", format!("version = 4\n\n[[package]]\n{package}"))?;
    workspace.write("hello/Cargo.toml", manifest)?;
    workspace.write("hello/src/main.rs", "fn main() {\n    println!(\"hello\");\n}\n")
}
