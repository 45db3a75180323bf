//! The Slack receiver as a process of its own: `landfall-rig slack FILE [PORT]`.

use std::convert::Infallible;
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use crate::services::whole;
use crate::{RigError, SlackPost, SlackReceiver};

/// How long is waited for the next post before it is waited again.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Receives until the process is ended: at `port`, where that is free, and else at another one. The
/// address is written to `url_file` once somebody listens, and `see` is given every post.
///
/// # Errors
/// No port can be had, or the file cannot be written.
pub fn receive_for_slack(
    url_file: &Path,
    port: Option<u16>,
    mut see: impl FnMut(&SlackPost),
) -> Result<Infallible, RigError> {
    let receiver = SlackReceiver::start_again(port)?;
    whole::write(url_file, &format!("{}\n", receiver.url()))?;
    let mut number = 0;
    loop {
        if let Some(post) = receiver.post(number, PATIENCE) {
            see(&post);
            number += 1;
        }
    }
}

/// The port in the address of a webhook.
pub(crate) fn port(url: &str) -> Option<u16> {
    let (authority, _) = url.strip_prefix("http://127.0.0.1:")?.split_once('/')?;
    authority.parse().ok()
}

/// Whether somebody listens at the address that a file holds.
pub(crate) fn is_answered(url_file: &Path) -> bool {
    let url = std::fs::read_to_string(url_file).unwrap_or_default();
    port(&url).is_some_and(|port| TcpStream::connect(("127.0.0.1", port)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_read_from_an_address_of_ours() {
        let receiver = SlackReceiver::start().unwrap();
        let number = port(&receiver.url()).unwrap();
        assert!(TcpStream::connect(("127.0.0.1", number)).is_ok());
        for other in ["", "http://127.0.0.1:80", "http://192.0.2.1:80/", "http://127.0.0.1:x/"] {
            assert_eq!(port(other), None, "{other}");
        }
    }
}
