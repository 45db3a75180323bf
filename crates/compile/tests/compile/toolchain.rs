//! The toolchain is found once, and recognised without starting anything.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use landfall_compile::{CCompiler, CompileError, RememberedToolchain, ToolPlaces, Toolchain};
use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::fixture::{Fixture, Run, places, target, toolchain};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("toolchain::is_remembered_until_a_file_changes", remembered),
        trial("toolchain::says_what_is_missing", missing),
        trial("toolchain::c_compiler_compiles", c_compiler),
        trial("toolchain::a_cache_is_no_linker", cache_in_front),
    ]
}

/// A toolchain of shell scripts, whose rustc counts its calls.
struct Fake {
    folder: TempDir,
    places: ToolPlaces,
}

impl Fake {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let version = "rustc 1.0\\ncommit-hash: abc\\nhost: fake-host";
        let rustc = format!(
            "echo call >> {0}/calls\ncase $1 in -vV) printf '{version}\\n';; *) echo {0}/sysroot;; esac",
            root.display()
        );
        write_program(&root.join("path/rustc"), &rustc);
        write_program(&root.join("sysroot/bin/rustc"), "");
        write_program(&root.join("sysroot/bin/cargo"), "echo cargo 1.0");
        write_program(&root.join("sysroot/lib/rustlib/fake-host/bin/rust-lld"), "");
        fs::create_dir_all(root.join("workspace/nested")).unwrap();
        let places = ToolPlaces {
            path: root.join("path").into(),
            cargo_home: root.join("cargo"),
            rustup_home: root.join("rustup"),
            rustup_toolchain: None,
        };
        Self { folder, places }
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn find(&self, remembered: Option<&RememberedToolchain>) -> Result<Toolchain, CompileError> {
        Toolchain::find(&self.places, &self.root().join("workspace/nested"), remembered)
    }

    fn calls(&self) -> usize {
        fs::read_to_string(self.root().join("calls")).map_or(0, |calls| calls.lines().count())
    }
}

fn write_program(path: &Path, body: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn remembered() {
    let mut fake = Fake::new();
    let first = fake.find(None).unwrap();
    assert_eq!((first.host(), first.cargo_version(), fake.calls()), ("fake-host", "cargo 1.0", 2));
    let kept = serde_json::to_string(first.remember()).unwrap();
    let mut kept: RememberedToolchain = serde_json::from_str(&kept).unwrap();
    assert_eq!(fake.find(Some(&kept)).unwrap().rustc_version(), first.rustc_version());
    assert_eq!(fake.calls(), 2, "nothing changed, so nothing was started");

    let root = fake.root().to_owned();
    let changes: [(&str, &dyn Fn()); 6] = [
        ("rust-toolchain.toml appears", &|| {
            fs::write(root.join("workspace/nested/rust-toolchain.toml"), "").unwrap()
        }),
        ("rust-toolchain appears above", &|| {
            fs::write(root.join("workspace/rust-toolchain"), "").unwrap()
        }),
        ("rust-toolchain is edited", &|| {
            fs::write(root.join("workspace/rust-toolchain"), "stable").unwrap()
        }),
        ("rustup has another default", &|| {
            fs::create_dir_all(root.join("rustup")).unwrap();
            fs::write(root.join("rustup/settings.toml"), "x").unwrap();
        }),
        ("rustup has one more toolchain", &|| {
            fs::create_dir_all(root.join("rustup/toolchains/x")).unwrap()
        }),
        ("the toolchain was updated", &|| write_program(&root.join("sysroot/bin/rustc"), "new")),
    ];
    for (name, change) in changes {
        let before = fake.calls();
        change();
        kept = fake.find(Some(&kept)).unwrap().remember().clone();
        assert_eq!(fake.calls(), before + 2, "{name}");
    }
    fake.places.rustup_toolchain = Some("nightly".into());
    let before = fake.calls();
    fake.find(Some(&kept)).unwrap();
    assert_eq!(fake.calls(), before + 2, "RUSTUP_TOOLCHAIN");
}

fn missing() {
    let fake = Fake::new();
    let found = fake.find(None).unwrap();
    fs::create_dir_all(fake.root().join("sysroot/lib/rustlib/here-musl/lib")).unwrap();
    assert_eq!(found.missing_targets(&["here-musl", "a-musl", "b-musl"]), ["a-musl", "b-musl"]);
    let error = found.require_targets(&["here-musl", "a-musl"]).unwrap_err().to_string();
    let sysroot = found.sysroot().display();
    assert_eq!(
        error,
        format!(
            "the toolchain at `{sysroot}` cannot compile for a-musl; run `rustup target add a-musl`"
        )
    );

    let words = toolchain().add_targets_command(&["x-musl".into()]);
    assert_eq!(
        (&words[..4], words.last().unwrap().as_str()),
        (&["rustup", "target", "add", "--toolchain"].map(String::from)[..], "x-musl")
    );

    fs::remove_file(fake.root().join("sysroot/lib/rustlib/fake-host/bin/rust-lld")).unwrap();
    let error = fake.find(Some(found.remember())).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "the toolchain at `{sysroot}` has no `lib/rustlib/fake-host/bin/rust-lld`; use one that rustup installs"
        )
    );
    fs::remove_file(fake.root().join("path/rustc")).unwrap();
    assert_eq!(
        fake.find(None).unwrap_err().to_string(),
        "there is no `rustc` on the PATH; install Rust with rustup"
    );
}

const WITH_C: &str = r#"
=== Cargo.toml
[package]
name = "with-c"
version = "0.1.0"
edition = "2024"
=== build.rs
use std::process::Command;
fn main() {
    let variable = |name: String| std::env::var(&name).expect(&name);
    let target = variable("TARGET".into()).replace('-', "_");
    let out = variable("OUT_DIR".into());
    let mut compiler = Command::new(variable(format!("CC_{target}")));
    compiler.args(variable(format!("CFLAGS_{target}")).split(' ')).args(["-O1", "-c", "-o"]);
    let here = std::env::current_dir().unwrap();
    assert!(compiler.arg(format!("{out}/answer.o")).arg(here.join("answer.c")).status().unwrap().success());
    assert!(Command::new("ar").arg("crsD").arg(format!("{out}/libanswer.a")).arg(format!("{out}/answer.o")).status().unwrap().success());
    println!("cargo::rustc-link-lib=static=answer\ncargo::rustc-link-search=native={out}");
}
=== answer.c
const char *answer(void) { return __FILE__; }
=== src/main.rs
unsafe extern "C" { fn answer() -> *const core::ffi::c_char; }
fn main() { println!("{}", unsafe { std::ffi::CStr::from_ptr(answer()) }.to_str().unwrap()); }
=== Cargo.lock
version = 4
[[package]]
name = "with-c"
version = "0.1.0"
"#;

/// The compiler is a script that calls this machine's: enough for C without headers.
fn c_compiler() {
    let folder = TempDir::new().unwrap();
    let program =
        folder.path().join("prefix/bin").join(format!("{}-linux-musl-gcc", std::env::consts::ARCH));
    let mut places = places();
    let none = ToolPlaces { path: folder.path().into(), ..places.clone() };
    let error = CCompiler::find(&none, toolchain(), &target(), None).unwrap_err().to_string();
    assert!(error.contains("-linux-musl-gcc`, `musl-gcc`)"), "{error}");

    write_program(&program, "exec cc \"$@\"");
    let others = std::env::split_paths(&places.path).collect::<Vec<_>>();
    let path = [program.parent().unwrap().to_owned()].into_iter().chain(others);
    places.path = std::env::join_paths(path).unwrap();
    let compiler = CCompiler::find(&places, toolchain(), &target(), None).unwrap();
    let kept = serde_json::to_string(compiler.remember()).unwrap();
    let kept = serde_json::from_str(&kept).unwrap();
    let again = CCompiler::find(&places, toolchain(), &target(), Some(&kept)).unwrap();
    assert_eq!((again.version(), again.parts()), (compiler.version(), compiler.parts()));
    assert!(compiler.parts().contains_key("cc1") && compiler.parts().contains_key("as"));

    for walls in [crate::fixture::walls().walls, landfall_compile::Walls::Open] {
        let mut run = Run::cold();
        run.c_compiler = Some(compiler.clone());
        run.walls = walls;
        let compiled =
            run.compile(&Fixture::new(WITH_C), "with-c").unwrap_or_else(|error| panic!("{error}"));
        let said = std::process::Command::new(compiled.binary).output().unwrap().stdout;
        assert_eq!(String::from_utf8(said).unwrap(), "/landfall/source/answer.c\n", "{walls:?}");
    }
}

/// `cc` is a link to ccache on many build machines.
fn cache_in_front() {
    let (folder, mut places) = (TempDir::new().unwrap(), places());
    write_program(&folder.path().join("ccache"), "exit 1");
    symlink("ccache", folder.path().join("cc")).unwrap();
    let others = std::env::split_paths(&places.path).collect::<Vec<_>>();
    let path = [folder.path().to_owned()].into_iter().chain(others);
    places.path = std::env::join_paths(path).unwrap();
    let mut run = Run::cold();
    run.toolchain = Toolchain::find(&places, Path::new(env!("CARGO_MANIFEST_DIR")), None).unwrap();
    let fixture = Fixture::new(WITH_C);
    fixture.write("build.rs", "fn main() {}");
    fixture.write("src/main.rs", "fn main() {}");
    run.compile(&fixture, "with-c").unwrap_or_else(|error| panic!("{error}"));
}
