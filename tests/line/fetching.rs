//! `lock` and `build` over a server on loopback.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use landfall_testkit::{Outcome, Workspace};
use landfall_tests::apps::fixtures_folder;
use landfall_tests::digest;

/// What is sent for a path: whole answers, byte by byte.
type Answers = Arc<Mutex<BTreeMap<String, Answer>>>;

/// One answer.
#[derive(Clone)]
pub enum Answer {
    /// 200 with these bytes.
    File(Vec<u8>),
    /// 200 that promises so many bytes more than it sends.
    Short(Vec<u8>, usize),
    /// 200 without a length that sends these bytes again and again.
    Endless(Vec<u8>),
    /// 302 to an address.
    Redirect(String),
    /// Another status.
    Status(u16),
}

/// A server that lives as long as the process.
pub struct Server {
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
    answers: Answers,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Listens on a port that the kernel chooses.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let server = Self { origin, answers: Answers::default(), asked: Arc::default() };
        let (answers, asked) = (server.answers.clone(), server.asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is the client's business.
                let _ = answer(stream, &answers, &asked);
            }
        });
        server
    }

    /// What is sent for `path` from now on.
    pub fn set(&self, path: &str, answer: Answer) {
        self.answers.lock().expect("no test panics with it").insert(path.into(), answer);
    }

    /// How often `path` was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.asked
            .lock()
            .expect("no test panics with it")
            .iter()
            .filter(|asked| *asked == path)
            .count()
    }
}

fn answer(
    mut stream: TcpStream,
    answers: &Answers,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut request, mut line) = (String::new(), String::new());
    reader.read_line(&mut request)?;
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    asked.lock().expect("no test panics with it").push(path.clone());
    let answer = answers.lock().expect("no test panics with it").get(&path).cloned();
    send(&mut stream, answer.unwrap_or(Answer::Status(404)))
}

fn send(stream: &mut TcpStream, answer: Answer) -> std::io::Result<()> {
    let whole = |stream: &mut TcpStream, bytes: &[u8], length: usize| {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
        stream.write_all(bytes)
    };
    match answer {
        Answer::File(bytes) => whole(stream, &bytes, bytes.len()),
        Answer::Short(bytes, missing) => whole(stream, &bytes, bytes.len() + missing),
        Answer::Endless(bytes) => {
            write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            loop {
                stream.write_all(&bytes)?;
            }
        }
        Answer::Redirect(to) => {
            write!(
                stream,
                "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        }
        Answer::Status(status) => {
            write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
    }
}

/// A file that is placed as it is, and an archive that is unpacked.
pub fn workspace(server: &Server, more: &str) -> Workspace {
    let origin = &server.origin;
    let text = format!(
        "//- apps/x/app.toml
[app]
name = \"x\"
version = \"1.0.0\"
environments = [\"prod\"]
[inputs.file]
url = \"{origin}/{{{{ Name }}}}-{{{{ Version }}}}-{{{{ arch }}}}.txt\"
{more}[inputs.release]
url = \"{origin}/release.tar.gz\"
[[layers]]
name = \"content\"
copy = {{ input = \"file\", to = \"/file\" }}
unpack = {{ input = \"release\", to = \"/opt\" }}
"
    );
    Workspace::from_text(&text).expect("a workspace")
}

/// A server that has what the workspace wants.
pub fn server() -> Server {
    let server = Server::start();
    server.set("/x-1.0.0-amd64.txt", Answer::File(b"for amd64\n".to_vec()));
    server.set("/x-1.0.0-arm64.txt", Answer::File(b"for arm64\n".to_vec()));
    let archive = fixtures_folder().join("archives/accepted/gzip.tar.gz");
    server.set("/release.tar.gz", Answer::File(fs::read(archive).expect("an archive")));
    server
}

/// One command.
pub fn run(workspace: &Workspace, line: &str) -> Outcome {
    let words: Vec<_> = line.split(' ').collect();
    workspace.landfall(&words).expect("landfall starts")
}

/// A command that must go well, and what it printed.
pub fn done(workspace: &Workspace, line: &str) -> String {
    let outcome = run(workspace, line);
    assert_eq!(outcome.status, Some(0), "{line}: {}", outcome.stderr);
    outcome.stdout
}

#[test]
fn a_build_without_a_lock_asks_nobody_and_names_the_command() {
    let server = server();
    let workspace = workspace(&server, "");
    let outcome = run(&workspace, "build x");
    assert_eq!(outcome.status, Some(1), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("landfall lock x"), "{}", outcome.stderr);
    assert_eq!(server.asked("/release.tar.gz"), 0);
}

#[test]
fn the_lock_has_the_digest_and_the_size_of_each_file() {
    let server = server();
    let workspace = workspace(&server, "");
    let locked = run(&workspace, "lock x");
    assert_eq!((locked.status, locked.stdout.as_str()), (Some(0), ""), "{}", locked.stderr);
    assert!(locked.stderr.contains("trusted on first use"), "{}", locked.stderr);
    let text = fs::read_to_string(workspace.path("apps/x/app.lock")).expect("app.lock");
    for platform in ["amd64", "arm64"] {
        let content = format!("for {platform}\n");
        let digest = digest::of(content.as_bytes());
        let entry = format!(
            "[[input]]\nname = \"file\"\nplatform = \"linux/{platform}\"\nurl = \"{}/x-1.0.0-{platform}.txt\"\ndigest = \"{digest}\"\nsize_bytes = {}\n",
            server.origin,
            content.len()
        );
        assert!(text.contains(&entry), "{text}\nhas not\n{entry}");
    }
    assert_eq!(
        text.matches("name = \"release\"").count(),
        1,
        "one file for both platforms is one entry: {text}"
    );
    let again = run(&workspace, "lock x");
    assert_eq!(again.status, Some(0));
    assert_eq!(fs::read_to_string(workspace.path("apps/x/app.lock")).expect("app.lock"), text);
    assert_eq!(server.asked("/release.tar.gz"), 1, "what is locked is not asked for again");
}

#[test]
fn a_build_fetches_into_a_cold_store_and_asks_nobody_with_a_warm_one() {
    let server = server();
    let workspace = workspace(&server, "");
    done(&workspace, "lock x");
    let warm = done(&workspace, "build x --locked");
    assert_eq!(server.asked("/release.tar.gz"), 1, "what lock fetched is in the store");
    fs::remove_dir_all(workspace.store()).expect("the store goes");
    assert_eq!(done(&workspace, "build x --locked"), warm);
    assert_eq!(server.asked("/release.tar.gz"), 2);
    assert_eq!(done(&workspace, "build x --locked --paranoid"), warm);
    assert_eq!(server.asked("/release.tar.gz"), 2);
}

#[test]
fn a_wanted_digest_is_not_trusted_on_first_use() {
    let server = server();
    let wanted = digest::of(b"for amd64\n");
    let workspace = workspace(&server, &format!("sha256 = \"{}\"\n", &wanted[7..]));
    for_one_platform(&workspace);
    let locked = run(&workspace, "lock x");
    assert_eq!(locked.status, Some(0), "{}", locked.stderr);
    assert!(!locked.stderr.contains("first use: file"), "{}", locked.stderr);
    done(&workspace, "build x");
}

/// A digest in app.toml pins one file, and the URL asks for one a platform.
fn for_one_platform(workspace: &Workspace) {
    let path = workspace.path("apps/x/app.toml");
    let text = fs::read_to_string(&path).expect("app.toml");
    let narrowed = text.replace("[inputs.file]", "platforms = [\"linux/amd64\"]\n[inputs.file]");
    fs::write(path, narrowed).expect("app.toml");
}

#[test]
fn a_download_is_read_as_the_format_that_is_named_whatever_its_url_ends_with() {
    let server = server();
    let archive = fixtures_folder().join("archives/accepted/gzip.tar.gz");
    let archive = fs::read(archive).expect("an archive");
    for path in ["/download?id=7", "/release.zip"] {
        server.set(path, Answer::File(archive.clone()));
    }
    let workspace = workspace(&server, "");
    let path = workspace.path("apps/x/app.toml");
    let text = fs::read_to_string(&path).expect("app.toml");
    done(&workspace, "lock x");
    let wanted = done(&workspace, "build x");
    for name in ["download?id=7", "release.zip"] {
        let named = format!("{name}\"\nformat = \"tar.gz\"");
        fs::write(&path, text.replace("release.tar.gz\"", &named)).expect("app.toml");
        done(&workspace, "lock x");
        assert_eq!(done(&workspace, "build x"), wanted, "{name}");
    }
    // The format is part of what is built: what the store has of another one is not taken.
    fs::write(&path, text.replace("release.tar.gz\"", "release.zip\"")).expect("app.toml");
    let why = done(&workspace, "why x");
    assert!(why.contains("setting layers.content"), "{why}");
    let outcome = run(&workspace, "build x");
    assert_eq!(outcome.status, Some(1), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("`release` cannot be unpacked"), "{}", outcome.stderr);
}

#[test]
fn what_is_trusted_for_one_platform_is_said_with_platform_and_url() {
    let server = server();
    let workspace = workspace(&server, "");
    let said = run(&workspace, "lock x").stderr;
    for platform in ["amd64", "arm64"] {
        let which =
            format!("file for linux/{platform}, {}/x-1.0.0-{platform}.txt, is", server.origin);
        assert!(said.contains(&format!("x: trusted on first use: {which} sha256:")), "{said}");
    }
    assert!(said.contains("x: trusted on first use: release is sha256:"), "{said}");
}

#[test]
fn several_apps_that_are_locked_have_all_their_problems_said_before_anything_is_fetched() {
    let server = server();
    let workspace = workspace(&server, "");
    let text = fs::read_to_string(workspace.path("apps/x/app.toml")).expect("app.toml");
    for (name, text) in [
        ("y", text.replace("version =", "verison =")),
        ("z", text.replace("name = \"x\"", "name = \"z\"").replace("url =", "uri =")),
        ("w", text.replace("name = \"x\"", "name = \"w\"")),
    ] {
        fs::create_dir(workspace.path(&format!("apps/{name}"))).expect("a folder");
        fs::write(workspace.path(&format!("apps/{name}/app.toml")), text).expect("app.toml");
    }
    let outcome = run(&workspace, "lock x y z");
    assert_eq!((outcome.status, outcome.stdout.as_str()), (Some(1), ""), "{}", outcome.stderr);
    for said in ["apps/y/app.toml:3", "apps/z/app.toml"] {
        assert!(outcome.stderr.contains(said), "`{said}` is not said: {}", outcome.stderr);
    }
    assert_eq!(server.asked("/release.tar.gz"), 0);
    // The server has no file for `w`, which keeps no other app from being locked.
    let outcome = run(&workspace, "lock w x");
    assert_eq!(outcome.status, Some(3), "{}", outcome.stderr);
    for said in ["/w-1.0.0-amd64.txt", "w: not locked", "x: app.lock written"] {
        assert!(outcome.stderr.contains(said), "`{said}` is not said: {}", outcome.stderr);
    }
    assert!(!workspace.path("apps/w/app.lock").exists());
}

#[test]
fn an_update_asks_again_for_one_input_or_for_all() {
    let server = server();
    let workspace = workspace(&server, "");
    done(&workspace, "lock x");
    let before = done(&workspace, "build x");
    server.set("/x-1.0.0-amd64.txt", Answer::File(b"newer\n".to_vec()));
    done(&workspace, "lock x");
    assert_eq!(done(&workspace, "build x"), before, "a lock without --update keeps what it has");
    done(&workspace, "lock x --update release");
    assert_eq!(done(&workspace, "build x"), before);
    done(&workspace, "lock x --update file");
    assert_ne!(done(&workspace, "build x"), before);
    let unknown = run(&workspace, "lock x --update nothing");
    assert_eq!(unknown.status, Some(1));
    assert!(unknown.stderr.contains("file, release"), "{}", unknown.stderr);
}
