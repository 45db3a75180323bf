//! Blobs: whether one is there, and its bytes.

use std::io;

use bytes::Bytes;
use futures_util::stream::{BoxStream, TryStreamExt};
use landfall_hashing::Digest;
use reqwest::Method;

use crate::call::Call;
use crate::manifest::MANIFEST_LIMIT_BYTES;
use crate::verified::verified;
use crate::{Descriptor, Registry, RegistryError, Repository, RequestError, answer};

/// Bytes piece by piece. An error from the registry travels inside as a [`RequestError`].
pub type BlobStream = BoxStream<'static, io::Result<Bytes>>;

impl Registry {
    /// Whether a repository holds a blob.
    ///
    /// # Errors
    /// The registry gives no answer to that.
    pub async fn has_blob(
        &self,
        repository: &Repository,
        digest: Digest,
    ) -> Result<bool, RegistryError> {
        let doing = format!("look for the blob {digest} in {repository}");
        self.insist(&doing, async || self.holds(repository, digest).await).await
    }

    /// Asks once. A registry that would hand the blob out from elsewhere has it.
    pub(crate) async fn holds(
        &self,
        repository: &Repository,
        digest: Digest,
    ) -> Result<bool, RequestError> {
        let path = format!("blobs/{digest}");
        let call = Call::reading(Method::HEAD, self.endpoint(), repository, &path);
        let response = self.want(&call, &[200, 301, 302, 303, 307, 308, 404]).await?;
        Ok(response.status().as_u16() != 404)
    }

    /// The bytes of a blob, proven on the way: the last of them come only if all are right.
    ///
    /// Repeated until the bytes begin to come; who reads them asks again where they are cut.
    ///
    /// # Errors
    /// It is not there, or has another size.
    pub async fn blob(
        &self,
        repository: &Repository,
        blob: &Descriptor,
    ) -> Result<BlobStream, RegistryError> {
        let doing = format!("read the blob {} of {repository}", blob.digest);
        self.insist(&doing, async || self.open_blob(repository, blob).await).await
    }

    /// All bytes of a blob that is small, such as an image config.
    ///
    /// # Errors
    /// As [`Registry::blob`]; also where it is larger than a manifest may be.
    pub async fn small_blob(
        &self,
        repository: &Repository,
        blob: &Descriptor,
    ) -> Result<Bytes, RegistryError> {
        let doing = format!("read the blob {} of {repository}", blob.digest);
        self.insist(&doing, async || self.read_blob(repository, blob).await).await
    }

    pub(crate) async fn open_blob(
        &self,
        repository: &Repository,
        blob: &Descriptor,
    ) -> Result<BlobStream, RequestError> {
        let limits = self.client.limits();
        let (expected_bytes, limit_bytes) = (blob.size_bytes, limits.size_limit_bytes);
        if expected_bytes > limit_bytes {
            return Err(RequestError::OverLimit { limit_bytes });
        }
        let path = format!("blobs/{}", blob.digest);
        let call = Call::reading(Method::GET, self.endpoint(), repository, &path);
        let response = self.follow(call).await?;
        match response.content_length() {
            Some(announced_bytes) if announced_bytes != expected_bytes => {
                Err(RequestError::WrongSize { expected_bytes, announced_bytes })
            }
            _ => {
                Ok(verified(answer::stream(response, limits.clone()), blob.digest, expected_bytes))
            }
        }
    }

    async fn read_blob(
        &self,
        repository: &Repository,
        blob: &Descriptor,
    ) -> Result<Bytes, RequestError> {
        if blob.size_bytes > MANIFEST_LIMIT_BYTES {
            return Err(RequestError::OverLimit { limit_bytes: MANIFEST_LIMIT_BYTES });
        }
        let mut stream = self.open_blob(repository, blob).await?;
        let mut all = Vec::new();
        while let Some(piece) = stream.try_next().await.map_err(RequestError::of_io)? {
            all.extend_from_slice(&piece);
        }
        Ok(all.into())
    }
}
