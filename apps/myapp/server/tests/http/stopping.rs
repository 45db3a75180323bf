//! Signals: no new connection is taken, what is in flight is finished, the exit status says so.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;

use rustix::process::Signal;

use crate::world::{Running, place};

/// More than the kernel holds for a client that does not read.
const LARGE_BYTES: u64 = 32 * 1024 * 1024;

/// A client that has asked for a large file and has seen the beginning of the answer.
fn begin_download(place: &Path, server: &Running) -> TcpStream {
    File::create(place.join("www/large")).unwrap().set_len(LARGE_BYTES).unwrap();
    let mut stream = server.connect().unwrap();
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut beginning = [0; 15];
    stream.read_exact(&mut beginning).unwrap();
    assert_eq!(&beginning, b"HTTP/1.1 200 OK");
    stream
}

#[test]
fn what_is_in_flight_is_finished() {
    for signal in [Signal::TERM, Signal::INT] {
        let place = place("in_flight", &[]);
        let mut server = Running::start(&place);
        let mut download = begin_download(&place, &server);

        server.signal(signal);
        assert_eq!(server.next_notice(), "myapp-server: stopping");
        assert_eq!(server.connect().unwrap_err().kind(), ErrorKind::ConnectionRefused);

        let mut rest = Vec::new();
        download.read_to_end(&mut rest).unwrap();
        let body = rest.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
        assert_eq!((rest.len() - body) as u64, LARGE_BYTES);
        assert_eq!(server.wait().code(), Some(0), "{signal:?}");
    }
}

#[test]
fn connections_without_a_request_are_closed() {
    let mut server = Running::start(&place("idle", &[("a", "one")]));
    let (mut silent, mut idle) = (server.connect().unwrap(), server.connect().unwrap());
    idle.write_all(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\none") {
        let mut byte = [0];
        idle.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }

    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    for stream in [&mut silent, &mut idle] {
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    }
}

#[test]
fn a_client_that_never_finishes_is_left_in_the_end() {
    let place = place("never", &[]);
    let mut server = Running::start_with(&place, "stop_seconds = 0");
    let _download = begin_download(&place, &server);
    server.signal(Signal::TERM);
    assert_eq!(server.next_notice(), "myapp-server: stopping");
    assert_eq!(
        server.next_notice(),
        "myapp-server: error: stopped before all requests were finished"
    );
    assert_eq!(server.wait().code(), Some(1));
}
