//! One registry: sends calls to it, with the login that it wants.

use std::sync::Arc;

use landfall_transport::{Address, Client};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{RequestBuilder, Response, StatusCode};

use crate::authorizer::Authorizer;
use crate::budget::Budget;
use crate::call::Call;
use crate::{Credentials, Endpoint, Refusal, RequestError, challenge};

/// A client for one registry. Lives in one tokio runtime; may be shared by its tasks.
///
/// It has no `Debug`: it holds logins.
pub struct Registry {
    endpoint: Endpoint,
    pub(crate) client: Client,
    pub(crate) budget: Budget,
    authorizer: Authorizer,
}

impl Registry {
    /// Nothing is sent yet. `client` is best made with `Connections::Kept`. `token_hosts` are hosts
    /// (`HOST`, or `HOST:PORT` where it is not 443) that may issue tokens for this registry beside
    /// its own origin; they come from the user's own settings, never from a workspace.
    pub fn new(
        endpoint: Endpoint,
        client: Client,
        credentials: Arc<dyn Credentials>,
        token_hosts: Vec<String>,
    ) -> Self {
        let authorizer =
            Authorizer::new(client.clone(), endpoint.clone(), credentials, token_hosts);
        Self { endpoint, client, budget: Budget::default(), authorizer }
    }

    /// Where it is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whether both are the same machine by name, so that blobs can be mounted.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.endpoint.base().same_origin(other.endpoint.base())
    }

    /// Sends a call, and once more with a login where one is wanted.
    pub(crate) async fn ask(&self, call: &Call) -> Result<Response, RequestError> {
        if !self.is_ours(&call.address) {
            return self.send(call, None).await;
        }
        let shown = self.authorizer.header(&call.scope).await?;
        let response = self.send(call, shown.as_ref()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let challenge = challenge::choose(response.headers());
        match self.authorizer.renew(challenge, &call.scope, shown.as_ref()).await? {
            Some(fresh) => self.send(call, Some(&fresh)).await,
            None => Ok(response),
        }
    }

    /// The same, where anything but the wanted statuses is an error.
    pub(crate) async fn want(&self, call: &Call, wanted: &[u16]) -> Result<Response, RequestError> {
        let response = self.ask(call).await?;
        if wanted.contains(&response.status().as_u16()) {
            return Ok(response);
        }
        Err(self.refused(response, call).await)
    }

    pub(crate) async fn refused(&self, response: Response, call: &Call) -> RequestError {
        let refusal = Refusal::read(response, call, self.client.limits()).await;
        RequestError::Refused { refusal: Box::new(refusal) }
    }

    /// What a request to this address may carry: a login for our own origin only.
    pub(crate) async fn authorized(
        &self,
        request: RequestBuilder,
        call: &Call,
    ) -> Result<(RequestBuilder, Option<HeaderValue>), RequestError> {
        if !self.is_ours(&call.address) {
            return Ok((request, None));
        }
        let shown = self.authorizer.header(&call.scope).await?;
        Ok((carrying(request, shown.as_ref()), shown))
    }

    /// Whether there is a better login than the one that was refused.
    pub(crate) async fn can_renew(
        &self,
        refused: &Response,
        call: &Call,
        shown: Option<&HeaderValue>,
    ) -> Result<bool, RequestError> {
        let challenge = challenge::choose(refused.headers());
        let scope = &call.scope;
        Ok(self.authorizer.renew(challenge, scope, shown).await?.is_some())
    }

    fn is_ours(&self, address: &Address) -> bool {
        address.same_origin(self.endpoint.base())
    }

    async fn send(
        &self,
        call: &Call,
        shown: Option<&HeaderValue>,
    ) -> Result<Response, RequestError> {
        let request = self.client.request(call.method.clone(), &call.address);
        let request = request.headers(call.headers.clone());
        let request = match &call.body {
            Some(body) => request.body(body.clone()),
            None => request,
        };
        Ok(self.client.send(&call.address, carrying(request, shown)).await?)
    }
}

fn carrying(request: RequestBuilder, shown: Option<&HeaderValue>) -> RequestBuilder {
    match shown {
        Some(header) => request.header(AUTHORIZATION, header.clone()),
        None => request,
    }
}
