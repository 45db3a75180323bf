//! One thing to ask a registry.

use bytes::Bytes;
use landfall_transport::Address;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::scope::Scope;
use crate::{Endpoint, Repository};

/// A request that can be sent again, with what an error says of it.
///
/// It has no `Debug`: the address of an upload may hold a signature.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) address: Address,
    pub(crate) scope: Scope,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
    pub(crate) host: String,
    pub(crate) repository: Repository,
    pub(crate) pushes: bool,
}

impl Call {
    /// Reads something below `/v2/REPOSITORY/`.
    pub(crate) fn reading(
        method: Method,
        endpoint: &Endpoint,
        repository: &Repository,
        path: &str,
    ) -> Self {
        Self {
            method,
            address: endpoint.address(&format!("/v2/{repository}/{path}")),
            scope: Scope::pull(repository),
            headers: HeaderMap::new(),
            body: None,
            host: endpoint.host().to_string(),
            repository: repository.clone(),
            pushes: false,
        }
    }

    /// Writes something below `/v2/REPOSITORY/`.
    pub(crate) fn writing(
        method: Method,
        endpoint: &Endpoint,
        repository: &Repository,
        path: &str,
        body: Bytes,
    ) -> Self {
        let call = Self::reading(method, endpoint, repository, path);
        Self { scope: Scope::push(repository), body: Some(body), pushes: true, ..call }
    }

    /// The same with one more header.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}
