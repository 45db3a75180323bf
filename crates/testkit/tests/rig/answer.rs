//! A program for containers of the rig's own tests: says who it is, answers on PORT where there is
//! one, and ends with status 7 on SIGTERM. Compiled by itself for each platform.

use std::io::{Read, Write};
use std::net::TcpListener;

const SIGTERM: i32 = 15;

unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    fn _exit(status: i32) -> !;
    fn getuid() -> u32;
}

extern "C" fn stop(_signal: i32) {
    // SAFETY: `_exit` is async-signal-safe (signal-safety(7)).
    unsafe { _exit(7) }
}

fn main() {
    // SAFETY: the handler calls nothing that is not async-signal-safe; getuid cannot fail.
    let user = unsafe {
        signal(SIGTERM, stop);
        getuid()
    };
    let arguments: Vec<String> = std::env::args().collect();
    let greeting = std::env::var("GREETING").unwrap_or_default();
    println!("{} {user} {greeting} {arguments:?}", std::env::consts::ARCH);
    if let Ok(port) = std::env::var("PORT") {
        answer(port.parse().expect("PORT is a number"));
    }
}

fn answer(port: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        let _ = stream.read(&mut [0; 512]);
        let body = std::env::consts::ARCH;
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}\n");
    }
}
