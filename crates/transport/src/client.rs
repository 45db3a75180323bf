//! Asks one address once, and says what happened where no answer came.

use reqwest::{Method, RequestBuilder, Response};
use rustls::RootCertStore;
use tokio::time::timeout;

use crate::upload::{Counter, Watch};
use crate::{
    Address, ClientSettings, Limits, ProxySettings, SettingsError, TransportError, builder, error,
    roots,
};

/// Whether connections are kept for the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    /// Each request has its own: for a client that is used from several runtimes.
    Fresh,
    /// Some are kept: for a client that lives in one runtime and asks one server many things.
    Kept,
}

impl Connections {
    pub(crate) fn kept_per_host(self) -> usize {
        match self {
            Self::Fresh => 0,
            Self::Kept => 8,
        }
    }
}

/// A client that does nothing by itself. Cheap to clone; may be shared by threads.
///
/// It has no `Debug`: a proxy's URL may hold a password.
#[derive(Clone)]
pub struct Client {
    client: reqwest::Client,
    proxy: ProxySettings,
    limits: Limits,
    has_roots: bool,
}

impl Client {
    /// Reads the roots and checks the settings; nothing is sent.
    ///
    /// # Errors
    /// A proxy is no URL, the roots handed in cannot be used, or the user agent is no header value.
    pub fn new(settings: &ClientSettings, connections: Connections) -> Result<Self, SettingsError> {
        let pem = settings.extra_roots_pem.as_deref();
        let roots = pem.map_or_else(|| Ok(roots::of_system()), roots::of_pem)?;
        Self::trusting(roots, settings, connections)
    }

    fn trusting(
        roots: RootCertStore,
        settings: &ClientSettings,
        connections: Connections,
    ) -> Result<Self, SettingsError> {
        let has_roots = !roots.is_empty();
        let client = builder::build(settings, roots, connections)?;
        let (proxy, limits) = (settings.proxy.clone(), settings.limits.clone());
        Ok(Self { client, proxy, limits, has_roots })
    }

    /// Every bound.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The beginning of a request; what carries a credential is the caller's doing.
    pub fn request(&self, method: Method, address: &Address) -> RequestBuilder {
        self.client.request(method, address.url().clone())
    }

    /// Sends a request whose body is small or absent; waits for the head of the answer.
    ///
    /// # Errors
    /// No answer came within the bounds; a status that is no success is an answer.
    pub async fn send(
        &self,
        address: &Address,
        request: RequestBuilder,
    ) -> Result<Response, TransportError> {
        self.check_roots(address)?;
        let bound = self.limits.connect_timeout + self.limits.stall_timeout;
        let response = timeout(bound, request.send()).await;
        let response = response.map_err(|_| self.no_answer(address))?;
        response.map_err(|error| self.failure(&error, address))
    }

    /// Sends a request whose body may take long. `counter` counts what the body has given away;
    /// `progress` is told its count now and then.
    ///
    /// # Errors
    /// As [`Client::send`]; also where the server takes nothing for [`Limits::stall_timeout`].
    pub async fn upload(
        &self,
        address: &Address,
        request: RequestBuilder,
        counter: &Counter,
        progress: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Response, TransportError> {
        self.check_roots(address)?;
        let mut watch = Watch::new(counter, &self.limits);
        let response = watch.over(request.send(), progress).await;
        let response = response.map_err(|stall| stall.at(address, counter, &self.limits))?;
        response.map_err(|error| self.failure(&error, address))
    }

    fn check_roots(&self, address: &Address) -> Result<(), TransportError> {
        if address.is_secure() && !self.has_roots {
            return Err(TransportError::NoRoots { looked_at: roots::BUNDLES });
        }
        Ok(())
    }

    fn no_answer(&self, address: &Address) -> TransportError {
        TransportError::NoAnswer {
            authority: address.authority(),
            timeout: self.limits.stall_timeout,
        }
    }

    fn failure(&self, error: &reqwest::Error, address: &Address) -> TransportError {
        let proxy = self.proxy.shown_for(address);
        error::before_answer(error, address, proxy, self.limits.connect_timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_when_there_are_no_roots() {
        let settings = ClientSettings::default();
        let roots = RootCertStore::empty();
        let client = Client::trusting(roots, &settings, Connections::Fresh).unwrap();
        let address = Address::parse("https://127.0.0.1:1/").unwrap();
        let request = client.request(Method::GET, &address);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let error = runtime.block_on(client.send(&address, request)).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("no root certificates for https: none of /etc/ssl/certs/ca-"),
            "{text}"
        );
        assert!(!error.is_outside() && !error.is_transient());
    }
}
