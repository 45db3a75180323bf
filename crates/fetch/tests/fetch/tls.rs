//! TLS: who is trusted, and the words for the others.

use std::sync::Arc;
use std::time::Duration;

use landfall_fetch::{ClientSettings, FetchError, Limits, Request};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::rig::{BODY, Known, chain, fetch_with, limits, settings};
use crate::server::{Script, Server, Step, answer, file};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name.push(DnType::OrganizationName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// A server's certificate for one name, valid in a span of years.
fn certificate(authority: &Authority, name: &str, years: (i32, i32)) -> ServerConfig {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new([name.to_owned()]).unwrap();
    parameters.not_before = date_time_ymd(years.0, 1, 1);
    parameters.not_after = date_time_ymd(years.1, 1, 1);
    let certificate = parameters.signed_by(&key, authority).unwrap();
    config(certificate.der().clone(), &key)
}

fn config(certificate: CertificateDer<'static>, key: &KeyPair) -> ServerConfig {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    builder.with_single_cert(vec![certificate], key).unwrap()
}

fn trusting(authority: &Authority) -> ClientSettings {
    ClientSettings { extra_roots_pem: Some(authority.pem().into_bytes()), ..settings(limits()) }
}

fn failure(settings: ClientSettings, url: &str, known: Known) -> FetchError {
    let request =
        Request { url, expected: known.expected(), redirect_hosts: &["127.0.0.1".into()] };
    fetch_with(settings, &request).unwrap_err()
}

#[test]
fn trusts_the_roots_handed_in() {
    let authority = authority("ours");
    let scripts = || vec![file(BODY)];
    for name in ["127.0.0.1", "localhost"] {
        let server = Server::start_tls(scripts(), certificate(&authority, name, (2000, 4000)));
        let url = format!("https://{name}:{}/f", server.port());
        let request =
            Request { url: &url, expected: Known::DigestAndSize.expected(), redirect_hosts: &[] };
        assert_eq!(fetch_with(trusting(&authority), &request).unwrap().1, BODY.as_bytes());
    }
}

#[test]
fn says_why_a_server_is_not_trusted() {
    let [ours, theirs, pretended] = ["ours", "theirs", "ours"].map(authority);
    let unknown = "nobody trusted here has signed its certificate; name a file with your own root in SSL_CERT_FILE";
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    let rows = [
        ("unknown authority", certificate(&theirs, "127.0.0.1", (2000, 4000)), unknown),
        (
            "an authority of the same name",
            certificate(&pretended, "127.0.0.1", (2000, 4000)),
            unknown,
        ),
        ("signed by itself", config(own.der().clone(), &key), unknown),
        ("expired", certificate(&ours, "127.0.0.1", (2000, 2001)), "its certificate has expired"),
        ("not yet valid", certificate(&ours, "127.0.0.1", (3000, 4000)), {
            "its certificate is not valid yet; look at the clock of this machine"
        }),
        (
            "another host",
            certificate(&ours, "files.example", (2000, 4000)),
            "its certificate is for another host",
        ),
    ];
    for (name, config, advice) in rows {
        let server = Server::start_tls(vec![file(BODY)], config);
        let error =
            failure(trusting(&ours), &format!("https://{}/f", server.here()), Known::Digest);
        let wanted =
            format!("no TLS with {}: {advice} | invalid peer certificate: ", server.here());
        assert!(chain(&error).contains(&wanted), "{name}:\n{}\n{wanted}", chain(&error));
        assert!(error.is_outside() && !error.is_transient(), "{name}");
        assert!(server.requests().is_empty(), "{name}: the request went out");
    }
}

#[test]
fn does_not_trust_the_handed_roots_unless_they_are_handed_in() {
    let server = Server::start_tls(
        vec![file(BODY)],
        certificate(&authority("theirs"), "127.0.0.1", (2000, 4000)),
    );
    let error = failure(settings(limits()), &format!("https://{}/f", server.here()), Known::Digest);
    let text = chain(&error);
    assert!(
        text.contains("nobody trusted here") || text.contains("no root certificates for https"),
        "{text}"
    );
}

#[test]
fn says_when_there_is_no_tls() {
    let plain = vec![Step::Unasked, answer("400 Bad Request\nContent-Length: 0", "")];
    let silent = vec![Step::Unasked, Step::Hold];
    let rows: [(u64, Script, &str); 3] = [
        (
            10_000,
            plain,
            "no TLS with {here}: what it sends is no TLS; is this the port of https? | \
             received corrupt message of type InvalidContentType",
        ),
        (100, silent, "{here} took no connection within 0.1 s"),
        (
            10_000,
            vec![Step::Reset],
            "cannot connect to {here} | Connection reset by peer (os error 104)",
        ),
    ];
    for (milliseconds, script, wanted) in rows {
        let server = Server::start(vec![script]);
        let limits = Limits { connect_timeout: Duration::from_millis(milliseconds), ..limits() };
        let url = format!("https://{}/f", server.here());
        let settings = ClientSettings { limits, ..trusting(&authority("ours")) };
        let error = failure(settings, &url, Known::Digest);
        let wanted = format!("cannot fetch {url} | {}", wanted.replace("{here}", &server.here()));
        assert_eq!(chain(&error), wanted);
    }
}

#[test]
fn sees_a_connection_that_somebody_else_ended() {
    let authority = authority("ours");
    let cut = vec![answer("200 OK", BODY)];
    let server = Server::start_tls(vec![cut], certificate(&authority, "127.0.0.1", (2000, 4000)));
    let error =
        failure(trusting(&authority), &format!("https://{}/f", server.here()), Known::Digest);
    let wanted = "the download was cut after 16 bytes | peer closed connection without sending TLS close_notify";
    assert!(chain(&error).contains(wanted), "{}", chain(&error));
}

#[test]
fn never_goes_from_https_to_http() {
    let authority = authority("ours");
    let down = vec![answer("302 Found\nLocation: http://{here}/f?sig=abc\nContent-Length: 0", "")];
    let server = Server::start_tls(vec![down], certificate(&authority, "127.0.0.1", (2000, 4000)));
    let url = format!("https://{}/f", server.here());
    let error = failure(trusting(&authority), &url, Known::Digest);
    let to = format!("http://{}/f?sig=***", server.here());
    let wanted = format!(
        "cannot fetch {url} | redirected from https to plain http, {to}, which is never followed"
    );
    assert_eq!(chain(&error), wanted);
}
