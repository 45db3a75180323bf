//! The step that fetches: it ends with the one who started it.

use std::io::{ErrorKind, Read};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use libtest_mimic::Trial;
use tempfile::TempDir;

use crate::fixture::Fixture;
use crate::trial;

pub fn trials() -> Vec<Trial> {
    vec![trial("vendoring::a_killed_build_leaves_nothing_that_fetches", killed)]
}

/// A package that is nowhere.
const ABSENT: &str = r#"
=== Cargo.toml
[package]
name = "server"
version = "0.1.0"
edition = "2024"
[dependencies]
absent = "1"
=== src/main.rs
fn main() {}
=== Cargo.lock
version = 4
[[package]]
name = "absent"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "0000000000000000000000000000000000000000000000000000000000000000"
[[package]]
name = "server"
version = "0.1.0"
dependencies = ["absent"]
"#;

/// The compile runs in a process of its own, which is killed while cargo waits for a registry that
/// takes the call and says nothing. The call ends when cargo does.
fn killed() {
    let registry = TcpListener::bind("127.0.0.1:0").unwrap();
    let (fixture, cache) = (Fixture::new(ABSENT), TempDir::new().unwrap());
    let address = registry.local_addr().unwrap();
    let settings = format!(
        "[source.crates-io]\nreplace-with = \"silent\"\n\
         [source.silent]\nregistry = \"sparse+http://{address}/\"\n"
    );
    fixture.write(".cargo/config.toml", &settings);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg("compile-once").arg(fixture.path()).arg(cache.path());
    // Else cargo gives up by itself, and takes the network of whoever runs the tests.
    command.env("CARGO_HTTP_TIMEOUT", "600").env("no_proxy", "127.0.0.1");
    command.env("CARGO_HOME", fixture.beside().join("cargo")).env_remove("CARGO_NET_OFFLINE");
    let mut child = command.spawn().unwrap();
    let call = first_call(registry);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(ends(call), "cargo runs on");
}

fn first_call(registry: TcpListener) -> TcpStream {
    let (sender, receiver) = channel();
    thread::spawn(move || sender.send(registry.accept().unwrap().0));
    receiver.recv_timeout(Duration::from_secs(60)).expect("cargo calls the registry")
}

fn ends(mut call: TcpStream) -> bool {
    call.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    match call.read_to_end(&mut Vec::new()) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}
