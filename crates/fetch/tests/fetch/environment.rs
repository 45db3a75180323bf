//! Nothing of the environment reaches a download: the tests that depend on it run once more, in a
//! process whose environment is full of traps.

use std::process::Command;

#[test]
fn is_not_read() {
    let nowhere = "http://127.0.0.1:1";
    let traps =
        ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["success::", "tls::"]).envs(traps.map(|name| (name, nowhere)));
    command.envs([
        ("SSL_CERT_FILE", "/dev/null"),
        ("SSL_CERT_DIR", "/dev/null"),
        ("REQUEST_METHOD", "GET"),
    ]);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && !text.contains(" 0 passed"), "{text}");
}
