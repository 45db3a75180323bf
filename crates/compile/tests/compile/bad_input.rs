//! What is wrong in the user's files is said with its place and a way out.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use landfall_compile::CompileError;
use libtest_mimic::Trial;

use crate::fixture::{Fixture, Run, fetched_packages};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("bad_input::files", files),
        trial("bad_input::folders", folders),
        trial("bad_input::compile_error_is_shown_once", compile_error),
        trial("bad_input::stale_lock", stale_lock),
        trial("bad_input::dependency_that_cannot_be_fetched", no_registry),
        trial("bad_input::missing_target", missing_target),
        trial("bad_input::file_changed_while_building", changed_file),
    ]
}

const PACKAGE: &str = r#"
=== Cargo.toml
[package]
name = "app"
version = "1.0.0"
edition = "2024"
=== src/main.rs
fn main() {}
=== Cargo.lock
version = 4
[[package]]
name = "app"
version = "1.0.0"
"#;

/// The error with its causes, one a line, and `WS` for the workspace's folder.
fn chain(fixture: &Fixture, error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let text = causes.map(|error| error.to_string()).collect::<Vec<_>>().join("\n");
    text.replace(fixture.path().to_str().unwrap(), "WS")
}

/// A file with what is written over it (nothing: removed), the package asked for, the error.
const FILES: &[(&str, &str, &str, &str)] = &[
    (
        "Cargo.toml",
        "",
        "app",
        "there is no Cargo.toml in `WS`; `workspace` and `path` of a dependency name the folder that holds one",
    ),
    (
        "Cargo.toml",
        "[package\n",
        "app",
        "`WS/Cargo.toml` cannot be read as TOML\nTOML parse error at line 1, column 9",
    ),
    (
        "Cargo.toml",
        "[workspace]\nmembers = 1\n",
        "app",
        "`WS/Cargo.toml`: `workspace.members` must be a list of texts",
    ),
    (
        "Cargo.toml",
        "[workspace]\nmembers = [\"../x\"]\n",
        "app",
        "`WS/Cargo.toml`: `workspace.members` must be inside the workspace",
    ),
    (
        "Cargo.toml",
        "[workspace]\n",
        "app",
        "the workspace at `WS` has no package `app`; there is none",
    ),
    ("src/x", "x", "ap", "the workspace at `WS` has no package `ap`; did you mean `app`?"),
    (
        "src/x",
        "x",
        "something-else",
        "the workspace at `WS` has no package `something-else`; there are `app`",
    ),
    (
        "src/main.rs",
        "",
        "app",
        "the package `app` has no binary; add `src/main.rs`, or name a package that has one",
    ),
    (
        "Cargo.toml",
        "[package]\nname = \"app\"\n[dependencies]\nx.workspace = true",
        "app",
        "`WS/Cargo.toml` takes `x` from the workspace, whose Cargo.toml has no such entry in [workspace.dependencies]",
    ),
    (
        "Cargo.toml",
        "[package]\nname = \"app\"\n[dependencies]\nx = { path = \"../x\" }",
        "app",
        "the package `app` depends on `x` at `../x`, which is outside the workspace `WS`; move it inside, or take it from a registry or by git",
    ),
    (
        "Cargo.toml",
        "[package]\nname = \"app\"\n[dependencies]\ny = { path = \"/x\", package = \"x\" }",
        "app",
        "the package `app` depends on `x` at `/x`, which is outside the workspace `WS`; move it inside, or take it from a registry or by git",
    ),
    (
        "Cargo.toml",
        "[package]\nname = \"app\"\n[dependencies]\nx = { path = \"x\" }",
        "app",
        "there is no Cargo.toml in `WS/x`; `workspace` and `path` of a dependency name the folder that holds one",
    ),
    (
        "Cargo.lock",
        "",
        "app",
        "there is no Cargo.lock at `WS/Cargo.lock`; write it with `cargo generate-lockfile` and commit it (where the package belongs to a workspace further up, `workspace` must name that folder)",
    ),
    (
        "Cargo.lock",
        "version = 5\n",
        "app",
        "`WS/Cargo.lock` is of version 5, and versions 3 and 4 are known; write it anew with `cargo update --workspace`",
    ),
    (
        "Cargo.lock",
        "[[package]]\nname = \"app\"\nversion = \"1.0.0\"",
        "app",
        "`WS/Cargo.lock` is of version 2, and versions 3 and 4 are known; write it anew with `cargo update --workspace`",
    ),
    (
        "Cargo.lock",
        "version = 4\n",
        "app",
        "`WS/Cargo.lock` does not hold `app`, so it is older than the Cargo.toml files or was edited by hand; bring it up to date with `cargo update --workspace`",
    ),
    (
        "Cargo.lock",
        "version = 4\npackage = 1",
        "app",
        "`WS/Cargo.lock`: `package` must be as cargo writes it",
    ),
    (
        "src/.wh.x",
        "x",
        "app",
        "`WS/src/.wh.x` is a path that cannot be\nthe path `.wh.x` has a name that begins with `.wh.`, which a layer reads as a deletion",
    ),
];

fn files() {
    for (path, content, package, expected) in FILES {
        let fixture = Fixture::new(PACKAGE);
        match content.is_empty() {
            true => fs::remove_file(fixture.path().join(path)).unwrap(),
            false => fixture.write(path, content),
        }
        let found = fixture.discover(package).and_then(|sources| sources.binary(None));
        let text = chain(&fixture, &found.expect_err(path));
        assert!(text.starts_with(expected), "{path}\nis:     {text}\nwanted: {expected}");
    }
}

fn folders() {
    type Case = (&'static str, &'static dyn Fn(&Fixture), &'static str);
    let cases: [Case; 6] = [
        (
            "a link out",
            &|fixture| symlink("../../x", fixture.path().join("src/link")).unwrap(),
            "cannot read `WS/src/link`",
        ),
        (
            "an absolute link",
            &|fixture| {
                symlink(fixture.path().join("src/main.rs"), fixture.path().join("src/link"))
                    .unwrap()
            },
            "`WS/src/link` leads to `WS/src/main.rs`, outside the package's own files",
        ),
        (
            "a link to what is there, but outside",
            &|fixture| {
                fs::write(fixture.beside().join("x"), "").unwrap();
                symlink("../x", fixture.path().join("link")).unwrap();
            },
            "`WS/link` leads to `../x`, outside the package's own files",
        ),
        (
            "a loop of links",
            &|fixture| symlink("link", fixture.path().join("link")).unwrap(),
            "cannot read `WS/link`",
        ),
        (
            "a socket",
            &|fixture| drop(UnixListener::bind(fixture.path().join("socket")).unwrap()),
            "`WS/socket` is neither a file, a folder nor a link",
        ),
        (
            "a name that is no text",
            &|fixture| {
                use std::os::unix::ffi::OsStrExt;
                fs::write(fixture.path().join(std::ffi::OsStr::from_bytes(b"\xff")), "").unwrap();
            },
            "the path `WS/\u{fffd}` is not UTF-8",
        ),
    ];
    for (name, change, expected) in cases {
        let fixture = Fixture::new(PACKAGE);
        change(&fixture);
        let text = chain(&fixture, &fixture.discover("app").expect_err(name));
        assert!(text.starts_with(expected), "{name}: {text}");
    }
}

fn compile_error() {
    let fixture = Fixture::new(PACKAGE);
    fixture.write("src/main.rs", "fn main() { let x: u32 = \"text\"; }");
    let lines = std::cell::RefCell::new(Vec::new());
    let loud = |line: &str| lines.borrow_mut().push(line.to_owned());
    let error = Run::cold().compile_loudly(&fixture, "app", &loud).unwrap_err();
    assert!(matches!(error, CompileError::Cargo { .. }) && !error.is_outside());
    let text = chain(&fixture, &error);
    assert!(
        text.starts_with("`app` does not compile:\nerror[E0308]: mismatched types\n"),
        "{text}"
    );
    assert_eq!(text.matches("mismatched types").count(), 1, "{text}");
    assert!(!text.contains("Compiling"), "{text}");
    assert!(lines.borrow().iter().any(|line| line.contains("Compiling app v1.0.0")), "{lines:?}");
}

fn stale_lock() {
    let fixture = Fixture::new(&format!("{PACKAGE}{}", fetched_packages()));
    fixture.write(
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"1.0.0\"\n[dependencies]\nitoa = \"1\"",
    );
    let mut run = Run::cold();
    run.environment.insert("CARGO_NET_OFFLINE".into(), "true".into());
    let text = chain(&fixture, &run.error(&fixture, "app"));
    assert!(text.contains("Cargo.lock` does not hold `itoa "), "{text}");
    fixture.write("Cargo.toml", "[package]\nname = \"app\"\nversion = \"2.0.0\"");
    let text = chain(&fixture, &Run::cold().error(&fixture, "app"));
    assert!(text.contains("Cargo.lock` does not hold `app 2.0.0`"), "{text}");
}

/// A registry in a folder that is not there.
fn no_registry() {
    let lock = "[[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [\"gone\"]\n\
                [[package]]\nname = \"gone\"\nversion = \"1.0.0\"\nsource = \"git+file:///nonexistent/gone#0123456789012345678901234567890123456789\"\n";
    let fixture = Fixture::new(PACKAGE);
    fixture.write("Cargo.toml", "[package]\nname = \"app\"\nversion = \"1.0.0\"\n[dependencies]\ngone = { git = \"file:///nonexistent/gone\" }");
    fixture.write("Cargo.lock", &format!("version = 4\n{lock}"));
    let mut run = Run::cold();
    run.cargo_home = fixture.beside().join("cargo");
    run.environment.insert("CARGO_NET_RETRY".into(), "0".into());
    let error = run.error(&fixture, "app");
    assert!(error.is_outside(), "{error}");
    let text = error.to_string();
    assert!(text.starts_with("the dependencies of `app` cannot be fetched:\n"), "{text}");
    assert_eq!(text.matches("failed to load source for dependency `gone`").count(), 1, "{text}");
}

fn missing_target() {
    let mut run = Run::cold();
    run.target = "riscv64gc-unknown-linux-musl".into();
    let text = run.error(&Fixture::new(PACKAGE), "app").to_string();
    assert!(
        text.contains("cannot compile for riscv64gc-unknown-linux-musl; run `rustup target add "),
        "{text}"
    );
}

/// What is compiled is what was hashed: the copy is checked, not trusted.
fn changed_file() {
    use crate::fixture::{helper, places, target, toolchain, tree};
    use landfall_compile::{Compile, Settings, Walls, compile};
    let fixture = Fixture::new(PACKAGE);
    let sources = fixture.discover("app").unwrap();
    let hashed = tree(&sources);
    fixture.write("src/main.rs", "fn main() { }");
    let settings = Settings {
        binary: "app".into(),
        features: Vec::new(),
        default_features: true,
        target: target(),
    };
    let (cache, scratch) = (fixture.beside().join("cache"), tempfile::TempDir::new().unwrap());
    let error = compile(&Compile {
        sources: &sources,
        tree: &hashed,
        settings: &settings,
        toolchain: toolchain(),
        c_compiler: None,
        scratch: scratch.path(),
        cache: &cache,
        cargo_home: &places().cargo_home,
        environment: &Default::default(),
        helper: &helper(),
        walls: Walls::Open,
        jobs: None,
        on_line: &|_| {},
    });
    assert_eq!(
        error.unwrap_err().to_string(),
        "`src/main.rs` changed while the build ran; build again"
    );
}
