//! What a package is compiled from, found by reading.

use std::fs;
use std::os::unix::fs::symlink;

use landfall_compile::{Identity, Settings};
use libtest_mimic::Trial;

use crate::fixture::{Fixture, Run, toolchain, tree};
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("discovery::files_lock_and_root_are_exact", exact),
        trial("discovery::only_what_is_reached_changes_the_identity", identity),
        trial("discovery::settings_change_the_identity", settings),
        trial("discovery::binaries", binaries),
        trial("discovery::cargo_agrees_with_what_was_found", cargo_agrees),
        trial("discovery::a_patch_in_a_folder_is_a_source", patched),
    ]
}

/// Every way in which one package can reach another.
const WORKSPACE: &str = r#"
=== Cargo.toml
[workspace]
members = ["apps/*", "crates/**/lib-*"]
exclude = ["apps/excluded", "outer"]
default-members = ["apps/other"]
[workspace.package]
edition = "2024"
version = "1.0.0"
[workspace.dependencies]
lib-shared = { path = "crates/deep/lib-shared" }
lib-unused = { path = "crates/lib-unused" }
[workspace.lints.rust]
unused = "allow"
[profile.release]
opt-level = 0
[profile.dev]
opt-level = 1
[patch.unused]
nobody = { path = "patches/nobody" }
=== apps/main/Cargo.toml
[package]
name = "main"
version.workspace = true
edition.workspace = true
[features]
extra = ["dep:lib-optional", "lib-tests/fast"]
[dependencies]
lib-shared.workspace = true
renamed = { package = "lib-renamed", path = "../../crates/lib-renamed" }
lib-optional = { path = "../../crates/lib-optional", optional = true }
outer = { path = "../../outer" }
[build-dependencies]
lib-build = { path = "../../crates/lib-build" }
[target.'cfg(windows)'.dependencies]
lib-windows = { path = "../../crates/lib-windows" }
[dev-dependencies]
lib-tests = { path = "../../crates/lib-tests" }
[lints]
workspace = true
=== apps/main/build.rs
fn main() { lib_build::build(); }
=== apps/main/src/main.rs
fn main() { println!("{} {} {}", lib_shared::name(), renamed::name(), outer::name()); }
=== apps/main/assets/page.html
<p>
=== apps/main/app.toml
=== apps/main/app.lock
=== apps/main/assets/app.lock
=== apps/main/example/app.toml
=== apps/main/example/app.lock
=== apps/main/target/debug/junk
=== apps/main/.git/HEAD
=== apps/main/src/target/module.rs
=== apps/main/cache/CACHEDIR.TAG
=== apps/main/cache/junk
=== apps/main/tests/fixture/Cargo.toml
=== apps/main/tests/fixture/src/lib.rs
=== apps/main/tests/plain.rs
=== apps/main/nested/Cargo.toml
[package]
name = "nested"
=== apps/other/Cargo.toml
[package]
name = "other"
version.workspace = true
edition.workspace = true
[dependencies]
lib-unused.workspace = true
=== apps/other/src/main.rs
fn main() {}
=== apps/excluded/Cargo.toml
this is no TOML
=== outer/Cargo.toml
[package]
name = "outer"
version = "1.0.0"
edition = "2024"
=== outer/src/lib.rs
pub fn name() -> &'static str { "outer" }
=== crates/deep/lib-shared/Cargo.toml
[package]
name = "lib-shared"
version.workspace = true
edition.workspace = true
=== crates/deep/lib-shared/src/lib.rs
pub fn name() -> &'static str { "shared" }
=== crates/lib-renamed/Cargo.toml
[package]
name = "lib-renamed"
version = "1.0.0"
edition = "2024"
=== crates/lib-renamed/src/lib.rs
pub fn name() -> &'static str { "renamed" }
=== crates/lib-optional/Cargo.toml
[package]
name = "lib-optional"
version = "1.0.0"
edition = "2024"
=== crates/lib-optional/src/lib.rs
=== crates/lib-build/Cargo.toml
[package]
name = "lib-build"
version = "1.0.0"
edition = "2024"
=== crates/lib-build/src/lib.rs
pub fn build() {}
=== crates/lib-windows/Cargo.toml
[package]
name = "lib-windows"
version = "1.0.0"
edition = "2024"
=== crates/lib-windows/src/lib.rs
=== crates/lib-tests/Cargo.toml
[package]
name = "lib-tests"
version = "1.0.0"
edition = "2024"
[features]
fast = []
=== crates/lib-tests/src/lib.rs
=== crates/lib-unused/Cargo.toml
[package]
name = "lib-unused"
version = "1.0.0"
edition = "2024"
=== crates/lib-unused/src/lib.rs
=== Cargo.lock
version = 4
[[package]]
name = "lib-build"
version = "1.0.0"
[[package]]
name = "lib-optional"
version = "1.0.0"
[[package]]
name = "lib-renamed"
version = "1.0.0"
[[package]]
name = "lib-shared"
version = "1.0.0"
[[package]]
name = "lib-tests"
version = "1.0.0"
[[package]]
name = "lib-unused"
version = "1.0.0"
[[package]]
name = "lib-windows"
version = "1.0.0"
[[package]]
name = "main"
version = "1.0.0"
dependencies = ["lib-build", "lib-optional", "lib-renamed", "lib-shared", "lib-tests", "lib-windows", "outer"]
[[package]]
name = "other"
version = "1.0.0"
dependencies = ["lib-unused"]
[[package]]
name = "outer"
version = "1.0.0"
"#;

fn exact() {
    let fixture = Fixture::new(WORKSPACE);
    let page = fixture.path().join("apps/main/page.html");
    symlink("assets/page.html", page).unwrap();
    let sources = fixture.discover("main").unwrap();
    let files: Vec<_> = sources.files().iter().map(|path| path.as_str()).collect();
    let expected = [
        "apps/main/Cargo.toml",
        "apps/main/app.toml",
        "apps/main/assets/app.lock",
        "apps/main/assets/page.html",
        "apps/main/build.rs",
        "apps/main/example/app.toml",
        "apps/main/page.html",
        "apps/main/src/main.rs",
        "apps/main/src/target/module.rs",
        "apps/main/tests/plain.rs",
        "crates/deep/lib-shared/Cargo.toml",
        "crates/deep/lib-shared/src/lib.rs",
        "crates/lib-build/Cargo.toml",
        "crates/lib-build/src/lib.rs",
        "crates/lib-optional/Cargo.toml",
        "crates/lib-optional/src/lib.rs",
        "crates/lib-renamed/Cargo.toml",
        "crates/lib-renamed/src/lib.rs",
        "crates/lib-windows/Cargo.toml",
        "crates/lib-windows/src/lib.rs",
        "outer/Cargo.toml",
        "outer/src/lib.rs",
    ];
    assert_eq!(files, expected);
    let lock = sources.lock();
    let locked: Vec<_> = lock.lines().filter_map(|line| line.strip_prefix("name = ")).collect();
    let expected = "\"lib-build\" \"lib-optional\" \"lib-renamed\" \"lib-shared\" \"lib-windows\" \"main\" \"outer\"";
    assert_eq!(locked.join(" "), expected);
    assert_eq!(sources.root_manifest(), ROOT.trim_start());
}

const ROOT: &str = r#"
[patch]

[profile.release]
opt-level = 0

[workspace]
exclude = ["outer"]
members = ["apps/main", "crates/deep/lib-shared", "crates/lib-build", "crates/lib-optional", "crates/lib-renamed", "crates/lib-windows"]
resolver = "1"

[workspace.dependencies.lib-shared]
path = "crates/deep/lib-shared"

[workspace.lints.rust]
unused = "allow"

[workspace.package]
edition = "2024"
version = "1.0.0"
"#;

fn identity_of(fixture: &Fixture) -> String {
    let sources = fixture.discover("main").unwrap();
    let settings = usual();
    Identity::new(&sources, tree(&sources).hash(), &settings, toolchain(), None)
        .digest()
        .to_string()
}

fn usual() -> Settings {
    Settings {
        binary: "main".into(),
        features: Vec::new(),
        default_features: true,
        target: "x".into(),
    }
}

fn identity() {
    type Change = (&'static str, &'static str, &'static str, &'static str, bool);
    let append = "\n# appended\n";
    let changes: [Change; 16] = [
        ("a source", "apps/main/src/main.rs", "fn main", "pub fn main", true),
        ("a comment in a source", "apps/main/src/main.rs", "", "// comment\n", true),
        ("a source of a dependency", "crates/deep/lib-shared/src/lib.rs", "shared", "other", true),
        ("a source of a build dependency", "crates/lib-build/src/lib.rs", "", "// comment\n", true),
        ("an asset", "apps/main/assets/page.html", "<p>", "<b>", true),
        ("the profile", "Cargo.toml", "opt-level = 0", "opt-level = 3", true),
        ("an inherited version", "Cargo.toml", "version = \"1.0.0\"", "version = \"1.0.1\"", true),
        ("lints", "Cargo.toml", "unused = \"allow\"", "unused = \"warn\"", true),
        ("another profile", "Cargo.toml", "opt-level = 1", "opt-level = 2", false),
        ("a comment in the root", "Cargo.toml", "", append, false),
        (
            "an entry that nobody takes",
            "Cargo.toml",
            "lib-unused = { path = \"crates/lib-unused\" }",
            "",
            false,
        ),
        ("default members", "Cargo.toml", "[\"apps/other\"]", "[]", false),
        ("another app", "apps/other/src/main.rs", "fn main", "pub fn main", false),
        ("what only tests need", "crates/lib-tests/src/lib.rs", "", append, false),
        (
            "the lock of another app",
            "Cargo.lock",
            "name = \"lib-unused\"\nversion = \"1.0.0\"",
            "name = \"lib-unused\"\nversion = \"2.0.0\"",
            false,
        ),
        (
            "the lock of a dependency",
            "Cargo.lock",
            "name = \"lib-shared\"\nversion = \"1.0.0\"",
            "name = \"lib-shared\"\nversion = \"2.0.0\"",
            true,
        ),
    ];
    let fixture = Fixture::new(WORKSPACE);
    let before = identity_of(&fixture);
    assert_eq!(identity_of(&Fixture::at(WORKSPACE, "else where")), before, "another folder");
    for (name, path, old, new, differs) in changes {
        let place = fixture.path().join(path);
        let text = fs::read_to_string(&place).unwrap();
        let changed =
            if old.is_empty() { format!("{new}{text}") } else { text.replacen(old, new, 1) };
        assert_ne!(changed, text, "{name}: nothing to replace");
        fs::write(&place, changed).unwrap();
        assert_eq!(identity_of(&fixture) != before, differs, "{name}");
        fs::write(&place, text).unwrap();
    }
    assert_eq!(identity_of(&fixture), before);
}

fn settings() {
    let fixture = Fixture::new(WORKSPACE);
    let sources = fixture.discover("main").unwrap();
    let hash = tree(&sources).hash();
    let changed = [
        usual(),
        Settings { binary: "tool".into(), ..usual() },
        Settings { features: vec!["extra".into()], ..usual() },
        Settings { default_features: false, ..usual() },
        Settings { target: "y".into(), ..usual() },
    ];
    let digests = changed
        .map(|settings| Identity::new(&sources, hash, &settings, toolchain(), None).digest());
    let different: std::collections::BTreeSet<_> = digests.iter().collect();
    assert_eq!(different.len(), digests.len());
    let text =
        serde_json::to_string(&Identity::new(&sources, hash, &usual(), toolchain(), None)).unwrap();
    let sysroot = toolchain().sysroot().to_str().unwrap();
    assert!(
        !text.contains(sysroot)
            && text.contains("--remap-path-prefix=/landfall/source=/landfall/source"),
        "{text}"
    );
}

fn binaries() {
    type Case =
        (&'static str, &'static str, Option<&'static str>, Result<&'static str, &'static str>);
    let cases: [Case; 8] = [
        ("", "src/main.rs", None, Ok("p")),
        ("", "src/bin/tool.rs", None, Ok("tool")),
        ("", "src/bin/tool/main.rs", Some("tool"), Ok("tool")),
        ("[[bin]]\nname = \"server\"\npath = \"src/main.rs\"", "src/main.rs", None, Ok("server")),
        ("", "src/main.rs src/bin/tool.rs", None, Ok("p")),
        ("", "src/main.rs src/bin/tool.rs", Some("tool"), Ok("tool")),
        (
            "",
            "src/bin/a.rs src/bin/b.rs",
            None,
            Err("the package `p` has several binaries; choose one with `bin = \"…\"`: `a`, `b`"),
        ),
        (
            "autobins = false\n[[bin]]\nname = \"a\"\npath = \"src/bin/a.rs\"",
            "src/bin/a.rs src/bin/b.rs",
            Some("b"),
            Err("the package `p` has no binary `b`; did you mean `a`?"),
        ),
    ];
    for (extra, files, wanted, expected) in cases {
        let fixture = Fixture::new(
            "=== Cargo.lock\nversion = 4\n[[package]]\nname = \"p\"\nversion = \"1.0.0\"\n",
        );
        fixture
            .write("Cargo.toml", &format!("[package]\nname = \"p\"\nversion = \"1.0.0\"\n{extra}"));
        files.split(' ').for_each(|file| fixture.write(file, "fn main() {}"));
        let found =
            fixture.discover("p").unwrap().binary(wanted).map_err(|error| error.to_string());
        assert_eq!(found.as_deref().map_err(String::as_str), expected, "{extra} {files}");
    }
}

/// What was left out was not needed, and cargo does not want to change the lock.
fn cargo_agrees() {
    let fixture = Fixture::new(WORKSPACE);
    let mut run = Run::cold();
    run.features = vec!["extra".into()];
    let compiled = run.compile(&fixture, "main").unwrap_or_else(|error| panic!("{error}"));
    let said = std::process::Command::new(compiled.binary).output().unwrap().stdout;
    assert_eq!(String::from_utf8(said).unwrap(), "shared renamed outer\n");
}

/// The root is a package, too; `[patch]` puts a folder in the place of a registry's package.
const PATCHED: &str = r#"
=== Cargo.toml
[package]
name = "app"
version = "1.0.0"
edition = "2024"
resolver = "2"
[dependencies]
itoa = "1"
[dev-dependencies]
semver = "1"
[patch.crates-io]
itoa = { path = "patches/itoa" }
semver = { path = "patches/semver" }
=== .cargo/config.toml
[build]
rustflags = ["--cfg", "set_by_the_developer"]
=== src/main.rs
#[cfg(set_by_the_developer)]
compile_error!("settings of the developer's builds");
fn main() { println!("{}", itoa::NAME); }
=== patches/itoa/Cargo.toml
[package]
name = "itoa"
version = "1.9.9"
edition = "2024"
=== patches/itoa/src/lib.rs
pub const NAME: &str = "patched";
=== patches/semver/Cargo.toml
[package]
name = "semver"
version = "1.9.9"
=== patches/semver/src/lib.rs
=== Cargo.lock
version = 4
[[package]]
name = "app"
version = "1.0.0"
dependencies = ["itoa", "semver"]
[[package]]
name = "itoa"
version = "1.9.9"
[[package]]
name = "semver"
version = "1.9.9"
"#;

fn patched() {
    let fixture = Fixture::new(PATCHED);
    let sources = fixture.discover("app").unwrap();
    let files: Vec<_> = sources.files().iter().map(|path| path.as_str()).collect();
    assert_eq!(files, ["patches/itoa/Cargo.toml", "patches/itoa/src/lib.rs", "src/main.rs"]);
    let run = Run::cold();
    let compiled = run.compile(&fixture, "app").unwrap_or_else(|error| panic!("{error}"));
    let said = std::process::Command::new(compiled.binary).output().unwrap().stdout;
    assert_eq!(String::from_utf8(said).unwrap(), "patched\n");
}
