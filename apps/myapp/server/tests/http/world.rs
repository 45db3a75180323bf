//! A folder to serve, a running server, and a client that sends exactly what it is told.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Nothing here takes that long; it only keeps a failing test from hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// A fresh folder for one test, with `files` (path and content) in `www` below it.
pub fn place(test: &str, files: &[(&str, &str)]) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(place.join("www")).unwrap();
    for (path, content) in files {
        let path = place.join("www").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    place
}

/// The server's program with a clean environment, a free port and the place's folder.
pub fn program(place: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_myapp-server"));
    command.env_clear().env("PORT", "0").env("SERVE_FOLDER", place.join("www"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A server that listens. It ends with the test.
pub struct Running {
    child: Child,
    port: u16,
    notices: BufReader<ChildStderr>,
}

impl Running {
    pub fn start(place: &Path) -> Self {
        Self::start_as(&mut program(place))
    }

    /// Starts with a configuration file of this text.
    pub fn start_with(place: &Path, configuration: &str) -> Self {
        fs::write(place.join("server.conf"), configuration).unwrap();
        Self::start_as(program(place).arg(place.join("server.conf")))
    }

    fn start_as(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut notices = BufReader::new(child.stderr.take().unwrap());
        let first = next_line(&mut notices);
        let port = first.rsplit(':').next().and_then(|port| port.parse().ok());
        Self { child, port: port.unwrap_or_else(|| panic!("not listening: {first}")), notices }
    }

    /// What a GET of this target gives.
    pub fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, &[])
    }

    /// What a request with these header lines gives.
    pub fn ask(&self, method: &str, target: &str, headers: &[&str]) -> Answer {
        let headers = headers.iter().map(|line| format!("{line}\r\n")).collect::<String>();
        let request =
            format!("{method} {target} HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n");
        let mut stream = self.connect().unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut received = Vec::new();
        stream.read_to_end(&mut received).unwrap();
        Answer::read(&received)
    }

    pub fn connect(&self) -> std::io::Result<TcpStream> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The next line that the server writes to its standard error.
    pub fn next_notice(&mut self) -> String {
        next_line(&mut self.notices)
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Stops the server and gives all that it wrote to its standard output.
    pub fn stop_and_read_log(mut self) -> String {
        self.signal(Signal::TERM);
        let mut log = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn next_line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// A response, taken apart.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    fn read(received: &[u8]) -> Self {
        let received = String::from_utf8_lossy(received);
        let (head, body) =
            received.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {received:?}"));
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines.map(|line| line.split_once(": ").unwrap());
        let headers =
            headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
        Self { status, headers, body: body.to_owned() }
    }

    /// The value of a header, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    /// All headers but the clock's.
    pub fn lasting_headers(&self) -> Vec<(String, String)> {
        self.headers.iter().filter(|(name, _)| name != "date").cloned().collect()
    }
}
