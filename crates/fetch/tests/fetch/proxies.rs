//! Proxies are those handed in, and no others.

use landfall_fetch::{ClientSettings, Fetcher, ProxySettings, Request};

use crate::rig::{BODY, chain, fetch_with, limits, settings};
use crate::server::{GONE, Server, answer, file};

fn with_proxy(http: &str, https: &str, no_proxy: &str) -> ClientSettings {
    let [http, https, no_proxy] = [http, https, no_proxy].map(|text| Some(text.to_owned()));
    ClientSettings { proxy: ProxySettings { http, https, no_proxy }, ..settings(limits()) }
}

fn request(url: &str) -> Request<'_> {
    Request { url, expected: None, redirect_hosts: &[] }
}

#[test]
fn asks_the_proxy_and_gives_its_password_to_it_alone() {
    let proxy = Server::start(vec![file(BODY)]);
    let settings =
        with_proxy(&format!("http://user:secret@{}", proxy.here()), "", "direct.example");
    fetch_with(settings, &request("http://files.example/f")).unwrap();
    let head = proxy.requests().concat();
    assert!(head.starts_with("GET http://files.example/f HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nproxy-authorization: Basic dXNlcjpzZWNyZXQ=\r\n"), "{head}");
    assert!(!head.contains("\r\nauthorization:"), "{head}");
}

#[test]
fn takes_a_proxy_without_a_scheme() {
    let proxy = Server::start(vec![file(BODY)]);
    fetch_with(with_proxy(&proxy.here(), "", ""), &request("http://files.example/f")).unwrap();
}

#[test]
fn goes_past_the_proxy_where_it_is_told_to() {
    let server = Server::start(vec![file(BODY)]);
    let settings = with_proxy(GONE, GONE, "example.org, 127.0.0.0/8");
    fetch_with(settings, &request(&format!("http://{}/f", server.here()))).unwrap();
    assert!(server.requests().concat().starts_with("GET /f HTTP/1.1\r\n"));
}

#[test]
fn names_the_proxy_when_it_is_in_the_way() {
    let no = Server::start(vec![vec![answer("403 Forbidden\nContent-Length: 0", "")]]);
    let wants = Server::start(vec![vec![answer(
        "407 Proxy Authentication Required\nContent-Length: 0",
        "",
    )]]);
    let [no, wants] = [no.here(), wants.here()];
    let rows: [(&str, &str, &str, &str); 4] = [
        ("http://files.example/f", GONE, "files.example:80", "Connection refused (os error 111)"),
        ("https://files.example/f", GONE, "files.example:443", "Connection refused (os error 111)"),
        ("https://files.example/f", &no, "files.example:443", "tunnel error: unsuccessful"),
        (
            "https://files.example/f",
            &wants,
            "files.example:443",
            "tunnel error: proxy authorization required",
        ),
    ];
    for (url, proxy, authority, why) in rows {
        let with_password = format!("http://user:secret@{proxy}");
        let error =
            fetch_with(with_proxy(&with_password, &with_password, ""), &request(url)).unwrap_err();
        let wanted =
            format!("cannot connect to {authority} (a proxy is set: http://***@{proxy}) | {why}");
        assert_eq!(chain(&error), format!("cannot fetch {url} | {wanted}"));
    }
}

#[test]
fn refuses_settings_that_cannot_be_used() {
    let pem =
        |text: &str| ClientSettings { extra_roots_pem: Some(text.into()), ..settings(limits()) };
    let broken = "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n";
    let empty = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let agent = ClientSettings { user_agent: "a\nb".into(), ..settings(limits()) };
    let rows = [
        (
            with_proxy("http://u:secret@[", "", ""),
            "the proxy for http, `http://***@[`, is no URL; write it as `http://host:port`",
        ),
        (
            with_proxy("", "http://", ""),
            "the proxy for https, `http://`, is no URL; write it as `http://host:port`",
        ),
        (
            pem("no PEM"),
            "the file of SSL_CERT_FILE holds no usable root (0 certificates were read)",
        ),
        (pem(empty), "the file of SSL_CERT_FILE holds no usable root (1 certificates were read)"),
        (pem(broken), "the file of SSL_CERT_FILE is not PEM: "),
        (agent, "the HTTP client cannot be made | "),
    ];
    for (settings, wanted) in rows {
        let error = Fetcher::new(settings).err().unwrap();
        let wanted = format!("the settings for downloads cannot be used | {wanted}");
        assert!(chain(&error).starts_with(&wanted), "{}\n{wanted}", chain(&error));
        assert!(!error.is_outside() && !error.is_transient());
    }
}
