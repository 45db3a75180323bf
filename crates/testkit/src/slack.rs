//! Plays Slack's incoming webhooks on loopback: takes what Slack documents that it takes, refuses
//! the rest in Slack's words, and keeps every post. It can be told to be ill.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

use crate::RigError;
use crate::port::ReservedPort;
use crate::slack_limits;

/// The path of the one webhook; whoever knows it may post, so that it is a secret.
const PATH: &str = "/services/T00000000/B00000000/landfallwebhooksecret";

/// How long a client may be silent.
const TIMEOUT: Duration = Duration::from_secs(5);

const HEAD_LIMIT_BYTES: u64 = 64 * 1024;
const BODY_LIMIT_BYTES: usize = 1024 * 1024;

/// How the receiver meets its clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlackMood {
    /// As Slack does.
    Well,
    /// 500 and `rollup_error` to every post.
    Failing,
    /// 429 to every post, with `Retry-After: 30`.
    Limiting,
    /// Takes a post, and never answers.
    Hanging,
    /// Refuses connections.
    Refusing,
}

/// A request as it came, and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackPost {
    /// The body.
    pub body: Vec<u8>,
    /// The status of the answer; none where there was no answer.
    pub status: Option<u16>,
    /// The words of the answer.
    pub answer: String,
}

/// A receiver of incoming webhooks; it ends with the value.
#[derive(Debug)]
pub struct SlackReceiver {
    shared: Arc<Shared>,
    listening: Option<Listening>,
    port: ReservedPort,
}

/// What the receiver and its thread both see.
#[derive(Debug)]
struct Shared {
    mood: Mutex<SlackMood>,
    posts: Mutex<Vec<SlackPost>>,
    /// Told of every post.
    arrived: Condvar,
    /// Connections that are never answered.
    held: Mutex<Vec<TcpStream>>,
}

/// The thread that takes connections.
#[derive(Debug)]
struct Listening {
    port: u16,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// What is read of a request.
struct Request {
    line: String,
    content_type: String,
    body: Vec<u8>,
}

impl SlackReceiver {
    /// Starts a receiver that is well.
    ///
    /// # Errors
    /// No port can be had.
    pub fn start() -> Result<Self, RigError> {
        Self::start_again(None)
    }

    /// Starts a receiver that is well at the port that it had before, where that is still free.
    pub(crate) fn start_again(port: Option<u16>) -> Result<Self, RigError> {
        let shared = Arc::new(Shared {
            mood: Mutex::new(SlackMood::Well),
            posts: Mutex::default(),
            arrived: Condvar::new(),
            held: Mutex::default(),
        });
        let port = ReservedPort::again(port)?;
        let listening = Some(Listening::start(&port, &shared)?);
        Ok(Self { shared, listening, port })
    }

    /// The address of the webhook, which is a secret.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}{PATH}", self.port.number())
    }

    /// Meets clients in another way from now on. Whoever was left without an answer is let go.
    ///
    /// # Errors
    /// The port cannot be listened on again.
    pub fn behave(&mut self, mood: SlackMood) -> Result<(), RigError> {
        *locked(&self.shared.mood) = mood;
        locked(&self.shared.held).clear();
        if mood == SlackMood::Refusing {
            self.listening = None;
        } else if self.listening.is_none() {
            self.listening = Some(Listening::start(&self.port, &self.shared)?);
        }
        Ok(())
    }

    /// Every post so far, the refused ones too.
    #[must_use]
    pub fn posts(&self) -> Vec<SlackPost> {
        locked(&self.shared.posts).clone()
    }

    /// The post with this number, counted from 0; waits for it, and gives none where it does not
    /// come in time.
    #[must_use]
    pub fn post(&self, number: usize, patience: Duration) -> Option<SlackPost> {
        let posts = locked(&self.shared.posts);
        let lacking = |posts: &mut Vec<SlackPost>| posts.len() <= number;
        let waited = self.shared.arrived.wait_timeout_while(posts, patience, lacking);
        waited.unwrap_or_else(PoisonError::into_inner).0.get(number).cloned()
    }

    /// The messages that were taken so far.
    #[must_use]
    pub fn messages(&self) -> Vec<Value> {
        let posts = self.posts();
        let taken = posts.iter().filter(|post| post.status == Some(200));
        taken.filter_map(|post| serde_json::from_slice(&post.body).ok()).collect()
    }
}

impl Listening {
    fn start(port: &ReservedPort, shared: &Arc<Shared>) -> Result<Self, RigError> {
        let listener = port.listen()?;
        let ends = Arc::new(AtomicBool::new(false));
        let (shared, seen) = (Arc::clone(shared), Arc::clone(&ends));
        let thread = thread::spawn(move || serve(&listener, &shared, &seen));
        Ok(Self { port: port.number(), ends, thread: Some(thread) })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Release);
        // Wakes the thread, which waits for a connection.
        let woken = TcpStream::connect(("127.0.0.1", self.port));
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            // A panic of the thread has been printed already.
            let _ = thread.join();
        }
    }
}

fn serve(listener: &TcpListener, shared: &Shared, ends: &AtomicBool) {
    for stream in listener.incoming() {
        if ends.load(Ordering::Acquire) {
            return;
        }
        // A client that goes away in the middle has posted nothing.
        let _ = stream.and_then(|stream| take(stream, shared));
    }
}

/// Reads one request and answers it.
fn take(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let request = read(&stream)?;
    let mood = *locked(&shared.mood);
    let (status, answer) = match mood {
        SlackMood::Well => verdict(&request),
        SlackMood::Failing => (500, "rollup_error"),
        SlackMood::Limiting => (429, "rate_limited"),
        SlackMood::Hanging | SlackMood::Refusing => return hang(stream, request, shared),
    };
    // Kept before it is answered: whoever has the answer finds the post.
    keep(shared, request, Some(status), answer);
    respond(stream, status, answer)
}

fn hang(stream: TcpStream, request: Request, shared: &Shared) -> io::Result<()> {
    keep(shared, request, None, "");
    locked(&shared.held).push(stream);
    Ok(())
}

fn keep(shared: &Shared, request: Request, status: Option<u16>, answer: &str) {
    locked(&shared.posts).push(SlackPost { body: request.body, status, answer: answer.into() });
    shared.arrived.notify_all();
}

fn verdict(request: &Request) -> (u16, &'static str) {
    let mut words = request.line.split(' ');
    match (words.next(), words.next()) {
        (Some("POST"), Some(PATH)) => {
            let message = slack_limits::message(&request.content_type, &request.body);
            message.map_or_else(|refusal| refusal, |_| (200, "ok"))
        }
        (Some("POST"), _) => (404, "no_service"),
        _ => (405, "method_not_allowed"),
    }
}

/// Reads a request whose body has a length (RFC 9112, section 6.2).
fn read(stream: &TcpStream) -> io::Result<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    for line in reader.by_ref().take(HEAD_LIMIT_BYTES).lines() {
        match line? {
            line if line.is_empty() => break,
            line => head.push(line),
        }
    }
    let length = header(&head, "content-length").and_then(|length| length.parse().ok());
    let length = length.filter(|length| *length <= BODY_LIMIT_BYTES).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let content_type = header(&head, "content-type").unwrap_or_default().into();
    let line = head.into_iter().next().ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(Request { line, content_type, body })
}

/// The value of a header, whose name is of any case (RFC 9110, section 5.1).
fn header<'a>(head: &'a [String], wanted: &str) -> Option<&'a str> {
    head.iter().skip(1).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(wanted).then_some(value.trim())
    })
}

fn respond(mut stream: TcpStream, status: u16, answer: &str) -> io::Result<()> {
    let retry = if status == 429 { "Retry-After: 30\r\n" } else { "" };
    let length = answer.len();
    write!(
        stream,
        "HTTP/1.1 {status} \r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\
         {retry}Connection: close\r\n\r\n{answer}"
    )
}

/// What a thread that panicked left is still worth looking at.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
