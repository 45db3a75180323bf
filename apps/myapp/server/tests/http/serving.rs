//! What is answered to which request, and what is logged.

use crate::world::{Running, place};

const FILES: &[(&str, &str)] = &[
    ("index.html", "<p>home"),
    ("style.css", "p {}"),
    ("empty.txt", ""),
    ("a b/é.svg", "<svg/>"),
    ("docs/index.html", "<p>docs"),
    ("bare/data.json", "{}"),
];

#[test]
fn files_and_folders() {
    let server = Running::start(&place("files_and_folders", FILES));
    for (target, status, content_type, body) in [
        ("/", 200, "text/html; charset=utf-8", "<p>home"),
        ("/index.html?v=1", 200, "text/html; charset=utf-8", "<p>home"),
        ("/style.css", 200, "text/css; charset=utf-8", "p {}"),
        ("/empty.txt", 200, "text/plain; charset=utf-8", ""),
        ("/a%20b/%C3%A9.svg", 200, "image/svg+xml", "<svg/>"),
        ("/docs/", 200, "text/html; charset=utf-8", "<p>docs"),
        ("/docs", 301, "text/plain; charset=utf-8", "this is a folder\n"),
        ("/bare/", 404, "text/plain; charset=utf-8", "there is nothing here\n"),
        ("/bare/data.json", 200, "application/json", "{}"),
        ("/style.css/", 404, "text/plain; charset=utf-8", "there is nothing here\n"),
        ("/none", 404, "text/plain; charset=utf-8", "there is nothing here\n"),
        ("/healthcheck", 200, "text/plain; charset=utf-8", "ok"),
        ("/healthcheck?deep=1", 200, "text/plain; charset=utf-8", "ok"),
        ("http://other/style.css", 200, "text/css; charset=utf-8", "p {}"),
    ] {
        let answer = server.get(target);
        assert_eq!((answer.status, answer.body.as_str()), (status, body), "{target}");
        assert_eq!(answer.header("content-type"), content_type, "{target}");
        assert_eq!(answer.header("content-length"), body.len().to_string(), "{target}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{target}");
    }
}

#[test]
fn a_name_as_long_as_the_system_refuses_is_not_found() {
    let server = Running::start(&place("long_name", FILES));
    assert_eq!(server.get(&format!("/{}", "a".repeat(300))).status, 404);
    assert_eq!(server.get(&"/a".repeat(3000)).status, 404);
}

#[test]
fn a_folder_without_its_slash_is_sent_to_the_one_with_it() {
    let server = Running::start(&place("redirects", FILES));
    for (target, location) in
        [("/docs", "/docs/"), ("/docs?page=2&x", "/docs/?page=2&x"), ("/a%20b", "/a%20b/")]
    {
        assert_eq!(server.get(target).header("location"), location);
    }
}

#[test]
fn head_is_get_without_the_body() {
    let server = Running::start(&place("head", FILES));
    for target in ["/", "/style.css", "/none", "/healthcheck", "/docs"] {
        let (get, head) = (server.get(target), server.ask("HEAD", target, &[]));
        assert_eq!(
            (head.status, head.lasting_headers()),
            (get.status, get.lasting_headers()),
            "{target}"
        );
        assert_eq!(head.body, "", "{target}");
    }
}

#[test]
fn other_methods_are_refused() {
    let server = Running::start(&place("methods", FILES));
    for (method, target) in [
        ("POST", "/"),
        ("PUT", "/style.css"),
        ("DELETE", "/none"),
        ("OPTIONS", "*"),
        ("TRACE", "/"),
        ("BREW", "/healthcheck"),
    ] {
        let answer = server.ask(method, target, &[]);
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, "GET, HEAD"),
            "{method} {target}"
        );
    }
}

#[test]
fn a_large_file_arrives_whole() {
    let content = "0123456789abcdef".repeat(100_000);
    let server = Running::start(&place("large", &[("large.txt", &content)]));
    assert!(server.get("/large.txt").body == content);
}

#[test]
fn one_line_is_logged_for_each_request() {
    let server = Running::start(&place("log", FILES));
    server.get("/style.css?a=%0a'");
    server.ask("HEAD", "/none", &[]);
    server.ask("POST", "/", &["Content-Length: 0"]);
    server.get("/../style.css");
    server.get("/healthcheck");
    let wanted = "\
127.0.0.1 \"GET /style.css?a=%0a\\' HTTP/1.1\" 200 4
127.0.0.1 \"HEAD /none HTTP/1.1\" 404 22
127.0.0.1 \"POST / HTTP/1.1\" 405 31
127.0.0.1 \"GET /../style.css HTTP/1.1\" 400 20
127.0.0.1 \"GET /healthcheck HTTP/1.1\" 200 2
";
    assert_eq!(server.stop_and_read_log(), wanted);
}
