//! What the front decides about talking to servers: who we say we are, the way out, every bound.

use std::time::Duration;

use crate::address::{Address, redacted};

/// Settings of a [`Client`](crate::Client).
///
/// It has no `Debug`: a proxy's URL may hold a password.
#[derive(Clone, Default)]
pub struct ClientSettings {
    /// The `User-Agent` header, such as `landfall/1.0.0`.
    pub user_agent: String,
    /// The way out.
    pub proxy: ProxySettings,
    /// The contents of the file that `SSL_CERT_FILE` names, used in the place of the system's roots.
    pub extra_roots_pem: Option<Vec<u8>>,
    /// Every bound.
    pub limits: Limits,
}

/// Proxies as the usual variables give them. Nothing is read from the environment here.
///
/// It has no `Debug`: a proxy's URL may hold a password.
#[derive(Clone, Default)]
pub struct ProxySettings {
    /// What `http_proxy` holds: the proxy for `http://` URLs.
    pub http: Option<String>,
    /// What `https_proxy` holds: the proxy for `https://` URLs.
    pub https: Option<String>,
    /// What `no_proxy` holds: hosts, domains and address ranges that are reached directly.
    pub no_proxy: Option<String>,
}

impl ProxySettings {
    /// For an error: which proxy is set for an address, ` (a proxy is set: …)` or nothing. Whether `no_proxy` takes it out is the
    /// client's judgement, so the text says only that it is set.
    pub fn shown_for(&self, address: &Address) -> String {
        let proxy = if address.is_secure() { &self.https } else { &self.http };
        let proxy = proxy.as_deref().filter(|url| !url.is_empty());
        proxy.map(|url| format!(" (a proxy is set: {})", redacted(url))).unwrap_or_default()
    }
}

/// Every bound on what a server may do to us.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Finding the address, connecting and the TLS handshake together take at most this.
    pub connect_timeout: Duration,
    /// A server is silent for at most this, before its answer and within it.
    pub stall_timeout: Duration,
    /// The least that arrives in each [`Limits::grace`], so that a trickle does not hold us forever.
    pub minimum_bytes_per_second: u64,
    /// The span over which the speed is taken.
    pub grace: Duration,
    /// A body is at most this long, whatever the server says.
    pub size_limit_bytes: u64,
    /// Header fields in an answer.
    pub header_fields: usize,
    /// Redirects that are followed for one answer.
    pub redirects: usize,
    /// How often a thing is tried in all.
    pub attempts: usize,
    /// The wait before the second attempt; each later one is four times as long. There is no
    /// jitter: one build makes few requests, and the same faults take the same time.
    pub first_wait: Duration,
    /// The longest `Retry-After` that is honoured; where more is asked for, we give up at once.
    pub longest_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            stall_timeout: Duration::from_secs(30),
            minimum_bytes_per_second: 1024,
            grace: Duration::from_secs(30),
            size_limit_bytes: 16 << 30,
            header_fields: 100,
            redirects: 5,
            attempts: 4,
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(30),
        }
    }
}
