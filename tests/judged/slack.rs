//! The rig's Slack receiver, asked as a client would: if this fails, the rig is broken.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use landfall_testkit::{SlackMood, SlackReceiver};
use serde_json::{Value, json};

/// Posts `body` as JSON to `url` and gives status and answer.
fn post(url: &str, body: &Value) -> std::io::Result<(u16, String)> {
    let mut stream = send(url, &body.to_string())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
    status.zip(body).ok_or_else(|| ErrorKind::UnexpectedEof.into())
}

fn send(url: &str, body: &str) -> std::io::Result<TcpStream> {
    let (address, path) =
        url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("a URL");
    let mut stream = TcpStream::connect(address)?;
    let length = body.len();
    write!(
        stream,
        "POST /{path} HTTP/1.1\r\nHost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )?;
    Ok(stream)
}

#[test]
fn what_slack_takes_is_taken_and_the_rest_is_refused_in_its_words() {
    let slack = SlackReceiver::start().expect("a port");
    let message = json!({ "text": "myapp 1.2.0 is on prod.london" });
    let elsewhere = slack.url() + "x";
    for (url, body, status, answer) in [
        (&slack.url(), &message, 200, "ok"),
        (&slack.url(), &json!({}), 400, "no_text"),
        (&slack.url(), &json!([]), 400, "invalid_payload"),
        (&slack.url(), &json!({ "blocks": [{ "type": "section" }] }), 400, "invalid_blocks"),
        (&elsewhere, &message, 404, "no_service"),
    ] {
        let answered = post(url, body).expect("an answer");
        assert_eq!(answered, (status, answer.to_owned()), "{url} {body}");
    }
    assert_eq!(slack.messages(), [message]);
    let statuses: Vec<_> = slack.posts().iter().map(|post| post.status).collect();
    assert_eq!(statuses, [Some(200), Some(400), Some(400), Some(400), Some(404)]);
}

#[test]
fn it_can_be_ill_and_get_well_again() {
    let mut slack = SlackReceiver::start().expect("a port");
    let message = json!({ "text": "released" });
    for (mood, status, answer) in [
        (SlackMood::Failing, 500, "rollup_error"),
        (SlackMood::Limiting, 429, "rate_limited"),
        (SlackMood::Well, 200, "ok"),
    ] {
        slack.behave(mood).expect("a port");
        let answered = post(&slack.url(), &message).expect("an answer");
        assert_eq!(answered, (status, answer.to_owned()), "{mood:?}");
    }
    slack.behave(SlackMood::Refusing).expect("a port");
    let refused = post(&slack.url(), &message).expect_err("nobody listens");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    slack.behave(SlackMood::Well).expect("the same port");
    assert_eq!(post(&slack.url(), &message).expect("an answer").0, 200);
    assert_eq!(slack.messages(), [message.clone(), message]);
}

#[test]
fn a_post_that_is_never_answered_is_still_seen() {
    let mut slack = SlackReceiver::start().expect("a port");
    slack.behave(SlackMood::Hanging).expect("a port");
    let mut stream = send(&slack.url(), "{\"text\":\"released\"}").expect("a connection");
    stream.shutdown(Shutdown::Write).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout");
    let silence = stream.read(&mut [0]).expect_err("no answer");
    assert_eq!(silence.kind(), ErrorKind::WouldBlock);
    let posts = slack.posts();
    assert_eq!((posts.len(), posts[0].status), (1, None));
    assert!(slack.messages().is_empty());
    slack.behave(SlackMood::Well).expect("a port");
    assert_eq!(stream.read(&mut [0]).expect("the connection is closed"), 0);
}
