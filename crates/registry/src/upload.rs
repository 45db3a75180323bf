//! Sends a blob: not at all where it is there, by a mount where another repository has it, else
//! whole and in one piece (distribution-spec 1.1, "POST then PUT").
//!
//! One PUT with its length, never pieces by PATCH: ECR answers those with another status than the
//! specification and has dropped what came after the first.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream::TryStreamExt;
use landfall_hashing::Digest;
use landfall_transport::{Address, Counter, TransportError};
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{Body, Method, Response};

use crate::call::Call;
use crate::source::Source;
use crate::verified::verified;
use crate::{
    BlobStream, Descriptor, How, Registry, RegistryError, Repository, RequestError, manifests,
    route,
};

/// What came of beginning an upload.
enum Begun {
    Mounted,
    Session(Address),
}

/// A blob on its way: what it is, where it comes from, where else it may be, who is told.
pub(crate) struct Parcel<'a> {
    pub(crate) blob: &'a Descriptor,
    pub(crate) source: Source<'a>,
    pub(crate) mount_from: &'a [Repository],
    pub(crate) progress: &'a (dyn Fn(u64) + Send + Sync),
}

impl Registry {
    /// Sees to it that a repository holds a blob.
    pub(crate) async fn send_blob(
        &self,
        repository: &Repository,
        parcel: &Parcel<'_>,
    ) -> Result<How, RegistryError> {
        let doing = format!("send the blob {} to {repository}", parcel.blob.digest);
        self.insist(&doing, async || self.send_once(repository, parcel).await).await
    }

    async fn send_once(
        &self,
        repository: &Repository,
        parcel: &Parcel<'_>,
    ) -> Result<How, RequestError> {
        let digest = parcel.blob.digest;
        match self.holds(repository, digest).await {
            Ok(true) => return Ok(How::Present),
            Ok(false) => {}
            // An answer to HEAD has no words; that to the upload says why not. ECR Public answers
            // HEAD with 401 and takes the blob.
            Err(error) if error.has_status(&[400, 401, 403, 405]) => {}
            Err(error) => return Err(error),
        }
        match self.begin(repository, digest, parcel.mount_from).await? {
            Begun::Mounted => Ok(How::Mounted),
            Begun::Session(session) => self.put(session, repository, parcel).await,
        }
    }

    /// Tries to mount; a mount that is not granted is an upload that has begun.
    async fn begin(
        &self,
        repository: &Repository,
        digest: Digest,
        mount_from: &[Repository],
    ) -> Result<Begun, RequestError> {
        let mut session = None;
        for from in mount_from.iter().filter(|from| *from != repository) {
            match self.mount(repository, digest, from).await {
                Ok(Begun::Mounted) => return Ok(Begun::Mounted),
                Ok(Begun::Session(begun)) => session = Some(begun),
                Err(error) if error.is_transient() => return Err(error),
                // No right to read there, or no mounts at all: it is sent.
                Err(_) => {}
            }
        }
        match session {
            Some(session) => Ok(Begun::Session(session)),
            None => self.open(repository).await,
        }
    }

    async fn mount(
        &self,
        repository: &Repository,
        digest: Digest,
        from: &Repository,
    ) -> Result<Begun, RequestError> {
        let mut call = self.beginning(repository);
        let pairs = [("mount", digest.to_string()), ("from", from.to_string())];
        call.address = call.address.with_query(&pairs);
        call.scope = call.scope.reading(from);
        let response = self.want(&call, &[201, 202]).await?;
        if response.status().as_u16() == 202 {
            return self.session(&response, &call);
        }
        manifests::check_said(&response, digest)?;
        Ok(Begun::Mounted)
    }

    async fn open(&self, repository: &Repository) -> Result<Begun, RequestError> {
        let call = self.beginning(repository);
        match self.want(&call, &[202]).await {
            Ok(response) => self.session(&response, &call),
            Err(error) => Err(upload_error(error, repository)),
        }
    }

    fn beginning(&self, repository: &Repository) -> Call {
        let (endpoint, body) = (self.endpoint(), Bytes::new());
        let call = Call::writing(Method::POST, endpoint, repository, "blobs/uploads/", body);
        call.with(CONTENT_LENGTH, HeaderValue::from_static("0"))
    }

    fn session(&self, response: &Response, call: &Call) -> Result<Begun, RequestError> {
        route::next(response, &call.address, self.endpoint()).map(Begun::Session)
    }

    async fn put(
        &self,
        session: Address,
        repository: &Repository,
        parcel: &Parcel<'_>,
    ) -> Result<How, RequestError> {
        let blob = parcel.blob;
        let mut call = self.beginning(repository);
        (call.method, call.body) = (Method::PUT, None);
        call.address = session.with_query(&[("digest", blob.digest.to_string())]);
        let sent = self.stream(&call, parcel).await;
        let (response, shown) = sent.map_err(|error| upload_error(error, repository))?;
        match response.status().as_u16() {
            201 => manifests::check_said(&response, blob.digest).map(|()| How::Sent),
            // What ECR answers to pieces; here it may mean anything, so it is asked.
            202 | 204 => match self.holds(repository, blob.digest).await? {
                true => Ok(How::Sent),
                false => Err(RequestError::NotStored { status: response.status() }),
            },
            401 if self.can_renew(&response, &call, shown.as_ref()).await? => {
                Err(RequestError::LoginEnded)
            }
            _ => Err(self.refused(response, &call).await),
        }
    }

    /// Opens the source, and sends all of it.
    async fn stream(
        &self,
        call: &Call,
        parcel: &Parcel<'_>,
    ) -> Result<(Response, Option<HeaderValue>), RequestError> {
        let Descriptor { digest, size_bytes, .. } = parcel.blob;
        let bytes = parcel.source.blob(parcel.blob).await?;
        let (counter, fault) = (Counter::default(), Fault::default());
        let bytes = fault.watching(verified(bytes, *digest, *size_bytes), counter.clone());
        let request = self.client.request(Method::PUT, &call.address);
        let request = request
            .header(CONTENT_LENGTH, *size_bytes)
            .header(CONTENT_TYPE, "application/octet-stream")
            .body(Body::wrap_stream(bytes));
        let (request, shown) = self.authorized(request, call).await?;
        let sent = self.client.upload(&call.address, request, &counter, parcel.progress).await;
        // Where our own end failed, what the client says of it is only the consequence.
        fault.check()?;
        Ok((sent?, shown))
    }
}

/// What ended the bytes that were to be sent.
#[derive(Clone, Default)]
struct Fault(Arc<Mutex<Option<io::Error>>>);

impl Fault {
    fn watching(&self, bytes: BlobStream, counter: Counter) -> BlobStream {
        let fault = self.clone();
        let counted = bytes.inspect_ok(move |piece| counter.add(piece.len() as u64));
        Box::pin(counted.map_err(move |error| {
            let kind = error.kind();
            *fault.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            kind.into()
        }))
    }

    fn check(&self) -> Result<(), RequestError> {
        let error = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        error.map_or(Ok(()), |error| Err(RequestError::of_io(error)))
    }
}

/// A connection that ends without an answer has a likely cause here.
fn upload_error(error: RequestError, repository: &Repository) -> RequestError {
    match error {
        RequestError::Transport { source: source @ TransportError::BrokenAnswer { .. } } => {
            let (repository, source) = (repository.to_string(), Box::new(source));
            RequestError::UploadCut { repository, source }
        }
        other => other,
    }
}
