//! Answers a registry's challenges, and remembers what it learnt.

use std::sync::Arc;

use landfall_transport::Client;
use reqwest::header::HeaderValue;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::challenge::Challenge;
use crate::scope::Scope;
use crate::token::{Token, TokenServer, basic, bearer};
use crate::{Credentials, Endpoint, Login, RequestError, realm};

/// Knows what to show to one registry. Its answers are for that origin alone.
pub(crate) struct Authorizer {
    client: Client,
    endpoint: Endpoint,
    credentials: Arc<dyn Credentials>,
    token_hosts: Vec<String>,
    // Held while a token is fetched, so that many requests at once fetch one.
    learnt: Mutex<Learnt>,
}

#[derive(Default)]
struct Learnt {
    /// Shown with every request, where the registry wants the same each time.
    fixed: Option<HeaderValue>,
    server: Option<TokenServer>,
    login: Option<Login>,
    tokens: Vec<Token>,
}

impl Authorizer {
    pub(crate) fn new(
        client: Client,
        endpoint: Endpoint,
        credentials: Arc<dyn Credentials>,
        token_hosts: Vec<String>,
    ) -> Self {
        let learnt = Mutex::default();
        Self { client, endpoint, credentials, token_hosts, learnt }
    }

    /// What to show before anything was asked; nothing, as long as the registry wanted nothing.
    pub(crate) async fn header(&self, scope: &Scope) -> Result<Option<HeaderValue>, RequestError> {
        let mut learnt = self.learnt.lock().await;
        if learnt.fixed.is_some() || learnt.server.is_none() {
            return Ok(learnt.fixed.clone());
        }
        self.token(&mut learnt, scope).await.map(Some)
    }

    /// What to show after `shown` was refused with a challenge; none where nothing better is known.
    pub(crate) async fn renew(
        &self,
        challenge: Option<Challenge>,
        scope: &Scope,
        shown: Option<&HeaderValue>,
    ) -> Result<Option<HeaderValue>, RequestError> {
        let Some(challenge) = challenge else { return Ok(None) };
        let mut learnt = self.learnt.lock().await;
        if let Some(fresh) = learnt.known(scope).filter(|known| Some(known) != shown) {
            return Ok(Some(fresh));
        }
        learnt.forget(scope);
        self.log_in(&mut learnt, shown.is_some()).await?;
        match challenge {
            Challenge::Basic => Ok(learnt.settle_basic(shown)),
            Challenge::Bearer { realm, service } => {
                if let Some(fixed) = learnt.settle_registry_token(shown) {
                    return Ok(fixed);
                }
                let realm = realm::judge(&realm, &self.endpoint, &self.token_hosts)?;
                learnt.server = Some(TokenServer { realm, service });
                self.token(&mut learnt, scope).await.map(Some)
            }
        }
    }

    /// Asks who we are, once; again where what we said is no longer taken.
    async fn log_in(&self, learnt: &mut Learnt, again: bool) -> Result<(), RequestError> {
        if learnt.login.is_none() || again {
            learnt.login = Some(self.credentials.login(self.endpoint.host()).await?);
        }
        Ok(())
    }

    async fn token(&self, learnt: &mut Learnt, scope: &Scope) -> Result<HeaderValue, RequestError> {
        if let Some(known) = learnt.known(scope) {
            return Ok(known);
        }
        let (Some(server), Some(login)) = (&learnt.server, &learnt.login) else {
            unreachable!("a token server is learnt after the login")
        };
        let host = self.endpoint.host().as_str();
        let token = server.token(&self.client, login, scope, host).await?;
        let header = token.header.clone();
        learnt.tokens.push(token);
        Ok(header)
    }
}

impl Learnt {
    fn known(&self, scope: &Scope) -> Option<HeaderValue> {
        let now = Instant::now();
        let good = |token: &&Token| token.scope.covers(scope) && token.good_until > now;
        self.fixed.clone().or_else(|| Some(self.tokens.iter().find(good)?.header.clone()))
    }

    /// Drops what was refused.
    fn forget(&mut self, scope: &Scope) {
        self.fixed = None;
        self.tokens.retain(|token| !token.scope.covers(scope));
    }

    fn settle_basic(&mut self, shown: Option<&HeaderValue>) -> Option<HeaderValue> {
        self.fixed = self.login.as_ref().and_then(basic);
        self.fixed.clone().filter(|header| Some(header) != shown)
    }

    /// Whether the login is a token already; inside, whether it is another than was refused.
    fn settle_registry_token(
        &mut self,
        shown: Option<&HeaderValue>,
    ) -> Option<Option<HeaderValue>> {
        let Some(Login::RegistryToken(token)) = &self.login else { return None };
        self.fixed = bearer(token.expose());
        Some(self.fixed.clone().filter(|header| Some(header) != shown))
    }
}
