//! No request leads out of the folder.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::world::{Running, place};

/// A folder with a secret beside it, and links of every kind.
fn treacherous(test: &str) -> PathBuf {
    let place = place(test, &[("file.txt", "open"), ("inner/file.txt", "open")]);
    fs::write(place.join("secret"), "secret").unwrap();
    fs::create_dir(place.join("www-secret")).unwrap();
    fs::write(place.join("www-secret/file"), "secret").unwrap();
    for (target, link) in [
        ("../secret", "out"),
        ("..", "outer"),
        ("../www-secret", "beside"),
        ("inner", "in"),
        ("../file.txt", "inner/up"),
        ("../www/file.txt", "around"),
        ("loop", "loop"),
        ("nowhere", "dangling"),
    ] {
        symlink(target, place.join("www").join(link)).unwrap();
    }
    symlink(place.join("secret"), place.join("www/absolute")).unwrap();
    for (kind, name) in [(FileType::Fifo, "pipe"), (FileType::Socket, "socket")] {
        let mode = Mode::RUSR | Mode::WUSR;
        mknodat(CWD, place.join("www").join(name), kind, mode, 0).unwrap();
    }
    place
}

#[test]
fn nothing_outside_is_served() {
    let place = treacherous("nothing_outside");
    let server = Running::start(&place);
    for (target, status) in [
        ("/../secret", 400),
        ("/inner/../../secret", 400),
        ("/%2e%2e/secret", 400),
        ("/.%2E/secret", 400),
        ("/..%2fsecret", 400),
        ("/%2e%2e%2fsecret", 400),
        ("/inner/%2e%2e/%2e%2e/secret", 400),
        ("//secret", 400),
        ("/%2fetc%2fpasswd", 400),
        ("/file.txt%00.html", 400),
        ("/%", 400),
        ("http://x/../secret", 400),
        ("/%252e%252e/secret", 404),
        ("/..\\secret", 404),
        ("/out", 404),
        ("/outer/secret", 404),
        ("/outer/", 404),
        ("/outer", 404),
        ("/beside/file", 404),
        ("/absolute", 404),
        ("/loop", 404),
        ("/loop/x", 404),
        ("/dangling", 404),
        ("/pipe", 404),
        ("/socket", 404),
    ] {
        let answer = server.get(target);
        assert_eq!(answer.status, status, "{target}");
        assert!(!answer.body.contains("secret"), "{target}");
    }
    // The links are real: whoever follows them arrives at the secret.
    for inner in ["out", "outer/secret", "beside/file", "absolute"] {
        assert_eq!(fs::read_to_string(place.join("www").join(inner)).unwrap(), "secret");
    }
}

#[test]
fn links_that_stay_inside_are_followed() {
    let server = Running::start(&treacherous("links_inside"));
    for target in ["/in/file.txt", "/inner/up", "/around"] {
        let answer = server.get(target);
        assert_eq!((answer.status, answer.body.as_str()), (200, "open"), "{target}");
    }
}

#[test]
fn the_folder_itself_may_be_reached_by_a_link() {
    let place = place("folder_by_link", &[("real/file.txt", "open")]);
    fs::rename(place.join("www/real"), place.join("real")).unwrap();
    fs::remove_dir(place.join("www")).unwrap();
    symlink("real", place.join("www")).unwrap();
    assert_eq!(Running::start(&place).get("/file.txt").body, "open");
}
