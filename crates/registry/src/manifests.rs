//! Manifests and indexes: reads, looks for and writes them.

use landfall_hashing::Digest;
use landfall_transport::printable;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Response};

use crate::call::Call;
use crate::manifest::{ACCEPTED, MANIFEST_LIMIT_BYTES};
use crate::{
    Manifest, ManifestError, Reference, Registry, RegistryError, Repository, RequestError, answer,
};

const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

impl Registry {
    /// Reads a manifest or an index.
    ///
    /// By digest, the bytes are proven to be that. By tag, they are what the registry holds under
    /// it at this moment, and agree with what it says of them.
    ///
    /// # Errors
    /// It is not there, is longer than 4 MiB, or is something else.
    pub async fn manifest(
        &self,
        repository: &Repository,
        reference: &Reference,
    ) -> Result<Manifest, RegistryError> {
        let doing = format!("read the manifest {repository}{}", reference.suffix());
        self.insist(&doing, async || self.read_manifest(repository, reference).await).await
    }

    /// The digest that a reference names; none where there is no such manifest.
    ///
    /// # Errors
    /// The registry gives no answer to that.
    pub async fn digest(
        &self,
        repository: &Repository,
        reference: &Reference,
    ) -> Result<Option<Digest>, RegistryError> {
        let doing = format!("look for {repository}{}", reference.suffix());
        self.insist(&doing, async || self.look(repository, reference).await).await
    }

    /// Writes a manifest under its digest or under a tag. What it names must be there.
    ///
    /// A tag is overwritten: who must not do that asks first, as [`crate::publish`] does.
    ///
    /// # Errors
    /// The registry refuses, or says that it took something else.
    pub async fn put_manifest(
        &self,
        repository: &Repository,
        reference: &Reference,
        manifest: &Manifest,
    ) -> Result<(), RegistryError> {
        let doing = format!("write the manifest {repository}{}", reference.suffix());
        self.insist(&doing, async || self.write(repository, reference, manifest).await).await
    }

    async fn read_manifest(
        &self,
        repository: &Repository,
        reference: &Reference,
    ) -> Result<Manifest, RequestError> {
        let response = self.follow(self.about(Method::GET, repository, reference)).await?;
        let said = said(response.headers());
        let content_type = text(response.headers(), &CONTENT_TYPE);
        let bytes = answer::read(response, MANIFEST_LIMIT_BYTES, self.client.limits()).await?;
        // The digest first: what is not what was asked for is not even read.
        let found = Digest::of(&bytes);
        if let Some(expected) = reference.digest().filter(|expected| *expected != found) {
            return Err(RequestError::WrongDigest { expected, found });
        }
        check(said.as_deref(), found)?;
        Ok(Manifest::read(bytes, content_type.as_deref())?)
    }

    async fn look(
        &self,
        repository: &Repository,
        reference: &Reference,
    ) -> Result<Option<Digest>, RequestError> {
        let call = self.about(Method::HEAD, repository, reference);
        let response = self.want(&call, &[200, 404]).await?;
        if response.status().as_u16() == 404 {
            return Ok(None);
        }
        let said = said(response.headers());
        match (said.and_then(|said| said.parse().ok()), reference.digest()) {
            (Some(found), Some(expected)) if found != expected => {
                Err(RequestError::WrongDigest { expected, found })
            }
            (Some(found), _) => Ok(Some(found)),
            // The header is a courtesy (distribution-spec 1.1): without it the bytes are asked.
            (None, _) => Ok(Some(self.read_manifest(repository, reference).await?.digest)),
        }
    }

    async fn write(
        &self,
        repository: &Repository,
        reference: &Reference,
        manifest: &Manifest,
    ) -> Result<(), RequestError> {
        let (path, body) = (format!("manifests/{reference}"), manifest.bytes.clone());
        let call = Call::writing(Method::PUT, self.endpoint(), repository, &path, body);
        let media_type = HeaderValue::from_str(&manifest.media_type);
        let media_type = media_type.map_err(|_| ManifestError::NoType)?;
        let response = self.want(&call.with(CONTENT_TYPE, media_type), &[200, 201, 202]).await?;
        check_said(&response, manifest.digest)
    }

    fn about(&self, method: Method, repository: &Repository, reference: &Reference) -> Call {
        let path = format!("manifests/{reference}");
        let call = Call::reading(method, self.endpoint(), repository, &path);
        call.with(ACCEPT, HeaderValue::from_static(ACCEPTED))
    }
}

/// Compares what an answer says that it holds with what is right.
pub(crate) fn check_said(response: &Response, expected: Digest) -> Result<(), RequestError> {
    check(said(response.headers()).as_deref(), expected)
}

fn check(said: Option<&str>, expected: Digest) -> Result<(), RequestError> {
    // A digest by another algorithm says nothing that can be compared.
    let said = said.filter(|said| said.starts_with("sha256:"));
    match said {
        Some(said) if said != expected.to_string() => {
            Err(RequestError::OtherDigest { expected, said: printable(said, 80) })
        }
        _ => Ok(()),
    }
}

fn said(headers: &HeaderMap) -> Option<String> {
    text(headers, &DIGEST)
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(name)?.as_bytes()).into_owned())
}
