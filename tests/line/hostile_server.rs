//! A server that does not keep its word.

use std::fs;

use landfall_tests::digest;

use crate::fetching::{Answer, Server, done, run, server, workspace};

/// What a server may do, and a word of what is said of it.
fn misdeeds(other: &Server) -> Vec<(&'static str, Answer, &'static str)> {
    other.set("/file.txt", Answer::File(b"for amd64\n".to_vec()));
    vec![
        ("other bytes of the same length", Answer::File(b"for evil1\n".to_vec()), "sha256:"),
        ("other bytes, longer", Answer::File(b"for amd64 and more\n".to_vec()), "10"),
        ("other bytes, shorter", Answer::File(b"for\n".to_vec()), "10"),
        ("fewer bytes than it promised", Answer::Short(b"for a".to_vec(), 5), ""),
        ("bytes without an end", Answer::Endless(vec![b'x'; 65536]), "10"),
        ("another origin", Answer::Redirect(format!("{}/file.txt", other.origin)), "redirect"),
        ("a file of this machine", Answer::Redirect("file:///etc/passwd".into()), "redirect"),
        ("itself, for ever", Answer::Redirect("/x-1.0.0-amd64.txt".into()), "redirect"),
        ("nothing", Answer::Status(404), "404"),
        ("no entry", Answer::Status(403), "403"),
    ]
}

#[test]
fn a_build_refuses_what_is_not_locked_and_keeps_nothing_of_it() {
    let (server, other) = (server(), Server::start());
    let workspace = workspace(&server, "");
    done(&workspace, "lock x");
    let wanted = done(&workspace, "build x");
    for (name, answer, word) in misdeeds(&other) {
        let _ = fs::remove_dir_all(workspace.store());
        server.set("/x-1.0.0-amd64.txt", answer);
        let outcome = run(&workspace, "build x");
        assert!(matches!(outcome.status, Some(1 | 3)), "{name}: {outcome:?}");
        assert!(
            outcome.stdout.is_empty() && !outcome.stderr.contains("panicked"),
            "{name}: {outcome:?}"
        );
        assert!(outcome.stderr.contains(word), "{name}: `{word}` is not in {}", outcome.stderr);
        assert_eq!(run(&workspace, "store verify").status, Some(0), "{name}");
        server.set("/x-1.0.0-amd64.txt", Answer::File(b"for amd64\n".to_vec()));
        assert_eq!(done(&workspace, "build x"), wanted, "{name}: afterwards");
    }
    assert_eq!(other.asked("/file.txt"), 0, "nobody was sent elsewhere");
}

#[test]
fn a_lock_is_not_written_from_half_a_file() {
    let server = server();
    server.set("/x-1.0.0-amd64.txt", Answer::Short(b"for a".to_vec(), 5));
    let workspace = workspace(&server, "");
    let outcome = run(&workspace, "lock x");
    assert_eq!(outcome.status, Some(3), "{}", outcome.stderr);
    assert!(!workspace.path("apps/x/app.lock").exists());
}

#[test]
fn a_lock_refuses_other_bytes_than_app_toml_wants() {
    let server = server();
    let wanted = digest::of(b"something else");
    let workspace = workspace(&server, &format!("sha256 = \"{}\"\n", &wanted[7..]));
    let outcome = run(&workspace, "lock x");
    assert!(matches!(outcome.status, Some(1 | 3)), "{}", outcome.stderr);
    assert!(outcome.stderr.contains(&wanted[7..19]), "{}", outcome.stderr);
    assert!(!workspace.path("apps/x/app.lock").exists());
}

#[test]
fn another_host_is_asked_where_app_toml_allows_it() {
    let (server, other) = (server(), Server::start());
    for platform in ["amd64", "arm64"] {
        other.set("/file.txt", Answer::File(b"elsewhere\n".to_vec()));
        server.set(
            &format!("/x-1.0.0-{platform}.txt"),
            Answer::Redirect(format!("{}/file.txt", other.origin)),
        );
    }
    let workspace = workspace(&server, "redirects = [\"127.0.0.1\"]\n");
    let outcome = run(&workspace, "lock x");
    assert_eq!(outcome.status, Some(0), "{}", outcome.stderr);
    assert!(
        fs::read_to_string(workspace.path("apps/x/app.lock"))
            .expect("app.lock")
            .contains(&digest::of(b"elsewhere\n"))
    );
}
