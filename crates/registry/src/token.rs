//! Asks a token server for a token (distribution's token specification and its OAuth 2 form).

use std::time::Duration;

use data_encoding::BASE64;
use landfall_transport::{Address, Client};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder, Response};
use serde::Deserialize;
use tokio::time::Instant;

use crate::scope::Scope;
use crate::{Login, Refusal, RequestError, Secret, answer};

const ANSWER_LIMIT_BYTES: u64 = 1 << 20;

/// What a token lives at least, and where nothing is said (token specification, "expires_in").
const SHORTEST_SECONDS: u64 = 60;

/// Nobody needs one for longer; a larger number is a mistake or malice.
const LONGEST_SECONDS: u64 = 12 * 60 * 60;

/// Where tokens for a registry come from.
#[derive(Clone)]
pub(crate) struct TokenServer {
    pub(crate) realm: Address,
    pub(crate) service: Option<String>,
}

/// A token with what it allows, as a header.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) scope: Scope,
    pub(crate) header: HeaderValue,
    pub(crate) good_until: Instant,
}

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
}

impl TokenServer {
    /// Asks once.
    pub(crate) async fn token(
        &self,
        client: &Client,
        login: &Login,
        scope: &Scope,
        host: &str,
    ) -> Result<Token, RequestError> {
        let (address, request) = self.request(client, login, scope);
        let asked_at = Instant::now();
        let response = client.send(&address, request).await?;
        if !response.status().is_success() {
            return Err(self.refused(response, client, login, host).await);
        }
        let bytes = answer::read(response, ANSWER_LIMIT_BYTES, client.limits()).await?;
        let answer = serde_json::from_slice::<Answer>(&bytes).ok();
        let token = answer.and_then(|answer| answer.token(scope, asked_at));
        token.ok_or_else(|| RequestError::NoToken { realm: self.realm.to_string() })
    }

    fn request(&self, client: &Client, login: &Login, scope: &Scope) -> (Address, RequestBuilder) {
        let mut parameters = Vec::new();
        parameters.extend(self.service.clone().map(|service| ("service", service)));
        match login {
            // A form holds a list of scopes in one value, divided by spaces (RFC 6749, section 3.3).
            Login::IdentityToken(token) => {
                parameters.push(("scope", scope.texts().join(" ")));
                (self.realm.clone(), self.refreshing(client, token, parameters))
            }
            login => {
                parameters.extend(scope.texts().into_iter().map(|scope| ("scope", scope)));
                let address = self.realm.with_query(&parameters);
                let request = client.request(Method::GET, &address);
                let request = match basic(login) {
                    Some(header) => request.header(AUTHORIZATION, header),
                    None => request,
                };
                (address, request)
            }
        }
    }

    fn refreshing(
        &self,
        client: &Client,
        token: &Secret,
        mut parameters: Vec<(&str, String)>,
    ) -> RequestBuilder {
        parameters.push(("grant_type", "refresh_token".into()));
        parameters.push(("client_id", "landfall".into()));
        parameters.push(("refresh_token", token.expose().into()));
        let form = Address::form(&parameters);
        let request = client.request(Method::POST, &self.realm);
        request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form)
    }

    async fn refused(
        &self,
        response: Response,
        client: &Client,
        login: &Login,
        host: &str,
    ) -> RequestError {
        let mut refusal = Box::new(Refusal::plain(response, client.limits()).await);
        if matches!(refusal.status.as_u16(), 400 | 401 | 403) {
            let why = match login {
                Login::Anonymous => "it wants a login",
                _ => "it does not take the login",
            };
            refusal.advice = format!("{why} for {host}; run `docker login {host}`");
        }
        RequestError::TokenRefused { realm: self.realm.to_string(), refusal }
    }
}

impl Answer {
    fn token(self, scope: &Scope, asked_at: Instant) -> Option<Token> {
        let text = self.token.or(self.access_token).filter(|token| !token.is_empty())?;
        let header = bearer(&text)?;
        let seconds = self.expires_in.unwrap_or(SHORTEST_SECONDS);
        let seconds = seconds.clamp(SHORTEST_SECONDS, LONGEST_SECONDS);
        // Not to the last moment: clocks differ, and a request takes its time.
        let good_until = asked_at + Duration::from_secs(seconds * 3 / 4);
        Some(Token { scope: scope.clone(), header, good_until })
    }
}

/// `Bearer TOKEN`, if it can stand in a header.
pub(crate) fn bearer(token: &str) -> Option<HeaderValue> {
    sensitive(&format!("Bearer {token}"))
}

/// `Basic …` of a login that has user and password (RFC 7617).
pub(crate) fn basic(login: &Login) -> Option<HeaderValue> {
    let Login::Basic { user, password } = login else { return None };
    let pair = Secret::new(format!("{user}:{}", password.expose()));
    sensitive(&format!("Basic {}", BASE64.encode(pair.expose().as_bytes())))
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
