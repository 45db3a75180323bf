//! Programs that keep logins: `docker-credential-NAME get`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use landfall_transport::printable;
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::{CredentialsError, Login, Secret};

/// More than this of an answer is not read.
const ANSWER_LIMIT_BYTES: u64 = 1 << 20;

/// What a helper says where it keeps no login; the protocol has no other sign for it.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// Asks a credential helper by its name.
pub trait CredentialHelper: Send + Sync {
    /// The login that the helper `helper` keeps for `server`; [`Login::Anonymous`] where it has none.
    fn get<'a>(
        &'a self,
        helper: &'a str,
        server: &'a str,
    ) -> BoxFuture<'a, Result<Login, CredentialsError>>;
}

/// Runs the helpers that lie in the folders handed in, with the environment handed in.
#[derive(Clone)]
pub struct HelperPrograms {
    /// Where helpers are looked for, in this order.
    pub folders: Vec<PathBuf>,
    /// All of their environment.
    pub environment: Vec<(OsString, OsString)>,
    /// How long one may take.
    pub timeout: Duration,
}

impl CredentialHelper for HelperPrograms {
    fn get<'a>(
        &'a self,
        helper: &'a str,
        server: &'a str,
    ) -> BoxFuture<'a, Result<Login, CredentialsError>> {
        self.run(helper, server).boxed()
    }
}

impl HelperPrograms {
    async fn run(&self, helper: &str, server: &str) -> Result<Login, CredentialsError> {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if helper.is_empty() || !helper.bytes().all(word) {
            return Err(CredentialsError::HelperName { helper: printable(helper, 80) });
        }
        let program = format!("docker-credential-{helper}");
        let asked = timeout(self.timeout, self.ask(&program, server)).await;
        let timed_out =
            |_| CredentialsError::HelperTimeout { program: program.clone(), timeout: self.timeout };
        let output = asked.map_err(timed_out)?;
        let output = output
            .map_err(|source| CredentialsError::HelperStart { program: program.clone(), source })?;
        login(program, &output)
    }

    async fn ask(&self, program: &str, server: &str) -> std::io::Result<Output> {
        let path = self.folders.iter().map(|folder| folder.join(program));
        let path = path.into_iter().find(|path| path.is_file());
        let path = path.ok_or(std::io::ErrorKind::NotFound)?;
        let mut child = Command::new(path)
            .arg("get")
            .env_clear()
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        // A helper that reads nothing is none of our trouble.
        if let Some(mut input) = child.stdin.take() {
            let _ = input.write_all(server.as_bytes()).await;
        }
        finish(child).await
    }
}

async fn finish(mut child: Child) -> std::io::Result<Output> {
    let mut stdout = Vec::new();
    if let Some(output) = child.stdout.take() {
        output.take(ANSWER_LIMIT_BYTES).read_to_end(&mut stdout).await?;
    }
    Ok(Output { status: child.wait().await?, stdout, stderr: Vec::new() })
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Username")]
    user: String,
    #[serde(rename = "Secret")]
    secret: String,
}

fn login(program: String, output: &Output) -> Result<Login, CredentialsError> {
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stdout);
        if message.trim() == NOT_FOUND {
            return Ok(Login::Anonymous);
        }
        let (status, message) = (output.status.to_string(), printable(&message, 200));
        return Err(CredentialsError::HelperFailed { program, status, message });
    }
    let answer: Answer = serde_json::from_slice(&output.stdout)
        .map_err(|_| CredentialsError::HelperAnswer { program })?;
    let secret = Secret::new(answer.secret);
    Ok(match answer.user.as_str() {
        "<token>" => Login::IdentityToken(secret),
        _ => Login::Basic { user: answer.user, password: secret },
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A helper of each kind, and what comes of it; `Ok` holds user and password.
    fn ask(script: &str, milliseconds: u64) -> Result<(String, String), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker-credential-test");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let programs = HelperPrograms {
            folders: vec![folder.path().into()],
            environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
            timeout: Duration::from_millis(milliseconds),
        };
        run(&programs, "test")
    }

    fn run(programs: &HelperPrograms, helper: &str) -> Result<(String, String), String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        match runtime.block_on(programs.get(helper, "r.example")) {
            Ok(Login::Basic { user, password }) => Ok((user, password.expose().into())),
            Ok(Login::IdentityToken(token)) => Ok(("a token".into(), token.expose().into())),
            Ok(_) => Ok(("nobody".into(), String::new())),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn reads_what_helpers_say() {
        let name = "the credential helper `docker-credential-test`";
        let pair = |user: &str, secret: &str| Ok((user.to_owned(), secret.to_owned()));
        let rows = [
            (
                r#"read s; printf '{"Username":"%s %s","Secret":"p"}' "$1" "$s""#,
                pair("get r.example", "p"),
            ),
            (r#"printf '{"Username":"<token>","Secret":"t"}'"#, pair("a token", "t")),
            ("echo credentials not found in native keychain; exit 1", pair("nobody", "")),
            (
                "printf 'locked\\033[2J'; exit 3",
                Err(format!("{name} failed (exit status: 3): locked\\u{{1b}}[2J")),
            ),
            ("echo no JSON", Err(format!("{name} answered something else than a login"))),
        ];
        for (script, wanted) in rows {
            assert_eq!(ask(script, 20_000), wanted, "{script}");
        }
        let slow = Err(format!("{name} did not end within 0.1 s"));
        assert_eq!(ask("exec tail -f /dev/null", 100), slow);
    }

    #[test]
    fn runs_nothing_but_a_helper_of_its_folders() {
        let programs = HelperPrograms {
            folders: vec!["/nowhere".into()],
            environment: Vec::new(),
            timeout: Duration::from_secs(1),
        };
        let error = run(&programs, "gone").unwrap_err();
        assert_eq!(
            error,
            "the credential helper `docker-credential-gone` cannot be run; install it, or run `docker login` anew"
        );
        let error = run(&programs, "../../bin/sh").unwrap_err();
        assert_eq!(
            error,
            "`../../bin/sh` is no name of a credential helper: letters, digits, `.`, `_` and `-`"
        );
    }
}
