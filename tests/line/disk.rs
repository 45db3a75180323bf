//! Disks that are full, that may not be written, or that are others; names that no text can hold.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use landfall_testkit::{Outcome, Workspace};
use landfall_tests::loud::left_out;

use crate::bad_input::{complaints, workspace};

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Runs a script with the landfall of `workspace` as `$1` in mount namespaces of its own; none
/// where this machine refuses them.
fn unshared(workspace: &Workspace, script: &str) -> Option<Outcome> {
    if !is_root()
        || !Command::new("unshare")
            .args(["-m", "true"])
            .status()
            .is_ok_and(|status| status.success())
    {
        return None;
    }
    let like = workspace.command(&[]).expect("there is a landfall");
    let mut command = Command::new("unshare");
    command
        .args(["-m", "sh", "-c", script, "sh"])
        .arg(like.get_program())
        .current_dir(workspace.root());
    clear(&mut command, &like);
    Some(Outcome::from(command.output().expect("unshare starts")))
}

/// Gives a command the environment of a hermetic one, and nothing of this machine's.
fn clear(command: &mut Command, like: &Command) {
    command.env_clear().envs(like.get_envs().filter_map(|(name, value)| Some((name, value?))));
}

fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// A file that no compression makes smaller than the disk.
fn fill(workspace: &Workspace) {
    fs::write(workspace.path("apps/x/files/a"), landfall_tests::apps::mixed(6_000_000))
        .expect("a file");
}

#[test]
fn a_full_disk_is_said_and_leaves_a_store_that_works_once_there_is_room() {
    let workspace = workspace();
    fill(&workspace);
    let script = "mkdir ../small && mount -t tmpfs -o size=1m none ../small || exit 99
        \"$1\" build x --store ../small/store; echo $? >../status
        mount -o remount,size=64m ../small
        \"$1\" build x --store ../small/store && \"$1\" store verify --store ../small/store";
    let Some(outcome) = unshared(&workspace, script).filter(|outcome| outcome.status != Some(99))
    else {
        return left_out("a full disk: nothing can be mounted here");
    };
    let status = fs::read_to_string(workspace.root().parent().expect("a folder").join("status"))
        .expect("a status");
    assert_eq!(status.trim(), "3", "{}", outcome.stderr);
    none(complaints(
        "a full disk",
        &Outcome { stdout: String::new(), ..outcome.clone() },
        0,
        &["No space left".into()],
    ));
    let wanted = workspace.landfall(&["build", "x"]).expect("landfall starts");
    assert_eq!(outcome.stdout, wanted.stdout);
}

/// Scratch, and not the archive, is what fails.
#[test]
fn a_disk_that_is_full_while_an_archive_is_unpacked_is_no_fault_of_the_archive() {
    let workspace = workspace();
    fill(&workspace);
    let text = fs::read_to_string(workspace.path("apps/x/app.toml")).expect("app.toml");
    for (name, pack) in [
        ("a.tar.gz", "tar -C \"$1\" -czf \"$2\" a"),
        ("a.zip", "cd \"$1\" && python3 -m zipfile -c \"$2\" a"),
    ] {
        let place = workspace.path(&format!("apps/x/files/{name}"));
        landfall_tests::tree::shell(pack, &[&workspace.path("apps/x/files"), &place]);
        let unpacked = format!(
            "unpack = {{ input = \"a\", to = \"/opt\" }}\n[inputs.a]\npath = \"files/{name}\"\n"
        );
        let own = text.replace("files = { \"files/a\" = \"/srv/a\" }", &unpacked);
        fs::write(workspace.path("apps/x/app.toml"), own).expect("app.toml");
        // Once for the copy of the archive, once for what is in it.
        for megabytes in [1, 4] {
            let script = format!(
                "mkdir -p ../small && mount -t tmpfs -o size={megabytes}m none ../small || exit 99
                \"$1\" build x --store ../small/store"
            );
            let outcome = unshared(&workspace, &script);
            let Some(outcome) = outcome.filter(|outcome| outcome.status != Some(99)) else {
                return left_out("a full disk for an archive: nothing can be mounted here");
            };
            none(complaints(
                &format!("{name} into {megabytes} MB"),
                &outcome,
                3,
                &["scratch".into(), "No space left".into()],
            ));
            assert!(!outcome.stderr.contains("cannot be unpacked"), "{}", outcome.stderr);
        }
    }
}

#[test]
fn a_disk_that_is_full_for_a_download_is_said() {
    let server = crate::fetching::server();
    let bytes = landfall_tests::apps::mixed(6_000_000);
    server.set("/x-1.0.0-amd64.txt", crate::fetching::Answer::File(bytes));
    let workspace = crate::fetching::workspace(&server, "");
    let script = "mkdir ../small && mount -t tmpfs -o size=1m none ../small || exit 99
        \"$1\" lock x --store ../small/store";
    let Some(outcome) = unshared(&workspace, script).filter(|outcome| outcome.status != Some(99))
    else {
        return left_out("a full disk for a download: nothing can be mounted here");
    };
    none(complaints("a full disk", &outcome, 3, &["No space left".into()]));
    assert!(!workspace.path("apps/x/app.lock").exists());
}

#[test]
fn the_name_of_an_app_that_is_not_utf8_is_an_error_of_all_apps() {
    let workspace = workspace();
    let folder = workspace.path("apps").join(Path::new(OsStr::from_bytes(b"z\xff")));
    fs::create_dir(&folder).expect("a folder");
    assert_eq!(workspace.landfall(&["build", "--all"]).expect("landfall starts").status, Some(0));
    fs::copy(workspace.path("apps/x/app.toml"), folder.join("app.toml")).expect("a copy");
    let outcome = workspace.landfall(&["build", "--all"]).expect("landfall starts");
    none(complaints(
        "a name that is not UTF-8",
        &outcome,
        1,
        &["the name of `apps/z\u{fffd}` is not UTF-8".into()],
    ));
}

#[test]
fn a_disk_that_is_full_for_the_output_leaves_no_half_file() {
    let workspace = workspace();
    fill(&workspace);
    let script = "mkdir ../small && mount -t tmpfs -o size=1m none ../small || exit 99
        \"$1\" build x --store ../store --output oci-archive:../small/out.tar; status=$?
        ls -A ../small; exit $status";
    let Some(outcome) = unshared(&workspace, script).filter(|outcome| outcome.status != Some(99))
    else {
        return left_out("a full disk for the output: nothing can be mounted here");
    };
    none(complaints("a full disk", &outcome, 3, &["out.tar".into(), "No space left".into()]));
}

#[test]
fn a_store_that_may_not_be_written_is_named() {
    let workspace = workspace();
    let script = "mkdir ../fixed && mount -t tmpfs -o size=1m,ro none ../fixed || exit 99
        \"$1\" build x --store ../fixed/store";
    let Some(outcome) = unshared(&workspace, script).filter(|outcome| outcome.status != Some(99))
    else {
        return left_out("a store that may not be written: nothing can be mounted here");
    };
    none(complaints(
        "a read-only store",
        &outcome,
        3,
        &["fixed/store".into(), "Read-only file system".into()],
    ));
}

#[test]
fn a_built_store_that_may_not_be_written_is_named() {
    let workspace = workspace();
    let script = "\"$1\" build x --store ../store >/dev/null && mount --bind ../store ../store && mount -o remount,bind,ro ../store || exit 99
        echo changed >apps/x/files/a; \"$1\" build x --store ../store";
    let Some(outcome) = unshared(&workspace, script).filter(|outcome| outcome.status != Some(99))
    else {
        return left_out("a built store that may not be written: nothing can be mounted here");
    };
    none(complaints(
        "a read-only store",
        &outcome,
        3,
        &["/store`".into(), "can only be read".into()],
    ));
}

#[test]
fn a_store_on_another_file_system_works_and_hands_out() {
    let workspace = workspace();
    let Ok(memory) = tempfile::Builder::new().prefix("landfall-").tempdir_in("/dev/shm") else {
        return left_out("a store on another file system: /dev/shm cannot be written");
    };
    let like = workspace.command(&[]).expect("there is a landfall");
    let mut command = Command::new(like.get_program());
    clear(&mut command, &like);
    command
        .args(["build", "x", "--output", "oci:out", "--store"])
        .arg(memory.path().join("store"))
        .current_dir(workspace.root());
    let outcome = Outcome::from(command.output().expect("landfall starts"));
    none(complaints(
        "another file system",
        &Outcome { stdout: String::new(), ..outcome.clone() },
        0,
        &[],
    ));
    assert_eq!(
        workspace.landfall(&["build", "x"]).expect("landfall starts").stdout,
        outcome.stdout
    );
    assert!(workspace.path("out/index.json").is_file());
}

#[test]
fn a_file_in_the_place_of_the_store_is_named() {
    let workspace = workspace();
    fs::write(workspace.store(), "a file").expect("a file");
    let outcome = workspace.landfall(&["build", "x"]).expect("landfall starts");
    none(complaints("a file for a store", &outcome, 3, &["store".into()]));
    assert_eq!(fs::read_to_string(workspace.store()).expect("it is still there"), "a file");
}

#[test]
fn a_folder_that_is_no_store_is_not_made_one() {
    let workspace = workspace();
    fs::create_dir(workspace.store()).expect("a folder");
    fs::write(workspace.store().join("thesis.txt"), "years").expect("a file");
    let outcome = workspace.landfall(&["store", "gc"]).expect("landfall starts");
    assert_ne!(outcome.status, Some(0), "{outcome:?}");
    assert_eq!(
        fs::read_to_string(workspace.store().join("thesis.txt")).expect("it is still there"),
        "years"
    );
}

#[test]
fn a_name_that_is_not_utf8_is_shown_escaped() {
    let workspace = workspace();
    let name = OsStr::from_bytes(b"files/\xff\xfe");
    fs::write(workspace.path("apps/x").join(Path::new(name)), "x").expect("a file");
    let text = fs::read_to_string(workspace.path("apps/x/app.toml")).expect("app.toml");
    fs::write(
        workspace.path("apps/x/app.toml"),
        text.replace("\"files/a\" = \"/srv/a\"", "\"files\" = \"/srv\""),
    )
    .expect("app.toml");
    let outcome = workspace.landfall(&["build", "x"]).expect("landfall starts");
    none(complaints(
        "a name that is not UTF-8",
        &outcome,
        1,
        &["not UTF-8".into(), "apps/x/files/".into()],
    ));
}

#[test]
fn a_control_character_in_the_name_of_a_file_does_not_reach_the_terminal() {
    let workspace = workspace();
    fs::create_dir(workspace.path("apps/x/files/tree")).expect("a folder");
    landfall_tests::tree::shell(
        "mkfifo \"$1\"",
        &[&workspace.path("apps/x/files/tree/\u{1b}]0;owned\u{7}")],
    );
    let text = fs::read_to_string(workspace.path("apps/x/app.toml")).expect("app.toml");
    fs::write(
        workspace.path("apps/x/app.toml"),
        text.replace("\"files/a\" = \"/srv/a\"", "\"files/tree\" = \"/srv\""),
    )
    .expect("app.toml");
    let outcome = workspace.landfall(&["build", "x"]).expect("landfall starts");
    none(complaints("a control character", &outcome, 1, &["owned".into()]));
    assert!(!outcome.stderr.contains(['\u{1b}', '\u{7}']), "{:?}", outcome.stderr);
}

#[test]
fn a_file_that_may_not_be_read_is_named() {
    let workspace = workspace();
    fs::write(workspace.path("apps/x/files/a"), "secret").expect("a file");
    landfall_tests::tree::shell("chmod 000 \"$1\"", &[&workspace.path("apps/x/files/a")]);
    if is_root() {
        return left_out("a file that may not be read: root reads every file");
    }
    let outcome = workspace.landfall(&["build", "x"]).expect("landfall starts");
    none(complaints(
        "a file that may not be read",
        &outcome,
        1,
        &["apps/x/files/a".into(), "ermission".into()],
    ));
}

/// A rename over a device would take it away from the whole machine.
#[test]
fn an_output_takes_the_place_of_no_pipe_and_no_device() {
    use std::os::unix::fs::FileTypeExt;
    let workspace = workspace();
    let pipe = workspace.path("pipe");
    landfall_tests::tree::shell("mkfifo \"$1\"", &[&pipe]);
    let output = format!("oci-archive:{}", pipe.display());
    let like =
        workspace.command(&["build", "x", "--output", &output]).expect("there is a landfall");
    // Whoever opens a pipe that nobody reads waits for ever.
    let mut command = Command::new("timeout");
    clear(&mut command, &like);
    command.arg("20").arg(like.get_program()).args(like.get_args()).current_dir(workspace.root());
    let outcome = Outcome::from(command.output().expect("timeout starts"));
    let kind = fs::symlink_metadata(&pipe).expect("it is still there").file_type();
    assert!(kind.is_fifo(), "the pipe was replaced: {outcome:?}");
    assert!(matches!(outcome.status, Some(1..=3)), "{outcome:?}");
    assert!(outcome.stderr.contains("pipe"), "{outcome:?}");
}

#[test]
fn a_standard_output_that_is_full_is_said() {
    let workspace = workspace();
    let like = workspace.command(&["build", "x"]).expect("there is a landfall");
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let mut command = Command::new(like.get_program());
    clear(&mut command, &like);
    command.args(like.get_args()).current_dir(workspace.root()).stdout(full);
    let outcome = Outcome::from(command.output().expect("landfall starts"));
    none(complaints("a full output", &outcome, 3, &["standard output".into()]));
}
