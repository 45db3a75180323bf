//! The whole of a download: attempts, redirects, body.

use landfall_transport::{Address, Client, ClientSettings, Connections, redacted};
use reqwest::header::LOCATION;
use reqwest::{Method, Response};
use tokio::runtime;
use tokio::time::sleep;

use crate::body::Body;
use crate::route::{Route, is_redirect};
use crate::{DownloadError, FetchError, Fetched, Progress, Request, Sink, answer, patience};

/// Downloads files. May be shared by threads; each call is by itself.
pub struct Fetcher {
    client: Client,
}

impl Fetcher {
    /// Reads the roots and checks the settings; nothing is sent.
    pub fn new(settings: ClientSettings) -> Result<Self, FetchError> {
        // A connection belongs to the runtime of one call and is not worth keeping after a fault.
        Ok(Self { client: Client::new(&settings, Connections::Fresh)? })
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
        let limits = self.client.limits();
        let mut attempts = 1;
        loop {
            let mut route = Route::new(address.clone(), request.redirect_hosts, limits.redirects);
            let outcome = self.try_once(&mut route, request, sink, progress).await;
            let cause = match outcome {
                Ok(fetched) => return Ok(fetched),
                Err(cause) => cause,
            };
            let Some(wait) = patience::wait_after(limits, attempts, &cause) else {
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
        let total_bytes = answer::check(&response, expected, self.client.limits())?;
        let body = Body::new(response, total_bytes, expected, self.client.limits());
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
                _ => return Err(answer::refusal(response, self.client.limits()).await),
            }
        }
    }

    /// One GET, up to the end of the answer's head.
    async fn ask(&self, address: &Address) -> Result<Response, DownloadError> {
        let request = self.client.request(Method::GET, address);
        Ok(self.client.send(address, request).await?)
    }
}
