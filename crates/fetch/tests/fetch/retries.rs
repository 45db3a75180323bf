//! What is tried again, and what is not.

use landfall_fetch::{Limits, Request};

use crate::rig::{BODY, Known, chain, fetch_with, limits, settings};
use crate::server::{Script, Server, Step, answer, file};

/// The name, what the server always says, how the error goes on, and how often it was asked.
type Row = (&'static str, fn() -> Script, &'static str, usize);

fn limits_of(attempts: usize) -> Limits {
    Limits { attempts, ..limits() }
}

fn busy(seconds: u64) -> Script {
    vec![answer(&format!("503 Service Unavailable\nRetry-After: {seconds}\nContent-Length: 0"), "")]
}

fn cut() -> Script {
    vec![answer("200 OK\nContent-Length: 16", "hello")]
}

#[test]
fn tries_again_what_may_pass() {
    let too_many = vec![answer("429 Too Many Requests", "slow down")];
    let server = Server::start(vec![busy(0), vec![Step::Reset], too_many, cut(), file(BODY)]);
    let url = format!("http://{}/", server.here());
    let request =
        Request { url: &url, expected: Known::DigestAndSize.expected(), redirect_hosts: &[] };
    let (_, bytes) = fetch_with(settings(limits_of(5)), &request).unwrap();
    assert_eq!(bytes, BODY.as_bytes());
}

#[test]
fn follows_redirects_anew_in_each_attempt() {
    let redirect =
        || vec![answer("307 Temporary Redirect\nLocation: /next\nContent-Length: 0", "")];
    let server = Server::start(vec![redirect(), cut(), redirect(), file(BODY)]);
    let url = format!("http://{}/", server.here());
    let request = Request { url: &url, expected: None, redirect_hosts: &[] };
    assert_eq!(fetch_with(settings(limits_of(2)), &request).unwrap().1, BODY.as_bytes());
    let paths: Vec<_> = server
        .requests()
        .iter()
        .filter_map(|head| head.split(' ').nth(1).map(String::from))
        .collect();
    assert_eq!(paths, ["/", "/next", "/", "/next"]);
}

#[test]
fn gives_up_in_the_end_or_at_once() {
    let wrong = || vec![answer("200 OK\nContent-Length: 16", "HELLO, LANDFALL\n")];
    let forbidden = || vec![answer("403 Forbidden", "")];
    let rows: [Row; 5] = [
        ("always cut", cut, ", after 3 attempts | the download was cut after 5 bytes of 16", 3),
        (
            "always busy",
            || busy(0),
            ", after 3 attempts | the server answered 503 Service Unavailable; it asks",
            3,
        ),
        (
            "busy for an hour",
            || busy(3600),
            " | the server answered 503 Service Unavailable; it asks to come back after 3600 s",
            1,
        ),
        ("another file", wrong, " | what came has the digest ", 1),
        ("refused", forbidden, " | the server answered 403 Forbidden", 1),
    ];
    for (name, script, wanted, requests) in rows {
        let server = Server::start(vec![script(), script(), script(), script()]);
        let url = format!("http://{}/", server.here());
        let request =
            Request { url: &url, expected: Known::DigestAndSize.expected(), redirect_hosts: &[] };
        let error = fetch_with(settings(limits_of(3)), &request).unwrap_err();
        let wanted = format!("cannot fetch {url}{wanted}");
        assert!(chain(&error).starts_with(&wanted), "{name}:\n{}\n{wanted}", chain(&error));
        assert_eq!(server.requests().len(), requests, "{name}");
    }
}
