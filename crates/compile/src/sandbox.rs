//! The helper: one thread that puts up the walls and becomes cargo.
//!
//! With namespaces it has two stages. The outer one is root in a new user namespace, builds the
//! new root folder and waits; the inner one is the first process of a new process namespace, so
//! all that a build script leaves running ends with it, and gives up its rights in one more user
//! namespace before cargo starts. Where the parent dies, each stage is killed, and cargo with it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, path_beneath_rules,
};
use rustix::fs::{Mode, StatVfsMountFlags, statvfs};
use rustix::mount::{
    MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_bind_recursive, mount_change,
    mount_remount, unmount,
};
use rustix::process::{
    Signal, getegid, geteuid, pivot_root, set_parent_process_death_signal, umask,
};
use rustix::thread::{UnshareFlags, set_no_new_privs};

use crate::confine::{HELPER_INSIDE, Mount, REFUSED, SPEC_INSIDE, STAGES, Spec, Walls};

/// The user that cargo is inside, whoever starts the build: no root, and the same everywhere.
const USER: u32 = 1000;

/// What the helper could not do.
#[derive(Debug, thiserror::Error)]
#[error("{step}: {source}")]
struct Refusal {
    step: String,
    source: io::Error,
}

/// The helper's whole life: what the front calls for the hidden command that [`crate::Helper`]
/// names, with the arguments after it, before it starts any thread.
///
/// Gives cargo's exit status, or 125 where the kernel refuses; the reason is then on standard
/// error, which the front reads.
pub fn confined_main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments = arguments.into_iter();
    let stage = arguments.next().and_then(|stage| stage.into_string().ok());
    let spec = PathBuf::from(arguments.next().unwrap_or_default());
    run(stage.as_deref().unwrap_or_default(), &spec).unwrap_or_else(|refusal| {
        // Nothing can be done where standard error is closed; the status says enough.
        let _ = writeln!(io::stderr(), "{refusal}");
        ExitCode::from(REFUSED)
    })
}

fn run(stage: &str, spec: &Path) -> Result<ExitCode, Refusal> {
    try_to("tie the helper to its parent", set_parent_process_death_signal(Some(Signal::KILL)))?;
    let spec = read(spec)?;
    umask(Mode::from_raw_mode(0o022));
    match (stage, spec.walls) {
        (stage, Walls::Namespaces) if stage == STAGES[0] => outer(&spec),
        (stage, Walls::Namespaces) if stage == STAGES[1] => inner(&spec),
        (_, Walls::Landlock) => landlock(&spec).and_then(|()| become_program(&spec)),
        _ => become_program(&spec),
    }
}

fn try_to<T, E: Into<io::Error>>(
    step: impl Into<String>,
    result: Result<T, E>,
) -> Result<T, Refusal> {
    result.map_err(|source| Refusal { step: step.into(), source: source.into() })
}

fn read(spec: &Path) -> Result<Spec, Refusal> {
    let text = try_to("read the spec", fs::read(spec))?;
    try_to("understand the spec", serde_json::from_slice(&text))
}

fn outer(spec: &Spec) -> Result<ExitCode, Refusal> {
    let (user, group) = (geteuid().as_raw(), getegid().as_raw());
    let spaces = UnshareFlags::NEWUSER | UnshareFlags::NEWNET | UnshareFlags::NEWNS;
    let spaces = spaces | UnshareFlags::NEWPID | UnshareFlags::NEWIPC | UnshareFlags::NEWUTS;
    leave("enter new namespaces", spaces)?;
    map_ids((0, user), (0, group))?;
    build_root(spec)?;
    try_to("name the machine", rustix::system::sethostname(b"landfall"))?;
    let mut inner = Command::new(HELPER_INSIDE);
    inner.args(&spec.helper_arguments).args([STAGES[1], SPEC_INSIDE]);
    Ok(code(try_to("start the inner helper", inner.status())?))
}

fn inner(spec: &Spec) -> Result<ExitCode, Refusal> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    try_to("mount /proc", mount("proc", "/proc", "proc", flags, None))?;
    for done in [HELPER_INSIDE, SPEC_INSIDE] {
        try_to("put the helper away", unmount(done, UnmountFlags::DETACH))?;
    }
    leave("give up rights", UnshareFlags::NEWUSER)?;
    map_ids((USER, 0), (USER, 0))?;
    become_program(spec)
}

#[allow(unsafe_code, reason = "rustix has no safe name for unshare, because of the flag FILES")]
fn leave(step: &str, spaces: UnshareFlags) -> Result<(), Refusal> {
    assert!(!spaces.contains(UnshareFlags::FILES), "the table of open files stays shared");
    // SAFETY: what is unsafe about `unshare` is a table of open files that another thread still
    // uses; the flag for it is refused above, and this process has one thread.
    try_to(step, unsafe { rustix::thread::unshare_unsafe(spaces) })
}

/// Pairs of the id inside and the id outside.
fn map_ids(user: (u32, u32), group: (u32, u32)) -> Result<(), Refusal> {
    let lines = [
        ("setgroups", "deny".to_owned()),
        ("uid_map", format!("{} {} 1", user.0, user.1)),
        ("gid_map", format!("{} {} 1", group.0, group.1)),
    ];
    lines.iter().try_for_each(|(file, line)| {
        try_to(format!("write {file}"), fs::write(format!("/proc/self/{file}"), line))
    })
}

/// Makes a root folder of the mounts alone, and enters it.
fn build_root(spec: &Spec) -> Result<(), Refusal> {
    let everything = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    try_to("keep mounts to itself", mount_change("/", everything))?;
    let flags = MountFlags::NOSUID | MountFlags::NODEV;
    try_to("mount a new root", mount("tmpfs", &spec.root, "tmpfs", flags, Some(c"mode=0755")))?;
    for mount in &spec.mounts {
        bind(spec, mount).map_err(|source| Refusal {
            step: format!("mount {}", mount.from.display()),
            source,
        })?;
    }
    protect(spec)?;
    bring_proc(&spec.root)?;
    enter(&spec.root)?;
    let flags = flags | MountFlags::BIND | MountFlags::RDONLY;
    try_to("write-protect the root", mount_remount("/", flags, c""))
}

fn bind(spec: &Spec, mount: &Mount) -> io::Result<()> {
    let place = inside(spec, &mount.to);
    if mount.from.is_dir() {
        fs::create_dir_all(&place)?;
    } else {
        fs::create_dir_all(place.parent().unwrap_or(&spec.root))?;
        File::create(&place)?;
    }
    Ok(mount_bind_recursive(&mount.from, &place)?)
}

/// The kernel lets the inner helper mount its own /proc only where one can be seen already
/// (mount_namespaces(7)); the new one lies on top of it.
fn bring_proc(root: &Path) -> Result<(), Refusal> {
    let place = root.join("proc");
    try_to("make /proc", fs::create_dir_all(&place))?;
    try_to("bring /proc", mount_bind_recursive("/proc", &place))
}

fn inside(spec: &Spec, path: &Path) -> PathBuf {
    spec.root.join(path.strip_prefix("/").unwrap_or(path))
}

/// Write-protects every mount that is not said to be writable, with those that came along below.
fn protect(spec: &Spec) -> Result<(), Refusal> {
    let table = try_to("read the mounts", fs::read_to_string("/proc/self/mountinfo"))?;
    let places = table.lines().filter_map(|line| line.split(' ').nth(4)).map(unescape);
    for place in places.filter(|place| place.starts_with(&spec.root) && *place != spec.root) {
        if !is_writable(spec, &place) {
            let flags = MountFlags::BIND | MountFlags::RDONLY | kept_flags(&place)?;
            let step = format!("write-protect {}", place.display());
            try_to(step, mount_remount(&place, flags, c""))?;
        }
    }
    Ok(())
}

fn is_writable(spec: &Spec, place: &Path) -> bool {
    let mounts = spec.mounts.iter().filter(|mount| place.starts_with(inside(spec, &mount.to)));
    mounts.max_by_key(|mount| mount.to.components().count()).is_some_and(|mount| mount.writable)
}

/// A blank, a tab, a line feed and a backslash are octal in mountinfo (proc_pid_mountinfo(5)).
fn unescape(text: &str) -> PathBuf {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    escapes.iter().fold(text.to_owned(), |text, (escape, plain)| text.replace(escape, plain)).into()
}

/// A namespace may not take away what was set outside of it (mount_namespaces(7)).
fn kept_flags(place: &Path) -> Result<MountFlags, Refusal> {
    let found = try_to(format!("look at {}", place.display()), statvfs(place))?.f_flag;
    let pairs = [
        (StatVfsMountFlags::NOSUID, MountFlags::NOSUID),
        (StatVfsMountFlags::NODEV, MountFlags::NODEV),
        (StatVfsMountFlags::NOEXEC, MountFlags::NOEXEC),
        (StatVfsMountFlags::NOATIME, MountFlags::NOATIME),
        (StatVfsMountFlags::NODIRATIME, MountFlags::NODIRATIME),
        (StatVfsMountFlags::RELATIME, MountFlags::RELATIME),
    ];
    Ok(pairs.into_iter().filter(|(seen, _)| found.contains(*seen)).map(|(_, kept)| kept).collect())
}

/// The old root lands on top of the new one and is taken off (pivot_root(2), "pivot_root(".", ".")").
fn enter(root: &Path) -> Result<(), Refusal> {
    try_to("enter the new root", std::env::set_current_dir(root))?;
    try_to("change the root", pivot_root(".", "."))?;
    try_to("leave the old root", unmount(".", UnmountFlags::DETACH))?;
    try_to("enter the new root", std::env::set_current_dir("/"))
}

/// All or nothing for files (ABI 3 is Linux 6.2); TCP from Linux 6.7 on.
fn landlock(spec: &Spec) -> Result<(), Refusal> {
    let paths = |writable| {
        spec.mounts.iter().filter(move |mount| mount.writable == writable).map(|mount| &mount.from)
    };
    let restrict = || -> Result<(), RulesetError> {
        let rules = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessFs::from_all(ABI::V3))?
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessNet::from_all(ABI::V4))?
            .create()?
            .set_compatibility(CompatLevel::HardRequirement)
            .add_rules(path_beneath_rules(paths(false), AccessFs::from_read(ABI::V3)))?
            .add_rules(path_beneath_rules(["/dev/null"], AccessFs::from_all(ABI::V3)))?
            .add_rules(path_beneath_rules(paths(true), AccessFs::from_all(ABI::V3)))?;
        rules.restrict_self().map(drop)
    };
    try_to("restrict files by landlock", restrict().map_err(io::Error::other))
}

/// Gives only errors: where it succeeds, this program is gone.
fn become_program(spec: &Spec) -> Result<ExitCode, Refusal> {
    try_to("refuse new rights", set_no_new_privs(true))?;
    let mut command = Command::new(&spec.program);
    let source = command.args(&spec.arguments).current_dir("/").exec();
    Err(Refusal { step: format!("start {}", spec.program.display()), source })
}

/// A program that was killed ends as a shell would say it.
fn code(status: ExitStatus) -> ExitCode {
    let signal = || 128 + status.signal().unwrap_or_default();
    ExitCode::from(u8::try_from(status.code().unwrap_or_else(signal)).unwrap_or(u8::MAX))
}
