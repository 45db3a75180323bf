//! The login file that `docker login` and its kin write, handed in as text.

use std::collections::BTreeMap;
use std::sync::Arc;

use data_encoding::BASE64;
use futures_util::future::{BoxFuture, FutureExt};
use serde::Deserialize;

use crate::{CredentialHelper, Credentials, CredentialsError, Login, RegistryHost, Secret};

/// The key of Docker Hub, for entries and for helpers.
const HUB: &str = "https://index.docker.io/v1/";

/// Logins of a `config.json`: `auths`, `credHelpers` and `credsStore`.
///
/// It has no `Debug`.
#[derive(Clone, Default)]
pub struct DockerConfig {
    document: Document,
    helper: Option<Arc<dyn CredentialHelper>>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Document {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: String,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
    registrytoken: String,
}

impl DockerConfig {
    /// Reads the file's text. Helpers that it names are run through `helper`; without one, a login
    /// that only a helper knows is an error when it is needed.
    ///
    /// # Errors
    /// It is no JSON of that shape.
    pub fn parse(
        text: &str,
        helper: Option<Arc<dyn CredentialHelper>>,
    ) -> Result<Self, CredentialsError> {
        // The parser's own words could repeat what stands in the file.
        let document = serde_json::from_str(text).map_err(|error| CredentialsError::File {
            line: error.line(),
            column: error.column(),
            reason: reason(&error),
        })?;
        Ok(Self { document, helper })
    }

    async fn find(&self, host: &RegistryHost) -> Result<Login, CredentialsError> {
        let of_host = entry(&self.document.cred_helpers, host);
        let store = Some(&self.document.creds_store).filter(|store| !store.is_empty());
        if let Some(helper) = of_host.or(store) {
            let login = self.ask(helper, host).await?;
            // A store knows all registries or none; the file may still hold what was there before.
            if login != Login::Anonymous || of_host.is_some() {
                return Ok(login);
            }
        }
        let entry = entry(&self.document.auths, host);
        entry.map_or(Ok(Login::Anonymous), |entry| entry.login(host))
    }

    async fn ask(&self, name: &str, host: &RegistryHost) -> Result<Login, CredentialsError> {
        let server = if host.is_docker_hub() { HUB } else { host.as_str() };
        match &self.helper {
            Some(helper) => helper.get(name, server).await,
            None => {
                let (host, helper) = (host.to_string(), landfall_transport::printable(name, 80));
                Err(CredentialsError::NoHelpers { host, helper })
            }
        }
    }
}

fn reason(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Data => "a value has another type than docker gives it",
        _ => "it is no JSON",
    }
}

/// The entry whose key names this registry, the exact key first. Other programs write keys as URLs.
fn entry<'a, T>(entries: &'a BTreeMap<String, T>, host: &RegistryHost) -> Option<&'a T> {
    let named = |key: &str| {
        let rest = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
        let (name, path) = rest.unwrap_or(key).split_once('/').unwrap_or((rest.unwrap_or(key), ""));
        let whole = matches!(path.trim_end_matches('/'), "" | "v1" | "v2");
        let named = name.parse::<RegistryHost>();
        let same =
            |named: RegistryHost| named == *host || (named.is_docker_hub() && host.is_docker_hub());
        whole && named.is_ok_and(same)
    };
    let exact = entries.get(host.as_str());
    exact.or_else(|| entries.iter().find(|(key, _)| named(key)).map(|(_, entry)| entry))
}

impl Entry {
    fn login(&self, host: &RegistryHost) -> Result<Login, CredentialsError> {
        if !self.registrytoken.is_empty() {
            return Ok(Login::RegistryToken(Secret::new(self.registrytoken.clone())));
        }
        if !self.identitytoken.is_empty() {
            return Ok(Login::IdentityToken(Secret::new(self.identitytoken.clone())));
        }
        if !self.auth.is_empty() {
            let login = basic_of(&self.auth);
            return login.ok_or_else(|| CredentialsError::Entry { host: host.to_string() });
        }
        if self.username.is_empty() {
            return Ok(Login::Anonymous);
        }
        let password = Secret::new(self.password.clone());
        Ok(Login::Basic { user: self.username.clone(), password })
    }
}

/// Base64 of `user:password`; some writers end it with NULs.
fn basic_of(auth: &str) -> Option<Login> {
    let bytes = BASE64.decode(auth.trim().as_bytes()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':')?;
    let password = Secret::new(password.trim_end_matches('\0').into());
    Some(Login::Basic { user: user.into(), password })
}

impl Credentials for DockerConfig {
    fn login<'a>(
        &'a self,
        host: &'a RegistryHost,
    ) -> BoxFuture<'a, Result<Login, CredentialsError>> {
        self.find(host).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Helper;

    impl CredentialHelper for Helper {
        fn get<'a>(
            &'a self,
            helper: &'a str,
            server: &'a str,
        ) -> BoxFuture<'a, Result<Login, CredentialsError>> {
            let login = match helper {
                "empty" => Login::Anonymous,
                _ => basic(&format!("{helper} {server}"), "p"),
            };
            async { Ok(login) }.boxed()
        }
    }

    fn basic(user: &str, password: &str) -> Login {
        Login::Basic { user: user.into(), password: Secret::new(password.into()) }
    }

    fn login(text: &str, host: &str) -> Result<Login, CredentialsError> {
        let config = DockerConfig::parse(text, Some(Arc::new(Helper)))?;
        let host = host.parse().unwrap();
        config.login(&host).now_or_never().expect("nothing waits")
    }

    #[test]
    fn finds_the_login_of_a_registry() {
        let token = |text: &str| Secret::new(text.into());
        // `dTpwOnE=` is `u:p:q`, `dTpwAA==` is `u:p` and a NUL.
        let rows = [
            (r#"{"auths":{"r.example":{"auth":"dTpwOnE="}}}"#, "r.example", basic("u", "p:q")),
            (r#"{"auths":{"r.example":{"auth":"dTpwAA=="}}}"#, "r.example", basic("u", "p")),
            (
                r#"{"auths":{"https://r.example/v2/":{"auth":"dTpwOnE="}}}"#,
                "r.example",
                basic("u", "p:q"),
            ),
            (r#"{"auths":{"r.example/team":{"auth":"dTpwOnE="}}}"#, "r.example", Login::Anonymous),
            (r#"{"auths":{"r.example":{"auth":"dTpwOnE="}}}"#, "r.example:5000", Login::Anonymous),
            (r#"{"auths":{"r.example":{"auth":"dTpwOnE="}}}"#, "x.r.example", Login::Anonymous),
            (
                r#"{"auths":{"r.example":{"username":"u","password":"p"}}}"#,
                "r.example",
                basic("u", "p"),
            ),
            (
                r#"{"auths":{"r.example":{"auth":"dTpw","identitytoken":"t"}}}"#,
                "r.example",
                Login::IdentityToken(token("t")),
            ),
            (
                r#"{"auths":{"r.example":{"registrytoken":"t"}}}"#,
                "r.example",
                Login::RegistryToken(token("t")),
            ),
            (
                r#"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpwOnE="}}}"#,
                "docker.io",
                basic("u", "p:q"),
            ),
            (
                r#"{"auths":{"r.example":{}},"credsStore":"all"}"#,
                "r.example",
                basic("all r.example", "p"),
            ),
            (r#"{"credsStore":"all"}"#, "docker.io", basic("all https://index.docker.io/v1/", "p")),
            (
                r#"{"auths":{"r.example":{"auth":"dTpwOnE="}},"credsStore":"empty"}"#,
                "r.example",
                basic("u", "p:q"),
            ),
            (
                r#"{"credHelpers":{"r.example":"one"},"credsStore":"all"}"#,
                "r.example",
                basic("one r.example", "p"),
            ),
            (r#"{"other":1}"#, "r.example", Login::Anonymous),
        ];
        for (text, host, wanted) in rows {
            assert!(login(text, host).ok() == Some(wanted), "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_without_showing_it() {
        let rows = [
            (
                r#"{"auths":{"r.example":{"auth":"c2VjcmV0"}}}"#,
                "the entry of `r.example` in the login file of docker cannot be read: `auth` is no base64 of `user:password`; run `docker login r.example`",
            ),
            (
                r#"{"auths":{"r.example":"secret"}}"#,
                "the login file of docker cannot be read at line 1, column 30: a value has another type than docker gives it",
            ),
        ];
        for (text, wanted) in rows {
            assert_eq!(login(text, "r.example").err().unwrap().to_string(), wanted);
        }
        // The column is that of the word or the one before, by the features that the parser has.
        let text = login(r#"{"auths":{"r.example":{"auth":secret}}}"#, "r.example").err().unwrap();
        let text = text.to_string().replace("column 31", "column 32");
        let wanted = "the login file of docker cannot be read at line 1, column 32: it is no JSON";
        assert_eq!(text, wanted);
        let config = DockerConfig::parse(r#"{"credsStore":"all"}"#, None).ok().unwrap();
        let host = "r.example".parse().unwrap();
        let error = config.login(&host).now_or_never().unwrap().err().unwrap();
        assert_eq!(
            error.to_string(),
            "the login for `r.example` is kept by the credential helper `all`, and none is run here"
        );
    }
}
