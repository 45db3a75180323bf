//! The real git: two sides of one file, joined.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What git makes of two sides: the text, with its marks where they do not merge, and whether they
/// do. `git merge-file` and the merge of branches find changes each in its own way; both are asked,
/// and must agree.
pub fn merged(base: &str, ours: &str, theirs: &str) -> (String, bool) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (text, is_clean) = of_files(folder.path(), base, ours, theirs);
    let of_branches = of_branches(folder.path(), base, ours, theirs);
    assert_eq!(of_branches.is_some(), is_clean, "{text}");
    assert_eq!(of_branches.as_deref().unwrap_or(&text), text);
    (text, is_clean)
}

fn of_files(folder: &Path, base: &str, ours: &str, theirs: &str) -> (String, bool) {
    let files = [("ours", ours), ("base", base), ("theirs", theirs)];
    files.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).unwrap());
    let output = git(folder, &["merge-file", "-p", "ours", "base", "theirs"], "");
    (text(&output), output.status.success())
}

/// The merged text; none where there is a conflict.
fn of_branches(folder: &Path, base: &str, ours: &str, theirs: &str) -> Option<String> {
    text(&git(folder, &["init", "--quiet", "--bare", "."], ""));
    let base = commit(folder, base, &[]);
    let [ours, theirs] = [ours, theirs].map(|side| commit(folder, side, &["-p", &base]));
    let output = git(folder, &["merge-tree", "--write-tree", &ours, &theirs], "");
    let tree = output.status.success().then(|| text(&output))?;
    let file = format!("{}:releases.toml", tree.trim());
    Some(text(&git(folder, &["cat-file", "blob", &file], "")))
}

fn commit(folder: &Path, content: &str, parents: &[&str]) -> String {
    let line =
        |arguments: &[&str], input: &str| text(&git(folder, arguments, input)).trim().to_owned();
    let blob = line(&["hash-object", "-w", "--stdin"], content);
    let tree = line(&["mktree"], &format!("100644 blob {blob}\treleases.toml\n"));
    line(&[&["commit-tree", &tree, "-m", "x"], parents].concat(), "")
}

fn git(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null")])
        .envs([("GIT_AUTHOR_NAME", "x"), ("GIT_AUTHOR_EMAIL", "x@example.com")])
        .envs([("GIT_COMMITTER_NAME", "x"), ("GIT_COMMITTER_EMAIL", "x@example.com")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("git is a prerequisite of the tests");
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}
