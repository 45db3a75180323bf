//! Just enough HTTP to ask a server on loopback whether it is there and what it answers.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    /// The body as it was sent.
    pub body: Vec<u8>,
}

/// Asks `address` (`127.0.0.1:PORT`) for `path`, in HTTP/1.0 so that the body ends with the
/// connection (RFC 1945, section 7.2.2).
///
/// # Errors
/// Nobody answers within five seconds, or what comes is no HTTP.
pub fn get(address: &str, path: &str) -> io::Result<HttpAnswer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    parse(&answer).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no HTTP answer"))
}

fn parse(answer: &[u8]) -> Option<HttpAnswer> {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.strip_prefix("HTTP/")?.split(' ').nth(1)?.parse().ok()?;
    Some(HttpAnswer { status, head, body: answer[end + 4..].to_vec() })
}

/// A port of loopback that nobody listens on now. Somebody else may take it before it is used:
/// whoever starts a server on it tries again with another one when that happens.
///
/// # Errors
/// No port is free.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_divided_at_the_empty_line() {
        let answer = parse(b"HTTP/1.1 404 Not Found\r\nA: b\r\n\r\nnone\r\n\r\nhere").unwrap();
        assert_eq!(answer.status, 404);
        assert_eq!(answer.head, "HTTP/1.1 404 Not Found\r\nA: b");
        assert_eq!(answer.body, b"none\r\n\r\nhere");
        for odd in [&b"SSH-2.0-x\r\n\r\n"[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 x\r\n\r\n", b""] {
            assert_eq!(parse(odd), None, "{odd:?}");
        }
    }
}
