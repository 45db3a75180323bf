//! Answers that are wrong, one row each: what the server does, and the exact words for it.

use std::io::{self, Write};

use landfall_fetch::{Fetcher, Limits, Request, Sink};

use crate::rig::{BODY, Known, chain, failure, limits, settings};
use crate::server::{GONE, Script, Server, Step, answer, file, send};

const CHUNKED: &str = "200 OK\nTransfer-Encoding: chunked";
const CHANGED: &str = "the file there changed, or is not what the lock names; \
    run `landfall lock --update` (or correct `sha256`) only if you expected it";

/// The name, the script, what is known of the file, whether a retry could help, and the error.
type Row = (&'static str, Script, Known, bool, String);

fn check(rows: Vec<Row>) {
    let mut wrong = String::new();
    for (name, script, known, transient, wanted) in rows {
        let server = Server::start(vec![script]);
        let error =
            failure(limits(), &format!("http://{}/file?token=secret", server.here()), known);
        let head = format!("cannot fetch http://{}/file?token=*** | ", server.here());
        let wanted = head + &wanted.replace("{here}", &server.here());
        if (chain(&error), error.is_transient(), error.is_outside())
            != (wanted.clone(), transient, true)
        {
            wrong += &format!(
                "{name} (transient: {}):\n  {}\n  {wanted}\n",
                error.is_transient(),
                chain(&error)
            );
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn says_what_the_status_means() {
    let long = "no ".repeat(100);
    let rows: [(&str, &str, bool, &str); 13] = [
        ("404 Not Found", "", false, "404 Not Found; nothing stands at this URL"),
        ("410 Gone", "", false, "410 Gone; nothing stands at this URL"),
        (
            "401 Unauthorized\nWWW-Authenticate: Basic realm=x",
            "who?",
            false,
            "401 Unauthorized; no credentials are ever sent to a URL, so the file must be readable without; \
             it says: who?",
        ),
        (
            "403 Forbidden",
            "<b>\u{1b}[2J\r\n\r\n\tno</b>\u{202e}",
            false,
            "403 Forbidden; no credentials are ever sent to a URL, so the file must be readable without; \
             it says: <b>\\u{1b}[2J no</b>\\u{202e}",
        ),
        (
            "400 Bad Request",
            &long,
            false,
            &format!("400 Bad Request; it says: {}no…", "no ".repeat(66)),
        ),
        ("407 Proxy Authentication Required", "", false, {
            "407 Proxy Authentication Required; the proxy wants a user and a password in its own URL"
        }),
        ("408 Request Timeout", "", true, "408 Request Timeout"),
        ("429 Too Many Requests\nRetry-After: 7", "", true, {
            "429 Too Many Requests; it asks to come back after 7 s"
        }),
        ("500 Internal Server Error", "", true, "500 Internal Server Error"),
        (
            "503 Service Unavailable\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT",
            "",
            true,
            "503 Service Unavailable",
        ),
        ("206 Partial Content", "hello", false, {
            "206 Partial Content; only 200 brings the whole file; it says: hello"
        }),
        ("204 No Content", "", false, "204 No Content; only 200 brings the whole file"),
        ("300 Multiple Choices\nLocation: /other", "", false, "300 Multiple Choices"),
    ];
    let row = |(head, body, transient, wanted): (&str, &str, bool, &str)| {
        let wanted = format!("the server answered {wanted}");
        ("status", vec![answer(head, body)], Known::Nothing, transient, wanted)
    };
    check(rows.map(row).into());
}

#[test]
fn refuses_before_the_body_what_the_head_shows_to_be_wrong() {
    let encoded = |encoding: &str| {
        format!(
            "the server sends the file in the encoding `{encoding}` although it was asked not to; \
             the file must be served as it is"
        )
    };
    // Where the body would be read, these would not end.
    let held = |head: &str| vec![answer(head, ""), Step::Hold];
    check(vec![
        ("gzip", held("200 OK\nContent-Encoding: gzip"), Known::Digest, false, encoded("gzip")),
        (
            "a second one",
            held("200 OK\nContent-Encoding: identity, br"),
            Known::Digest,
            false,
            encoded("br"),
        ),
        (
            "a second line",
            held("200 OK\nContent-Encoding: identity\nContent-Encoding: zstd"),
            Known::Digest,
            false,
            { encoded("zstd") },
        ),
        (
            "not text",
            held("200 OK\nContent-Encoding: \u{9b}x"),
            Known::Digest,
            false,
            encoded("\\u{9b}x"),
        ),
        ("another size", held("200 OK\nContent-Length: 17"), Known::DigestAndSize, false, {
            format!("the server announces 17 bytes where 16 are expected; {CHANGED}")
        }),
        ("over the limit", held("200 OK\nContent-Length: 1048577"), Known::Digest, false, {
            "the file is larger than the limit of 1048576 bytes".into()
        }),
        ("no length, no digest", held("200 OK"), Known::Nothing, false, {
            "the server gives no length, so a cut could not be seen; give the input its `sha256`, \
             or serve the file with a length"
                .into()
        }),
    ]);
}

#[test]
fn sees_when_the_body_is_not_whole() {
    let cut = |received: u64, total: &str, why: &str| {
        format!("the download was cut after {received} bytes{total} | {why}")
    };
    let (early, in_size) =
        ("end of file before message length reached", "unexpected EOF during chunk size line");
    check(vec![
        (
            "short",
            vec![answer("200 OK\nContent-Length: 16", "hello")],
            Known::Nothing,
            true,
            cut(5, " of 16", early),
        ),
        (
            "chunks cut between",
            vec![answer(CHUNKED, "5\r\nhello\r\n")],
            Known::Nothing,
            true,
            cut(5, "", in_size),
        ),
        ("chunks cut within", vec![answer(CHUNKED, "7\r\nhello")], Known::Nothing, true, {
            cut(5, "", early)
        }),
        (
            "chunks end too early",
            vec![answer(CHUNKED, "5\r\nhello\r\n0\r\n\r\n")],
            Known::DigestAndSize,
            true,
            { "only 5 of the expected 16 bytes came".into() },
        ),
        (
            "connection ends too early",
            vec![answer("200 OK", "hello")],
            Known::DigestAndSize,
            true,
            { "only 5 of the expected 16 bytes came".into() },
        ),
    ]);
}

#[test]
fn stops_what_is_too_much() {
    let digits = "20\r\n0123456789abcdef0123456789abcdef\r\n";
    check(vec![
        (
            "longer than expected",
            vec![answer(CHUNKED, ""), Step::Forever(digits)],
            Known::DigestAndSize,
            false,
            { format!("more came than the 16 bytes that are expected; {CHANGED}") },
        ),
        (
            "endless chunks",
            vec![answer(CHUNKED, ""), Step::Forever(digits)],
            Known::Nothing,
            false,
            { "the file is larger than the limit of 1048576 bytes".into() },
        ),
        (
            "endless connection",
            vec![answer("200 OK", ""), Step::Forever(BODY)],
            Known::Digest,
            false,
            { "the file is larger than the limit of 1048576 bytes".into() },
        ),
        (
            "endless refusal",
            vec![answer("404 Not Found", ""), Step::Forever("no ")],
            Known::Nothing,
            false,
            {
                format!(
                    "the server answered 404 Not Found; nothing stands at this URL; it says: {}no…",
                    "no ".repeat(66)
                )
            },
        ),
        (
            "endless fields",
            vec![send("HTTP/1.1 200 OK\r\n"), Step::Forever("A: b\r\n")],
            Known::Nothing,
            true,
            { "the answer of {here} is broken | message head is too large".into() },
        ),
        (
            "an endless field",
            vec![send("HTTP/1.1 200 OK\r\nA: "), Step::Forever("bbbb")],
            Known::Nothing,
            true,
            { "the answer of {here} is broken | message head is too large".into() },
        ),
        (
            "endless trailers",
            vec![answer(CHUNKED, "1\r\na\r\n0\r\n"), Step::Forever("A: b\r\n")],
            Known::Nothing,
            true,
            "the download was cut after 1 bytes | chunk trailers count overflow".into(),
        ),
        (
            "an endless chunk extension",
            vec![answer(CHUNKED, "1;"), Step::Forever("aaaa")],
            Known::Nothing,
            true,
            "the download was cut after 0 bytes | chunk extensions over limit".into(),
        ),
    ]);
}

#[test]
fn takes_so_many_header_fields_and_no_more() {
    let limits = || Limits { header_fields: 10, ..limits() };
    let fields = |count: usize| format!("404 Not Found{}", "\nA: b".repeat(count));
    let rows = [(10, "the server answered 404 Not Found"), (11, "the answer of {here} is broken")];
    for (count, wanted) in rows {
        let server = Server::start(vec![vec![answer(&fields(count), "")]]);
        let error = failure(limits(), &format!("http://{}/", server.here()), Known::Nothing);
        let wanted = wanted.replace("{here}", &server.here());
        assert!(chain(&error).contains(&wanted), "{count}: {}", chain(&error));
    }
}

#[test]
fn does_not_take_another_file() {
    let page = "<html>Log in</html>";
    let html =
        format!("200 OK\nContent-Type: text/html; charset=utf-8\nContent-Length: {}", page.len());
    let wrong = |found: &str, kind: &str| {
        let (found, expected) =
            (landfall_hashing::Digest::of(found), landfall_hashing::Digest::of(BODY));
        format!("what came has the digest {found}, and {expected} is expected{kind}; {CHANGED}")
    };
    check(vec![
        (
            "same size",
            file("HELLO, LANDFALL\n"),
            Known::DigestAndSize,
            false,
            wrong("HELLO, LANDFALL\n", ""),
        ),
        ("a page that says no", vec![answer(&html, page)], Known::Digest, false, {
            wrong(page, " (the server calls it `text/html; charset=utf-8`)")
        }),
        (
            "a cut that nothing shows",
            vec![answer("200 OK", "hello")],
            Known::Digest,
            false,
            wrong("hello", ""),
        ),
    ]);
}

#[test]
fn does_not_take_what_is_no_http() {
    let broken = |why: &str| format!("the answer of {{here}} is broken | {why}");
    let lengths = "200 OK\nContent-Length: 16\nContent-Length: 17";
    check(vec![
        (
            "another protocol",
            vec![send("SSH-2.0-x\r\n\r\n")],
            Known::Nothing,
            true,
            broken("invalid HTTP version parsed"),
        ),
        ("HTTP/0.9", vec![send(BODY)], Known::Nothing, true, broken("invalid HTTP version parsed")),
        ("two lengths", vec![answer(lengths, BODY)], Known::Nothing, true, {
            broken("invalid content-length parsed")
        }),
        (
            "a negative length",
            vec![answer("200 OK\nContent-Length: -1", "")],
            Known::Nothing,
            true,
            { broken("invalid content-length parsed") },
        ),
        (
            "not a word",
            vec![],
            Known::Nothing,
            true,
            broken("connection closed before message completed"),
        ),
        ("half a head", vec![send("HTTP/1.1 200 OK\r\nCont")], Known::Nothing, true, {
            broken("connection closed before message completed")
        }),
        (
            "a reset",
            vec![Step::Reset],
            Known::Nothing,
            true,
            broken("Connection reset by peer (os error 104)"),
        ),
        (
            "a chunk of 2^64 bytes",
            vec![answer(CHUNKED, "10000000000000000\r\n")],
            Known::Nothing,
            true,
            "the download was cut after 0 bytes | invalid chunk size: overflow".into(),
        ),
    ]);
}

#[test]
fn says_when_nobody_is_there() {
    // A label of more than 63 characters is refused by every resolver without asking anybody.
    let host = format!("{}.invalid", "a".repeat(64));
    let rows = [
        (GONE, format!("cannot connect to {GONE} | Connection refused (os error 111)")),
        (
            &host[..],
            format!("no address is known for `{host}` | failed to lookup address information: "),
        ),
    ];
    for (authority, wanted) in rows {
        let error = failure(limits(), &format!("http://{authority}/"), Known::Nothing);
        let wanted = format!("cannot fetch http://{authority}/ | {wanted}");
        assert!(chain(&error).starts_with(&wanted), "{}\n{wanted}", chain(&error));
        assert!(error.is_transient() && error.is_outside());
    }
}

/// A sink on a full disk.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Full {
    fn restart(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn says_when_the_disk_is_full() {
    let server = Server::start(vec![file(BODY)]);
    let url = format!("http://{}/", server.here());
    let request = Request { url: &url, expected: None, redirect_hosts: &[] };
    let error =
        Fetcher::new(settings(limits())).unwrap().fetch(&request, &mut Full, &|_| ()).unwrap_err();
    assert_eq!(
        chain(&error),
        format!("cannot fetch {url} | what was received cannot be written | no storage space")
    );
    assert!(!error.is_transient() && error.is_outside());
}
