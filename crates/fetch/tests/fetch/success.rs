//! What a good download gives, and what exactly is sent for it.

use std::cell::RefCell;
use std::fs::File;
use std::io::{Read, Seek};

use landfall_fetch::{Fetched, Fetcher, Progress, Request, Sink};
use landfall_hashing::Digest;

use crate::rig::{BODY, Known, fetch_with, limits, settings};
use crate::server::{Script, Server, answer, file, send};

fn chunked() -> Script {
    let head = "200 OK\nTransfer-Encoding: chunked";
    vec![
        answer(head, "6\r\nhello,\r\n"),
        send("a;name=value\r\n landfall\n\r\n0\r\nTrailer: x\r\n\r\n"),
    ]
}

#[test]
fn takes_every_honest_form_of_a_body() {
    let identity = format!("200 OK\nContent-Encoding: identity\nContent-Length: {}", BODY.len());
    let rows: [(&str, Script, Known); 7] = [
        ("with a length", file(BODY), Known::Nothing),
        ("with a length, digest known", file(BODY), Known::Digest),
        ("with a length, all known", file(BODY), Known::DigestAndSize),
        ("in chunks", chunked(), Known::Nothing),
        ("in chunks, all known", chunked(), Known::DigestAndSize),
        ("to the end of the connection, digest known", vec![answer("200 OK", BODY)], Known::Digest),
        ("as it is, and says so", vec![answer(&identity, BODY)], Known::Nothing),
    ];
    for (name, script, known) in rows {
        let server = Server::start(vec![script]);
        let url = format!("http://{}/file?token=secret#part", server.here());
        let request = Request { url: &url, expected: known.expected(), redirect_hosts: &[] };
        let final_url = format!("http://{}/file?token=***", server.here());
        let wanted = Fetched { digest: Digest::of(BODY), size_bytes: 16, final_url };
        assert_eq!(
            fetch_with(settings(limits()), &request).unwrap(),
            (wanted, BODY.into()),
            "{name}"
        );
    }
}

#[test]
fn takes_an_empty_file() {
    let server = Server::start(vec![file("")]);
    let request =
        Request { url: &format!("http://{}/", server.here()), expected: None, redirect_hosts: &[] };
    let (fetched, bytes) = fetch_with(settings(limits()), &request).unwrap();
    assert_eq!((fetched.digest, fetched.size_bytes, bytes), (Digest::of(""), 0, Vec::new()));
}

#[test]
fn sends_this_and_nothing_more() {
    let server = Server::start(vec![file(BODY)]);
    let url = format!("http://{}/a%20b?token=secret#part", server.here());
    fetch_with(settings(limits()), &Request { url: &url, expected: None, redirect_hosts: &[] })
        .unwrap();
    let wanted = format!(
        "GET /a%20b?token=secret HTTP/1.1\r\naccept: */*\r\nuser-agent: landfall-test/1\r\n\
         accept-encoding: identity\r\nhost: {}\r\n\r\n",
        server.here()
    );
    assert_eq!(server.requests(), [wanted]);
}

#[test]
fn tells_how_far_it_is() {
    let server = Server::start(vec![file(BODY)]);
    let url = format!("http://{}/", server.here());
    let told = RefCell::new(Vec::new());
    let fetcher = Fetcher::new(settings(limits())).unwrap();
    let request = Request { url: &url, expected: None, redirect_hosts: &[] };
    fetcher.fetch(&request, &mut Vec::new(), &|progress| told.borrow_mut().push(progress)).unwrap();
    let told = told.into_inner();
    let at = |received_bytes| Progress { received_bytes, total_bytes: Some(16) };
    assert_eq!((told.first(), told.last()), (Some(&at(0)), Some(&at(16))));
    assert!(told.is_sorted_by_key(|progress| progress.received_bytes), "{told:?}");
}

#[test]
fn begins_a_file_anew_with_each_attempt() {
    let cut = vec![answer("200 OK\nContent-Length: 16", "HELLO, LAND")];
    let server = Server::start(vec![cut, file(BODY)]);
    let url = format!("http://{}/", server.here());
    let limits = landfall_fetch::Limits { attempts: 2, ..limits() };
    let mut sink = scratch_file();
    let request = Request { url: &url, expected: None, redirect_hosts: &[] };
    Fetcher::new(settings(limits))
        .unwrap()
        .fetch(&request, &mut sink as &mut dyn Sink, &|_| ())
        .unwrap();
    let mut text = String::new();
    sink.rewind().unwrap();
    sink.read_to_string(&mut text).unwrap();
    assert_eq!(text, BODY);
}

/// A file in the build's own scratch folder, removed from it at once. These tests run in several
/// processes, see [`crate::environment`].
fn scratch_file() -> File {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("download-{}", std::process::id()));
    let file =
        File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    file
}

#[test]
fn is_shared_by_threads() {
    let server = Server::start(vec![file(BODY), file(BODY), file(BODY), file(BODY)]);
    let url = format!("http://{}/", server.here());
    let fetcher = Fetcher::new(settings(limits())).unwrap();
    let one = || {
        let request =
            Request { url: &url, expected: Known::DigestAndSize.expected(), redirect_hosts: &[] };
        fetcher.fetch(&request, &mut Vec::new(), &|_| ()).unwrap().size_bytes
    };
    let sizes = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(one)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(sizes, [16; 4]);
}
