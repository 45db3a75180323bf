//! Tries again where that may help.

use std::time::Duration;

use tokio::time::sleep;

use crate::{Registry, RegistryError, RequestError};

impl Registry {
    /// Runs attempts until one goes well, or until more of them are not worth it.
    pub(crate) async fn insist<T>(
        &self,
        doing: &str,
        attempt: impl AsyncFn() -> Result<T, RequestError>,
    ) -> Result<T, RegistryError> {
        let mut attempts = 1;
        loop {
            let cause = match attempt().await {
                Ok(value) => {
                    self.budget.earn();
                    return Ok(value);
                }
                Err(cause) => cause,
            };
            let Some(wait) = self.wait_after(attempts, &cause) else {
                let (doing, host) = (doing.to_owned(), self.endpoint().host().to_string());
                return Err(RegistryError { doing, host, attempts, cause: Box::new(cause) });
            };
            sleep(wait).await;
            attempts += 1;
        }
    }

    fn wait_after(&self, attempts: usize, cause: &RequestError) -> Option<Duration> {
        if !cause.is_transient() {
            return None;
        }
        let wait = self.client.limits().wait_after(attempts, cause.retry_after())?;
        self.budget.spend().then_some(wait)
    }
}
