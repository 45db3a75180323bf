//! The same bits everywhere: all fixtures under each disturbance, and no digest differs.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use landfall_testkit::Workspace;
use landfall_tests::apps;
use landfall_tests::built;
use landfall_tests::built::BuiltApps;
use landfall_tests::loud::left_out;
use landfall_tests::plain_cargo::digest_of_server;
use landfall_tests::tree::{copy_in_order, shell};
use tempfile::TempDir;

use crate::fixtures::undisturbed;

/// One workspace, and room for what a disturbance needs.
struct World {
    workspace: Workspace,
    scratch: TempDir,
}

/// A way to build differently: the commands that are run at once, or why there are none here.
type Disturbance = (&'static str, fn(&World) -> Result<Vec<Command>, String>);

const DISTURBANCES: &[Disturbance] = &[
    ("one thread", |world| Ok(vec![with(world.build("one"), |build| build.arg("--threads=1"))])),
    ("two threads", |world| Ok(vec![with(world.build("two"), |build| build.arg("--threads=2"))])),
    ("eight threads", |world| {
        Ok(vec![with(world.build("eight"), |build| build.arg("--threads=8"))])
    }),
    ("another clock", another_clock),
    ("another time zone", |world| {
        Ok(vec![with(world.build("zone"), |build| build.env("TZ", "Asia/Seoul"))])
    }),
    ("another locale", |world| {
        Ok(vec![with(world.build("locale"), |build| {
            build.env("LANG", "tr_TR.UTF-8").env("LC_ALL", "tr_TR.UTF-8")
        })])
    }),
    ("umask 077", |world| {
        Ok(vec![through_shell("umask 077; exec \"$@\"", &world.build("umask-077"))])
    }),
    ("umask 000", |world| {
        Ok(vec![through_shell("umask 000; exec \"$@\"", &world.build("umask-000"))])
    }),
    ("another user", another_user),
    ("another TMPDIR", |world| {
        let folder = world.folder("another-tmp");
        Ok(vec![with(world.build("tmp"), |build| build.env("TMPDIR", folder))])
    }),
    ("no TMPDIR", |world| {
        Ok(vec![with(world.build("no-tmp"), |build| build.env_remove("TMPDIR"))])
    }),
    ("another folder", |world| {
        let copy = world.scratch.path().join("a folder/with spaces/äöü");
        shell("mkdir -p \"$2\"; cp -a \"$1/.\" \"$2\"", &[&world.workspace.root(), &copy]);
        Ok(vec![world.build_in(&copy, "folder")])
    }),
    ("another order of folders", |world| {
        let copy = world.scratch.path().join("reversed");
        copy_in_order(&world.workspace.root(), &copy, true);
        Ok(vec![world.build_in(&copy, "reversed")])
    }),
    ("another file system", |world| on_memory(world, "sorted", false)),
    ("another file system in another order", |world| on_memory(world, "reversed", true)),
    ("a warm store", |world| Ok(vec![world.build("one")])),
    ("a warm store without its stat cache", |world| {
        Ok(vec![with(world.build("one"), |build| build.arg("--paranoid"))])
    }),
    ("every input read again", |world| {
        Ok(vec![with(world.build("paranoid"), |build| build.arg("--paranoid"))])
    }),
    ("hard links", hard_links),
    ("other times and permission bits", other_times),
    ("compiler flags around", |world| {
        Ok(vec![with(world.build("flags"), |build| build.envs(COMPILER_FLAGS.iter().copied()))])
    }),
    ("no home", |world| Ok(vec![with(world.build("no-home"), |build| build.env_remove("HOME"))])),
    ("CI", |world| {
        Ok(vec![with(world.build("ci"), |build| build.env("CI", "true").env("NO_COLOR", "1"))])
    }),
    ("four builds at once in one store", |world| Ok((0..4).map(|_| world.build("four")).collect())),
];

/// Variables that compilers heed.
const COMPILER_FLAGS: &[(&str, &str)] =
    &[("RUSTFLAGS", "-Ctarget-cpu=native"), ("CFLAGS", "-O3"), ("SOURCE_DATE_EPOCH", "1")];

/// Variables that cargo heeds in the place of its configuration.
const CARGO_VARIABLES: &[(&str, &str)] = &[
    ("CARGO_BUILD_RUSTFLAGS", "-Ctarget-cpu=native"),
    ("CARGO_INCREMENTAL", "1"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "2"),
    ("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_RUSTFLAGS", "-Cdebug-assertions"),
];

/// Programs that cargo would start in the place of its own, and folders that it would write to.
const CARGO_PROGRAMS: &[(&str, &str)] = &[
    ("CARGO_BUILD_TARGET", "wasm32-unknown-unknown"),
    ("CARGO_BUILD_TARGET_DIR", "elsewhere"),
    ("CARGO_TARGET_DIR", "elsewhere"),
    ("CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER", "false"),
    ("RUSTC_WRAPPER", "false"),
];

/// Of [`DISTURBANCES`] those that a compile could see.
const SEEN_BY_COMPILES: &[&str] = &[
    "one thread",
    "eight threads",
    "another clock",
    "another locale",
    "umask 077",
    "another user",
    "another TMPDIR",
    "another folder",
    "another order of folders",
    "another file system",
    "a warm store",
    "hard links",
    "other times and permission bits",
    "compiler flags around",
    "no home",
    "CI",
    "four builds at once in one store",
];

/// What only a compile could see.
const OF_COMPILES: &[Disturbance] = &[
    ("cargo's variables", |world| {
        Ok(vec![with(world.build("cargo"), |build| build.envs(CARGO_VARIABLES.iter().copied()))])
    }),
    ("cargo's programs and folders", |world| {
        Ok(vec![with(world.build("programs"), |build| build.envs(CARGO_PROGRAMS.iter().copied()))])
    }),
    ("an empty home", |world| {
        let home = world.folder("empty-home");
        Ok(vec![with(world.build("empty-home"), |build| build.env("HOME", home))])
    }),
];

impl World {
    fn of(workspace: Workspace) -> Self {
        // The locks are written once, so that every row finds them.
        let outcome = workspace.landfall(&["build", "--all"]).expect("landfall starts");
        assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
        Self { workspace, scratch: tempfile::tempdir().expect("a folder") }
    }

    fn folder(&self, name: &str) -> PathBuf {
        let folder = self.scratch.path().join(name);
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    fn build(&self, store: &str) -> Command {
        self.build_in(&self.workspace.root(), store)
    }

    /// Builds all apps of `folder` with a store of its own; a store that is named twice is warm.
    fn build_in(&self, folder: &Path, store: &str) -> Command {
        let like = self.workspace.command(&[]).expect("there is a landfall");
        let mut command = Command::new(like.get_program());
        command
            .env_clear()
            .envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .current_dir(folder);
        command
            .args(["build", "--all", "--json", "--store"])
            .arg(self.folder("stores").join(store));
        command
    }
}

fn with(mut command: Command, change: impl FnOnce(&mut Command) -> &mut Command) -> Command {
    change(&mut command);
    command
}

/// The command with its environment and folder, started by another program.
fn through(prefix: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(prefix[0]);
    outer.args(&prefix[1..]).arg(command.get_program()).args(command.get_args());
    outer.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    outer.current_dir(command.get_current_dir().expect("a folder"));
    outer
}

fn through_shell(script: &str, command: &Command) -> Command {
    through(&["sh", "-c", script, "sh"], command)
}

fn has(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok()
}

fn another_clock(world: &World) -> Result<Vec<Command>, String> {
    if !has("faketime") {
        return Err("there is no `faketime`".into());
    }
    Ok(vec![through(&["faketime", "2001-02-03 04:05:06"], &world.build("clock"))])
}

/// Whether this process may become others.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Everything is copied to where another user may go, and the toolchain can be seen at such a place.
fn another_user(world: &World) -> Result<Vec<Command>, String> {
    if !is_root() || !has("setpriv") {
        return Err("only root can become another user, by `setpriv`".into());
    }
    let folder = tempfile::Builder::new()
        .prefix("landfall-nobody-")
        .tempdir_in("/var/tmp")
        .expect("a folder")
        .keep();
    let build = world.build_in(&world.workspace.root(), "unused");
    let script = "cp -a \"$1\" \"$3/workspace\"; cp \"$2\" \"$3/landfall\"; mkdir \"$3/store\"; chown -R 65534:65534 \"$3\"; chmod 755 \"$3\"";
    shell(script, &[&world.workspace.root(), Path::new(build.get_program()), &folder]);
    let mut command = Command::new("sh");
    command
        .env_clear()
        .envs(build.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env_remove("HOME")
        .env_remove("TMPDIR")
        .current_dir(folder.join("workspace"));
    let outer = "folder=$1; shift; \"$@\"; status=$?; rm -rf \"$folder\"; exit $status";
    command.args(["-c", outer, "sh"]).arg(&folder);
    if world.workspace.path("Cargo.toml").exists() {
        command.args(["unshare", "-m", "sh", "-ec", SHOW_TOOLCHAIN, "sh"]);
    }
    command.args(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
    command.arg(folder.join("landfall")).args(["build", "--all", "--json", "--store"]);
    command.arg(folder.join("store"));
    Ok(vec![command])
}

/// Root's own folders are closed to others. In a mount namespace, so that nothing that is removed
/// afterwards can lie behind it.
const SHOW_TOOLCHAIN: &str = "mount -t tmpfs none /mnt; mkdir /mnt/cargo /mnt/rustup
    mount --bind \"$CARGO_HOME\" /mnt/cargo; mount --bind \"$RUSTUP_HOME\" /mnt/rustup
    export CARGO_HOME=/mnt/cargo RUSTUP_HOME=/mnt/rustup PATH=\"/mnt/cargo/bin:$PATH\"; exec \"$@\"";

fn on_memory(world: &World, name: &str, reversed: bool) -> Result<Vec<Command>, String> {
    let folder = tempfile::Builder::new().prefix("landfall-").tempdir_in("/dev/shm");
    let folder = folder.map_err(|error| format!("/dev/shm cannot be written: {error}"))?.keep();
    copy_in_order(&world.workspace.root(), &folder.join("workspace"), reversed);
    let build = world.build_in(&folder.join("workspace"), &format!("memory-{name}"));
    let mut cleaned = through(
        &[
            "sh",
            "-c",
            "folder=$1; shift; \"$@\"; status=$?; rm -rf \"$folder\"; exit $status",
            "sh",
            "",
        ],
        &build,
    );
    cleaned = replace_argument(cleaned, 4, &folder);
    Ok(vec![cleaned])
}

/// The same command with another argument at one place.
fn replace_argument(command: Command, index: usize, argument: &Path) -> Command {
    let mut new = Command::new(command.get_program());
    for (at, old) in command.get_args().enumerate() {
        new.arg(if at + 1 == index { argument.as_os_str() } else { old });
    }
    new.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    new.current_dir(command.get_current_dir().expect("a folder"));
    new
}

/// Every file is a link to the workspace's own, and two equal files are one.
fn hard_links(world: &World) -> Result<Vec<Command>, String> {
    let copy = world.scratch.path().join("linked");
    shell(
        "cp -al \"$1\" \"$2\"; cd \"$2\"; [ ! -e apps/twins ] || ln -f apps/twins/files/a apps/twins/files/b",
        &[&world.workspace.root(), &copy],
    );
    Ok(vec![world.build_in(&copy, "linked")])
}

/// What is no part of a file's meaning: its times, and who else may read or write it.
fn other_times(world: &World) -> Result<Vec<Command>, String> {
    let copy = world.scratch.path().join("aged");
    let script = "cp -a \"$1\" \"$2\"; find \"$2\" -exec touch -h -d @1000000000 {} +; find \"$2\" -type f -exec chmod u-w,g+w,o-r {} +; find \"$2\" -type d -exec chmod 700 {} +";
    shell(script, &[&world.workspace.root(), &copy]);
    Ok(vec![world.build_in(&copy, "aged")])
}

fn start(command: &mut Command) -> Child {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// The differences that a disturbance makes.
fn disturbed(wanted: &BuiltApps, name: &str, commands: Vec<Command>) -> Vec<String> {
    let running: Vec<_> = commands.into_iter().map(|mut command| start(&mut command)).collect();
    let differences = running.into_iter().flat_map(|child| {
        let output = child.wait_with_output().expect("it ends");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            return vec![format!("no build: {}: {stderr}", output.status)];
        }
        built::differences(wanted, &built::read(&String::from_utf8_lossy(&output.stdout)))
    });
    differences.map(|difference| format!("{name}: {difference}")).collect()
}

/// Disturbs a world in each way. Root can do all of them; what another user cannot is named.
fn disturb<'a>(
    world: &World,
    wanted: &BuiltApps,
    disturbances: impl Iterator<Item = &'a Disturbance>,
) {
    let (mut differences, mut impossible) = (Vec::new(), Vec::new());
    for (name, make) in disturbances {
        match make(world) {
            Ok(commands) => differences.extend(disturbed(wanted, name, commands)),
            Err(reason) => impossible.push(format!("the disturbance `{name}`: {reason}")),
        }
    }
    impossible.iter().for_each(|row| left_out(row));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(!is_root() || impossible.is_empty(), "not all was done: {}", impossible.join("; "));
}

#[test]
fn no_disturbance_reaches_a_digest() {
    disturb(&World::of(apps::workspace()), undisturbed(), DISTURBANCES.iter());
}

#[test]
fn no_disturbance_reaches_what_is_compiled() {
    let world = World::of(apps::compiled_workspace());
    let output = world.build("undisturbed").output().expect("landfall starts");
    let wanted = built::read(&String::from_utf8_lossy(&output.stdout));
    assert_eq!(wanted.keys().collect::<Vec<_>>(), ["x"]);
    let seen = DISTURBANCES.iter().filter(|(name, _)| SEEN_BY_COMPILES.contains(name));
    assert_eq!(seen.clone().count(), SEEN_BY_COMPILES.len(), "a name stands for nothing");
    disturb(&world, &wanted, seen.chain(OF_COMPILES));
}

/// The disturbances above are some: without the product around it cargo makes other bytes.
#[test]
fn the_same_variables_reach_what_plain_cargo_compiles() {
    let workspace = apps::compiled_workspace();
    let plain = digest_of_server(&workspace, &[]);
    for variables in [COMPILER_FLAGS, CARGO_VARIABLES] {
        assert_ne!(digest_of_server(&workspace, variables), plain, "{variables:?}");
    }
}
