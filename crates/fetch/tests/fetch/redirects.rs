//! Redirects: which are followed, and the words for the others.

use landfall_fetch::Request;

use crate::rig::{BODY, chain, fetch_with, limits, settings};
use crate::server::{Script, Server, answer, file};

fn to(location: &str) -> Script {
    vec![answer(&format!("302 Found\nLocation: {location}\nContent-Length: 0"), "")]
}

/// The outcome in words, with `{here}` for the server and `{port}` for its port.
fn outcome(scripts: Vec<Script>, hosts: &[&str]) -> (String, usize) {
    let server = Server::start(scripts);
    let port = server.port().to_string();
    let hosts: Vec<_> = hosts.iter().map(|host| host.replace("{port}", &port)).collect();
    let url = format!("http://{}/start?token=secret", server.here());
    let result = fetch_with(
        settings(limits()),
        &Request { url: &url, expected: None, redirect_hosts: &hosts },
    );
    let text = result.map_or_else(|error| chain(&error), |(fetched, _)| fetched.final_url);
    let text =
        text.replace(&server.here(), "{here}").replace(&format!(":{}", server.port()), ":{port}");
    (text, server.requests().len())
}

#[test]
fn follows_within_the_origin_and_to_named_hosts() {
    // `localhost` is another origin than `127.0.0.1`, and leads to the same server.
    let elsewhere = "http://localhost:{port}/f?X-Amz-Signature=abc";
    let rows: [(&str, Vec<String>, &[&str], &str); 7] = [
        ("a path", vec!["/next".into()], &[], "http://{here}/next"),
        ("a relative path", vec!["next?a=1#b".into()], &[], "http://{here}/next?a=***"),
        ("the whole URL", vec!["http://{here}/next".into()], &[], "http://{here}/next"),
        ("no scheme", vec!["//{here}/next".into()], &[], "http://{here}/next"),
        (
            "a named host",
            vec![elsewhere.into()],
            &["other", "LOCALHOST"],
            "http://localhost:{port}/f?X-Amz-Signature=***",
        ),
        (
            "a named host and port",
            vec![elsewhere.into()],
            &["localhost:1", "LOCALHOST:{port}"],
            "http://localhost:{port}/f?X-Amz-Signature=***",
        ),
        ("five", (1..=5).map(|step| format!("/{step}")).collect(), &[], "http://{here}/5"),
    ];
    for (name, locations, hosts, wanted) in rows {
        let scripts = locations.iter().map(|location| to(location)).chain([file(BODY)]).collect();
        assert_eq!(outcome(scripts, hosts), (wanted.to_owned(), locations.len() + 1), "{name}");
    }
}

#[test]
fn refuses_the_others() {
    let foreign = |to: &str, host: &str| {
        format!(
            "redirected to another origin, {to}; where that is right, add to this input: redirects = [\"{host}\"]"
        )
    };
    let rows: Vec<(&str, Vec<Script>, &[&str], String)> = vec![
        (
            "another host",
            vec![to("http://cdn.example/f?sig=abc")],
            &[],
            foreign("http://cdn.example/f?sig=***", "cdn.example"),
        ),
        (
            "another port",
            vec![to("http://127.0.0.1:1/f")],
            &[],
            foreign("http://127.0.0.1:1/f", "127.0.0.1"),
        ),
        (
            "another scheme",
            vec![to("https://{here}/f")],
            &[],
            foreign("https://{here}/f", "127.0.0.1"),
        ),
        (
            "another port of a named host and port",
            vec![to("http://localhost:{port}/f")],
            &["localhost:1", "localhost:", ":{port}"],
            foreign("http://localhost:{port}/f", "localhost"),
        ),
        (
            "a parent of a named host",
            vec![to("http://cdn.example/")],
            &["a.cdn.example"],
            foreign("http://cdn.example/", "cdn.example"),
        ),
        (
            "a child of a named host",
            vec![to("http://a.cdn.example/")],
            &["cdn.example"],
            foreign("http://a.cdn.example/", "a.cdn.example"),
        ),
        (
            "this machine's secrets",
            vec![to("http://169.254.169.254/latest/")],
            &[],
            foreign("http://169.254.169.254/latest/", "169.254.169.254"),
        ),
        (
            "a name in other letters",
            vec![to("http://\u{e4}.example/")],
            &[],
            foreign("http://xn--4ca.example/", "xn--4ca.example"),
        ),
        (
            "no Location",
            vec![vec![answer("301 Moved Permanently", "")]],
            &[],
            "the server answered 301 Moved Permanently without a Location".into(),
        ),
        ("a user", vec![to("http://u:secret@{here}/")], &[], {
            "redirected to `http://***@{here}/`, which cannot be used | it holds a user or a password, \
             and credentials are never sent; remove what stands before the `@`"
                .into()
        }),
        ("a file", vec![to("file:///etc/passwd")], &[], {
            "redirected to `file:///etc/passwd`, which cannot be used | its scheme is `file`, \
             and only `http` and `https` can be fetched"
                .into()
        }),
        ("nowhere", vec![to("http://")], &[], {
            "redirected to `http://`, which cannot be used | it is no URL: empty host; \
             write it as `https://host/path`"
                .into()
        }),
        (
            "itself",
            vec![to("/start?token=secret")],
            &[],
            "redirected in a circle, back to http://{here}/start?token=***".into(),
        ),
        ("a circle", vec![to("/b"), to("/start?token=secret")], &[], {
            "redirected in a circle, back to http://{here}/start?token=***".into()
        }),
        (
            "six",
            (1..=6).map(|step| to(&format!("/{step}"))).collect(),
            &[],
            "redirected more than 5 times".into(),
        ),
    ];
    for (name, scripts, hosts, wanted) in rows {
        let count = scripts.len();
        let (text, requests) = outcome(scripts, hosts);
        let (head, text) = text.split_once(" | ").unwrap_or(("", &text));
        assert_eq!((text, requests), (wanted.as_str(), count), "{name}");
        assert!(head.starts_with("cannot fetch http://{here}/start?token=***"), "{head}");
    }
}

#[test]
fn says_where_the_fault_was() {
    let missing = vec![answer("404 Not Found", "")];
    let (text, _) = outcome(vec![to("/next?sig=abc"), missing], &[]);
    let wanted = "cannot fetch http://{here}/start?token=***, redirected to http://{here}/next?sig=*** | \
         the server answered 404 Not Found; nothing stands at this URL";
    assert_eq!(text, wanted);
}
