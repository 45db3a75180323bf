//! One request, one answer, within a time limit.

use std::time::Duration;

use http::Request;
use kube::core::Status;
use serde_json::Value;

use crate::{Cause, Cluster, ClusterError};

/// How long one answer may take.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// Asks for a list without what its objects hold.
const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
/// What a cluster's words are cut to; nobody reads more.
const WORDS_LIMIT: usize = 4_000;

impl Cluster {
    /// GET.
    pub(crate) async fn read(&self, path: &str) -> Result<Value, ClusterError> {
        self.send("GET", path, "", None).await
    }

    /// GET of what may not be there.
    pub(crate) async fn find(&self, path: &str) -> Result<Option<Value>, ClusterError> {
        match self.read(path).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// GET of a list, of which only the metadata is sent.
    pub(crate) async fn list_metadata(&self, path: &str) -> Result<Value, ClusterError> {
        let request = Request::builder().uri(path).header("accept", METADATA).body(Vec::new());
        self.answer(what("GET", path), request).await
    }

    /// Any method, with a body of a media type.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        media_type: &str,
        body: Option<&Value>,
    ) -> Result<Value, ClusterError> {
        let bytes = body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
        let mut request = Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header("content-type", media_type);
        }
        self.answer(what(method, path), request.body(bytes)).await
    }

    async fn answer(
        &self,
        what: String,
        request: Result<Request<Vec<u8>>, http::Error>,
    ) -> Result<Value, ClusterError> {
        let request = request.map_err(|error| self.lost(&what, kube::Error::HttpError(error)))?;
        match tokio::time::timeout(self.answer_limit, self.client.request(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(kube::Error::Api(status))) => Err(refused(what, *status)),
            Ok(Err(error)) => Err(self.lost(&what, error)),
            Err(_) => Err(ClusterError::Silent {
                server: self.server.clone(),
                what,
                seconds: self.answer_limit.as_secs(),
            }),
        }
    }

    fn lost(&self, what: &str, source: kube::Error) -> ClusterError {
        let server = self.server.clone();
        ClusterError::Unreachable { server, what: what.into(), source: Box::new(source) }
    }
}

fn what(method: &str, path: &str) -> String {
    format!("{method} {}", path.split('?').next().unwrap_or(path))
}

fn refused(what: String, status: Status) -> ClusterError {
    let causes = status.details.map(|details| details.causes).unwrap_or_default();
    let cause = |cause: kube::core::response::StatusCause| Cause {
        reason: cause.reason,
        message: cut(cause.message),
        field: cause.field,
    };
    ClusterError::Refused {
        what,
        code: status.code,
        reason: status.reason,
        message: cut(status.message),
        causes: causes.into_iter().map(cause).collect(),
    }
}

fn cut(mut words: String) -> String {
    if words.len() > WORDS_LIMIT {
        let end = (0..=WORDS_LIMIT).rev().find(|end| words.is_char_boundary(*end)).unwrap_or(0);
        words.truncate(end);
        words.push('…');
    }
    words
}
