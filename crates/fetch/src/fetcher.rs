//! The whole of a download: attempts, redirects, body.

use reqwest::Response;
use reqwest::header::LOCATION;
use tokio::runtime;
use tokio::time::{sleep, timeout};

use crate::address::{Address, redacted};
use crate::body::Body;
use crate::route::{Route, is_redirect};
use crate::{
    ClientSettings, DownloadError, FetchError, Fetched, Limits, Progress, ProxySettings, Request,
    Sink, answer, client, failure, roots,
};

/// Downloads files. May be shared by threads; each call is by itself.
pub struct Fetcher {
    client: reqwest::Client,
    proxy: ProxySettings,
    limits: Limits,
    has_roots: bool,
}

impl Fetcher {
    /// Reads the roots and checks the settings; nothing is sent.
    pub fn new(settings: ClientSettings) -> Result<Self, FetchError> {
        let roots = settings
            .extra_roots_pem
            .as_deref()
            .map_or_else(|| Ok(roots::of_system()), roots::of_pem)?;
        let has_roots = !roots.is_empty();
        let client = client::build(&settings, roots)?;
        Ok(Self { client, proxy: settings.proxy, limits: settings.limits, has_roots })
    }

    /// Turns a URL into bytes in the sink.
    ///
    /// Blocks until all is there and proven to be what is expected, or until it is clear that it
    /// will not be. Bytes in the sink are worth nothing after an error.
    pub fn fetch(
        &self,
        request: &Request<'_>,
        sink: &mut dyn Sink,
        progress: &dyn Fn(Progress),
    ) -> Result<Fetched, FetchError> {
        let failed = |cause| {
            let url = redacted(request.url);
            FetchError::Download { url, redirected_to: None, attempts: 0, cause: Box::new(cause) }
        };
        let address = Address::parse(request.url)
            .map_err(|source| failed(DownloadError::BadUrl { source }))?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|source| failed(DownloadError::Start { source }))?;
        let outcome = runtime.block_on(self.try_often(&address, request, sink, progress));
        // The system's resolver may still be at work on a thread of its own; it is not waited for.
        runtime.shutdown_background();
        outcome
    }

    async fn try_often(
        &self,
        address: &Address,
        request: &Request<'_>,
        sink: &mut dyn Sink,
        progress: &dyn Fn(Progress),
    ) -> Result<Fetched, FetchError> {
        let mut attempts = 1;
        loop {
            let mut route =
                Route::new(address.clone(), request.redirect_hosts, self.limits.redirects);
            let outcome = self.try_once(&mut route, request, sink, progress).await;
            let cause = match outcome {
                Ok(fetched) => return Ok(fetched),
                Err(cause) => cause,
            };
            let Some(wait) = self.limits.wait_after(attempts, &cause) else {
                let (url, redirected_to) = (address.to_string(), route.redirected_to());
                return Err(FetchError::Download {
                    url,
                    redirected_to,
                    attempts,
                    cause: Box::new(cause),
                });
            };
            sleep(wait).await;
            attempts += 1;
        }
    }

    async fn try_once(
        &self,
        route: &mut Route<'_>,
        request: &Request<'_>,
        sink: &mut dyn Sink,
        progress: &dyn Fn(Progress),
    ) -> Result<Fetched, DownloadError> {
        sink.restart().map_err(|source| DownloadError::Write { source })?;
        let expected = request.expected.as_ref();
        let response = self.follow(route).await?;
        let total_bytes = answer::check(&response, expected, &self.limits)?;
        let body = Body::new(response, total_bytes, expected, &self.limits);
        let (digest, size_bytes) = body.receive(sink, progress).await?;
        Ok(Fetched { digest, size_bytes, final_url: route.current().to_string() })
    }

    /// Asks along the route until something is there.
    async fn follow(&self, route: &mut Route<'_>) -> Result<Response, DownloadError> {
        loop {
            let response = self.ask(route.current()).await?;
            match response.status() {
                reqwest::StatusCode::OK => return Ok(response),
                status if is_redirect(status) => {
                    route.follow(status, response.headers().get(LOCATION))?
                }
                _ => return Err(answer::refusal(response, &self.limits).await),
            }
        }
    }

    /// One GET, up to the end of the answer's head.
    async fn ask(&self, address: &Address) -> Result<Response, DownloadError> {
        if address.is_secure() && !self.has_roots {
            return Err(DownloadError::NoRoots { looked_at: roots::BUNDLES });
        }
        let (connect, silence) = (self.limits.connect_timeout, self.limits.stall_timeout);
        let response =
            timeout(connect + silence, self.client.get(address.url().clone()).send()).await;
        let response = response.map_err(|_| DownloadError::NoAnswer {
            authority: address.authority(),
            timeout: silence,
        })?;
        response.map_err(|error| {
            failure::before_answer(&error, address, self.proxy.shown_for(address), connect)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn says_when_there_are_no_roots() {
        let fetcher =
            Fetcher { has_roots: false, ..Fetcher::new(ClientSettings::default()).unwrap() };
        let request = Request { url: "https://127.0.0.1:1/", expected: None, redirect_hosts: &[] };
        let error = fetcher.fetch(&request, &mut Vec::new(), &|_| ()).unwrap_err();
        let cause = error.source().unwrap().to_string();
        assert!(
            cause.starts_with("no root certificates for https: none of /etc/ssl/certs/ca-"),
            "{cause}"
        );
        assert!(!error.is_outside() && !error.is_transient());
    }
}
