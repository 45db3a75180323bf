//! Entity tags, and what is sent when a client has a file already.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::world::{Running, place};

fn set_modified(path: &Path, time: SystemTime) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(time).unwrap();
}

#[test]
fn a_known_version_is_not_sent_again() {
    let server = Running::start_with(&place("known", &[("a.css", "p {}")]), "cache_seconds = 300");
    let tag = server.get("/a.css").header("etag").to_owned();
    for method in ["GET", "HEAD"] {
        let answer = server.ask(method, "/a.css", &[&format!("If-None-Match: \"x\", W/{tag}")]);
        assert_eq!((answer.status, answer.body.as_str()), (304, ""), "{method}");
        assert_eq!(
            (answer.header("etag"), answer.header("content-type")),
            (tag.as_str(), ""),
            "{method}"
        );
        assert_eq!(answer.header("cache-control"), "public, max-age=300", "{method}");
    }
    assert_eq!(server.ask("GET", "/a.css", &["If-None-Match: \"x\""]).status, 200);
    assert_eq!(server.ask("GET", "/none", &["If-None-Match: *"]).status, 404);
}

/// All files of a reproducible image carry one time, so the time may not be what tells two
/// versions apart.
#[test]
fn the_tag_follows_the_content_and_nothing_else() {
    let place = place("tags", &[("a", "one"), ("b", "one"), ("c", "two")]);
    for name in ["a", "c"] {
        set_modified(&place.join("www").join(name), UNIX_EPOCH);
    }
    let server = Running::start(&place);
    let tag = |name| server.get(name).header("etag").to_owned();
    assert_eq!(tag("/a"), "\"3-1a08aa1921ca5caf\"");
    assert_eq!(tag("/a"), tag("/b"), "equal content, other time");
    assert_ne!(tag("/a"), tag("/c"), "equal size and time, other content");
}

#[test]
fn a_file_that_changes_while_served_changes_its_tag() {
    let place = place("changes", &[("a", "one")]);
    let file = place.join("www/a");
    let written = |content, seconds| {
        fs::write(&file, content).unwrap();
        set_modified(&file, UNIX_EPOCH + Duration::from_secs(seconds));
    };
    let server = Running::start(&place);
    let mut tags = BTreeSet::new();
    for (content, seconds) in [("one", 1), ("two", 2), ("three", 2)] {
        written(content, seconds);
        let tag = server.get("/a").header("etag").to_owned();
        let known = server.ask("GET", "/a", &[&format!("If-None-Match: {tag}")]);
        assert_eq!((known.status, tags.insert(tag)), (304, true), "{content}");
    }
    fs::write(place.join("www/new"), "four!").unwrap();
    fs::rename(place.join("www/new"), &file).unwrap();
    assert!(!tags.contains(server.get("/a").header("etag")));
}
