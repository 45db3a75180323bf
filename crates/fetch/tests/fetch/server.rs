//! A server that says what a script tells it to, whatever the client asks.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// One thing that the server does on a connection.
#[derive(Clone)]
pub enum Step {
    /// Sends these bytes; `{here}` is replaced by the server's own `host:port`, `{port}` by its port.
    Send(Vec<u8>),
    /// Sends these bytes again and again until the client goes.
    Forever(&'static str),
    /// The same, a byte every few milliseconds.
    Drip(&'static str),
    /// Says nothing more until the client goes.
    Hold,
    /// Breaks the connection with a reset: the rest of the request is never read.
    Reset,
    /// Reads no request before it goes on. Stands first.
    Unasked,
}

/// An address at which nobody listens: a free port of this moment may be somebody's the next.
pub const GONE: &str = "127.0.0.1:1";

pub type Script = Vec<Step>;

pub fn send(text: impl AsRef<[u8]>) -> Step {
    Step::Send(text.as_ref().to_vec())
}

/// `HTTP/1.1`, a status and header lines; then a body.
pub fn answer(head: &str, body: impl AsRef<[u8]>) -> Step {
    let head = format!("HTTP/1.1 {}\r\n\r\n", head.replace('\n', "\r\n"));
    send([head.as_bytes(), body.as_ref()].concat())
}

/// A good answer.
pub fn file(body: &str) -> Script {
    vec![answer(&format!("200 OK\nContent-Length: {}", body.len()), body)]
}

pub struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Takes one connection for each script, then closes the door.
    pub fn start(scripts: Vec<Script>) -> Self {
        Self::serve(scripts, None)
    }

    /// The same behind TLS.
    pub fn start_tls(scripts: Vec<Script>, config: ServerConfig) -> Self {
        Self::serve(scripts, Some(Arc::new(config)))
    }

    fn serve(scripts: Vec<Script>, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { address: listener.local_addr().unwrap(), requests: Arc::default() };
        let (requests, here) = (server.requests.clone(), server.here());
        thread::spawn(move || {
            for script in scripts {
                let Ok((stream, _)) = listener.accept() else { return };
                let visit = Visit { requests: requests.clone(), here: here.clone() };
                let tls = tls.clone();
                thread::spawn(move || visit.run(stream, tls, &script));
            }
        });
        server
    }

    pub fn here(&self) -> String {
        self.address.to_string()
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The heads of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

struct Visit {
    requests: Arc<Mutex<Vec<String>>>,
    here: String,
}

impl Visit {
    fn run(&self, stream: TcpStream, tls: Option<Arc<ServerConfig>>, script: &[Step]) {
        let raw = stream.try_clone().unwrap();
        let mut stream: Box<dyn Stream> = match tls {
            Some(config) => {
                Box::new(StreamOwned::new(ServerConnection::new(config).unwrap(), stream))
            }
            None => Box::new(stream),
        };
        if !matches!(script, [Step::Reset | Step::Unasked, ..])
            && self.read_request(&mut stream).is_none()
        {
            return;
        }
        let finished = script.iter().all(|step| self.play(step, &mut stream, &raw).is_some());
        if finished && !matches!(script.last(), Some(Step::Reset)) {
            let _ = raw.shutdown(Shutdown::Write);
            drain(&mut stream);
        }
    }

    fn read_request(&self, stream: &mut dyn Stream) -> Option<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).ok()?;
            head.push(byte[0]);
        }
        self.requests.lock().unwrap().push(String::from_utf8(head).unwrap());
        Some(())
    }

    fn play(&self, step: &Step, stream: &mut dyn Stream, raw: &TcpStream) -> Option<()> {
        match step {
            Step::Send(bytes) => {
                stream.write_all(&self.filled(bytes)).and_then(|()| stream.flush()).ok()
            }
            Step::Forever(text) => flood(text, stream),
            Step::Drip(text) => drip(text, stream),
            Step::Hold => {
                drain(stream);
                None
            }
            // A socket that is closed with unread bytes sends a reset.
            Step::Reset => raw.peek(&mut [0]).map(|_| ()).ok(),
            Step::Unasked => Some(()),
        }
    }

    fn port(&self) -> &str {
        self.here.rsplit(':').next().unwrap()
    }

    fn filled(&self, bytes: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                text.replace("{here}", &self.here).replace("{port}", self.port()).into_bytes()
            }
            Err(_) => bytes.to_vec(),
        }
    }
}

/// Endless beside every limit of these tests, and yet no test hangs when a limit is missing.
fn flood(text: &str, stream: &mut dyn Stream) -> Option<()> {
    let block = text.repeat(1000);
    let blocks = (64 << 20) / block.len();
    (0..blocks).try_for_each(|_| stream.write_all(block.as_bytes()).ok())
}

/// The same in time: about ten seconds.
fn drip(text: &str, stream: &mut dyn Stream) -> Option<()> {
    text.bytes().cycle().take(2000).try_for_each(|byte| {
        thread::sleep(Duration::from_millis(5));
        stream.write_all(&[byte]).and_then(|()| stream.flush()).ok()
    })
}

/// Waits until the client goes, so that what was sent is not lost to a reset.
fn drain(stream: &mut dyn Stream) {
    let mut buffer = [0; 1024];
    while matches!(stream.read(&mut buffer), Ok(1..)) {}
}
