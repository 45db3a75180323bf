//! Settings → an HTTP client that does nothing by itself.
//!
//! It follows no redirect, retries nothing, decodes nothing, keeps no cookie, speaks HTTP/1.1 and
//! knows only the proxies handed in. Some of this is the default today; it is
//! said all the same, because another crate in the same build may turn a feature on.

use std::sync::Arc;

use reqwest::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use reqwest::{ClientBuilder, NoProxy, Proxy};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use crate::address::redacted;
use crate::{ClientSettings, Connections, ProxySettings, SettingsError};

pub(crate) fn build(
    settings: &ClientSettings,
    roots: RootCertStore,
    connections: Connections,
) -> Result<reqwest::Client, SettingsError> {
    let builder = passive(reqwest::Client::builder())
        .user_agent(&settings.user_agent)
        .default_headers(headers())
        .tls_backend_preconfigured(tls(roots))
        .pool_max_idle_per_host(connections.kept_per_host())
        .http1_max_headers(settings.limits.header_fields)
        .connect_timeout(settings.limits.connect_timeout);
    let client = proxied(builder, &settings.proxy)?.build();
    client.map_err(|source| SettingsError::Client { source: source.without_url() })
}

fn passive(builder: ClientBuilder) -> ClientBuilder {
    builder
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .no_hickory_dns()
        .no_proxy()
        .http1_only()
}

/// What is hashed is what the server keeps, never a form made for the way (RFC 9110, section 12.5.3).
fn headers() -> HeaderMap {
    HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("identity"))])
}

/// The provider is named, so that a second one elsewhere in the build cannot make rustls panic.
fn tls(roots: RootCertStore) -> ClientConfig {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder =
        builder.with_safe_default_protocol_versions().expect("ring has suites for TLS 1.2 and 1.3");
    let mut tls = builder.with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![b"http/1.1".to_vec()];
    tls
}

fn proxied(
    mut builder: ClientBuilder,
    settings: &ProxySettings,
) -> Result<ClientBuilder, SettingsError> {
    type Make = fn(&str) -> reqwest::Result<Proxy>;
    let proxies: [(_, Make, _); 2] = [
        ("http", |url| Proxy::http(url), &settings.http),
        ("https", |url| Proxy::https(url), &settings.https),
    ];
    for (scheme, make, url) in proxies {
        let Some(url) = url.as_deref().filter(|url| !url.is_empty()) else { continue };
        let proxy = make(url).map_err(|_| SettingsError::Proxy { scheme, url: redacted(url) })?;
        builder = builder
            .proxy(proxy.no_proxy(settings.no_proxy.as_deref().and_then(NoProxy::from_string)));
    }
    Ok(builder)
}
