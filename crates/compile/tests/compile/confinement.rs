//! What a build script cannot reach; each attempt succeeds where the wall is taken away.

use std::io::Read;
use std::net::TcpListener;
use std::path::Path;

use landfall_compile::{CompileError, Confinement, ToolPlaces, Toolchain, Walls};
use libtest_mimic::Trial;

use crate::fixture::{Fixture, Run, places, toolchain, walls};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("confinement::home", home),
        trial("confinement::network", network),
        trial("confinement::environment_is_cleared", environment),
        trial("confinement::files_outside_the_sources", outside_file),
        trial("confinement::sources_cannot_be_written", sources_are_fixed),
        trial("confinement::what_is_left_running_ends", left_running),
        trial("confinement::c_compiler", c_compiler),
        trial("confinement::machine_without_a_linker", no_linker),
        trial("confinement::is_recorded", recorded),
    ]
}

/// A package with a build script that does something and fails where it cannot.
fn script(body: &str) -> Fixture {
    let fixture = Fixture::new(
        r#"
=== Cargo.toml
[package]
name = "reaching"
version = "0.1.0"
edition = "2024"
=== src/main.rs
fn main() {}
=== Cargo.lock
version = 4
[[package]]
name = "reaching"
version = "0.1.0"
"#,
    );
    fixture.write("build.rs", &format!("fn main() {{ {body} }}"));
    fixture
}

/// The strongest walls, and whatever else this kernel allows.
fn closed() -> Vec<Walls> {
    let found = walls().walls;
    [Walls::Namespaces, Walls::Landlock].into_iter().skip_while(|walls| *walls != found).collect()
}

fn run_behind(walls: Walls) -> Run {
    let mut run = Run::cold();
    run.walls = walls;
    run
}

/// The attempt fails behind each wall, with cargo's own words once, and succeeds in the open.
fn assert_confined(fixture: &Fixture, walls: &[Walls], words: &str) {
    for walls in walls {
        let error = run_behind(*walls).error(fixture, "reaching");
        assert!(matches!(error, CompileError::BuildScript { .. }), "{walls:?}: {error}");
        let text = error.to_string();
        assert_eq!(text.matches(words).count(), 1, "{walls:?}: {text}");
        assert_eq!(text.matches("(the compile is confined").count(), 1, "{walls:?}: {text}");
    }
    run_behind(Walls::Open).compile(fixture, "reaching").unwrap_or_else(|error| panic!("{error}"));
}

fn home() {
    let fixture = script("");
    let secret = fixture.beside().join("home/.ssh/id_ed25519");
    std::fs::create_dir_all(secret.parent().unwrap()).unwrap();
    std::fs::write(&secret, "secret").unwrap();
    let secret = secret.canonicalize().unwrap();
    fixture.write(
        "build.rs",
        &format!("fn main() {{ std::fs::read({secret:?}).expect(\"no key\"); }}"),
    );
    assert_confined(&fixture, &closed(), "no key: ");
}

fn network() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let connect = format!("std::net::TcpStream::connect({address:?}).expect(\"no server\");");
    assert_confined(&script(&connect), &closed(), "no server: ");
    let mut byte = [0];
    assert_eq!(listener.accept().unwrap().0.read(&mut byte).unwrap(), 0, "one came, in the open");
    if walls().walls == Walls::Namespaces {
        let send = "std::net::UdpSocket::bind(\"0.0.0.0:0\").unwrap().send_to(b\"x\", \"192.0.2.1:53\").expect(\"no way\");";
        let error = run_behind(Walls::Namespaces).error(&script(send), "reaching").to_string();
        assert_eq!(error.matches("no way: ").count(), 1, "{error}");
    }
}

fn environment() {
    let body = r#"
        let mut names: Vec<_> = std::env::vars().map(|(name, _)| name).collect();
        names.retain(|name| !name.starts_with("CARGO") && !name.starts_with("RUST") && !name.starts_with("DEP_"));
        names.sort();
        let home = std::fs::read_dir(std::env::var("HOME").unwrap()).unwrap().count();
        panic!("{home} {}", names.join(" "));
    "#;
    let mut run = Run::cold();
    run.environment.insert("AWS_SECRET_ACCESS_KEY".into(), "secret".into());
    let error = run.error(&script(body), "reaching").to_string();
    let expected = "0 CC COMPILER_PATH CXX DEBUG HOME HOST LC_ALL LD_LIBRARY_PATH NUM_JOBS OPT_LEVEL \
                    OUT_DIR PATH PROFILE SOURCE_DATE_EPOCH TARGET TMPDIR TZ\n";
    assert!(error.contains(expected), "{error}");
}

fn outside_file() {
    let fixture = script("");
    let outside = fixture.beside().canonicalize().unwrap().join("outside.txt");
    std::fs::write(&outside, "text").unwrap();
    fixture.write(
        "src/main.rs",
        &format!("fn main() {{ print!(\"{{}}\", include_str!({outside:?})); }}"),
    );
    for walls in closed() {
        let error = run_behind(walls).error(&fixture, "reaching").to_string();
        assert_eq!(error.matches("couldn't read").count(), 1, "{error}");
    }
    let error = run_behind(Walls::Open).error(&fixture, "reaching").to_string();
    let expected = format!(
        "`reaching` was compiled with `{}`, which is no part of its sources",
        outside.display()
    );
    assert!(error.starts_with(&expected), "{error}");
}

fn sources_are_fixed() {
    assert_confined(
        &script("std::fs::write(\"src/new.rs\", \"\").expect(\"not here\");"),
        &closed(),
        "not here: ",
    );
}

/// A process that a build script starts and leaves.
fn left_running() {
    let mark = format!("1000.{}", std::process::id());
    let body = format!(
        "use std::process::{{Command, Stdio}}; Command::new(\"/usr/bin/sleep\").arg({mark:?})\
         .stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();"
    );
    if walls().walls == Walls::Namespaces {
        run_behind(Walls::Namespaces).compile(&script(&body), "reaching").unwrap();
        assert_eq!(processes_with(&mark), 0);
    }
}

fn processes_with(argument: &str) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = processes
        .filter_map(|process| std::fs::read_to_string(process.path().join("cmdline")).ok());
    lines.filter(|line| line.split('\0').any(|word| word == argument)).count()
}

fn c_compiler() {
    let called = script(
        "let cc = std::env::var(\"CC\").unwrap(); assert!(std::process::Command::new(cc).status().unwrap().success());",
    );
    let searched = script(
        "assert!(std::process::Command::new(\"gcc\").arg(\"-v\").status().unwrap().success());",
    );
    for fixture in [called, searched] {
        let error = Run::cold().error(&fixture, "reaching").to_string();
        let expected = "a build script of `reaching` asks for a C compiler; allow one with \
                        `cargo = { package = \"reaching\", c = true }`:";
        assert!(error.starts_with(expected), "{error}");
    }
}

/// A machine that has Rust and nothing else compiles what needs no program of its own.
fn no_linker() {
    let rust_alone = ToolPlaces { path: toolchain().sysroot().join("bin").into(), ..places() };
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut run = Run::cold();
    run.toolchain = Toolchain::find(&rust_alone, here, None).unwrap();
    let fixture = script("");
    let error = run.error(&fixture, "reaching").to_string();
    let expected = "build scripts and procedural macros of `reaching` are programs of this machine \
                    and are linked with its `cc`, which was not found; install one";
    assert!(error.starts_with(expected), "{error}");
    std::fs::remove_file(fixture.path().join("build.rs")).unwrap();
    run.scratch = tempfile::TempDir::new().unwrap();
    run.compile(&fixture, "reaching").unwrap_or_else(|error| panic!("{error}"));
}

fn recorded() {
    let expected = [
        (Walls::Namespaces, Confinement { network: true, files: true }),
        (Walls::Landlock, Confinement { network: false, files: true }),
        (Walls::Open, Confinement { network: false, files: false }),
    ];
    let found = walls();
    let possible = expected.iter().skip_while(|(walls, _)| *walls != found.walls);
    for (walls, confinement) in possible {
        let compiled = run_behind(*walls).compile(&script(""), "reaching");
        assert_eq!(compiled.unwrap().confinement, *confinement, "{found:?}");
    }
}
