//! Servers that let us wait. The limits are small, and the rows run side by side.

use std::thread;
use std::time::Duration;

use landfall_fetch::Limits;

use crate::rig::{Known, chain, failure, limits};
use crate::server::{Script, Server, Step, answer, send};

fn impatient() -> Limits {
    let [connect_timeout, stall_timeout] = [100, 500].map(Duration::from_millis);
    Limits { connect_timeout, stall_timeout, ..limits() }
}

#[test]
fn does_not_wait_forever() {
    let silent = "{here} did not answer within 0.5 s";
    let ok = || answer("200 OK\nContent-Length: 1000000", "");
    let rows: [(&str, Script, &str); 8] = [
        ("before the head", vec![Step::Hold], silent),
        ("within the head", vec![send("HTTP/1.1 200 OK\r\n"), Step::Hold], silent),
        ("a head that trickles", vec![send("HTTP/1.1 200 OK\r\nA: "), Step::Drip("b")], silent),
        ("endless interim answers", vec![Step::Drip("HTTP/1.1 103 Early Hints\r\n\r\n")], silent),
        (
            "before the body",
            vec![ok(), Step::Hold],
            "nothing came for 0.5 s, after 0 bytes of 1000000",
        ),
        (
            "within the body",
            vec![ok(), send(vec![0; 200_000]), Step::Hold],
            "nothing came for 0.5 s, after 200000 bytes of 1000000",
        ),
        ("a refusal that does not end", vec![answer("404 Not Found", "gone"), Step::Hold], {
            "the server answered 404 Not Found; nothing stands at this URL; it says: gone"
        }),
        ("a refusal that trickles", vec![answer("410 Gone", "x"), Step::Drip("\n")], {
            "the server answered 410 Gone; nothing stands at this URL; it says: x"
        }),
    ];
    thread::scope(|scope| {
        for row in rows {
            scope.spawn(move || check(row));
        }
    });
}

fn check((name, script, wanted): (&str, Script, &str)) {
    let server = Server::start(vec![script]);
    let error = failure(impatient(), &format!("http://{}/", server.here()), Known::Nothing);
    let wanted = wanted.replace("{here}", &server.here());
    assert_eq!(
        chain(&error),
        format!("cannot fetch http://{}/ | {wanted}", server.here()),
        "{name}"
    );
}

#[test]
fn does_not_live_on_a_trickle() {
    let server =
        Server::start(vec![vec![answer("200 OK\nContent-Length: 1000000", ""), Step::Drip("x")]]);
    let limits = Limits {
        grace: Duration::from_millis(100),
        minimum_bytes_per_second: 1_000_000,
        ..limits()
    };
    let error = failure(limits, &format!("http://{}/", server.here()), Known::Nothing);
    let text = chain(&error);
    assert!(text.contains("the server sends less than 1000000 bytes per second, after "), "{text}");
    assert!(text.ends_with(" bytes of 1000000") && error.is_transient(), "{text}");
}
