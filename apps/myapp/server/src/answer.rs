//! From a request to its response: every decision about HTTP is made here.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http_body_util::{Either, Full};
use hyper::body::Bytes;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION,
    SERVER, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode, Uri};
use rustix::io::Errno;
use tokio::task::spawn_blocking;

use crate::content_type::content_type;
use crate::entity_tag::{EntityTags, is_known};
use crate::file_body::FileBody;
use crate::folder::{Folder, Found};
use crate::notice;
use crate::request_path::RequestPath;
use crate::settings::Settings;

/// A short text of ours, or a file.
pub(crate) type Body = Either<Full<Bytes>, FileBody>;

/// What is served, and how.
pub(crate) struct Site {
    folder: Folder,
    pub(crate) settings: Settings,
    tags: EntityTags,
}

impl Site {
    pub(crate) fn new(folder: Folder, settings: Settings) -> Self {
        Self { folder, settings, tags: EntityTags::default() }
    }

    /// Turns the head of a request into the response to it. Bodies of requests are of no use here.
    pub(crate) async fn answer(self: Arc<Self>, request: Parts) -> Response<Body> {
        let banner = self.settings.banner.clone();
        let head_only = request.method == Method::HEAD;
        let mut response = self.choose(request).await;
        set(&mut response, SERVER, banner);
        set_static(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
        if head_only {
            // The headers stay; what would fill the body need not be read.
            *response.body_mut() = Either::Left(Full::default());
        }
        response
    }

    async fn choose(self: Arc<Self>, request: Parts) -> Response<Body> {
        match request.method {
            Method::GET | Method::HEAD if request.uri.path() == "/healthcheck" => healthy(),
            // Files are read where waiting for a disk keeps no other request waiting.
            Method::GET | Method::HEAD => spawn_blocking(move || self.page(&request))
                .await
                .unwrap_or_else(|stopped| failed(&io::Error::other(stopped))),
            _ => refuse_method(),
        }
    }

    fn page(&self, request: &Parts) -> Response<Body> {
        let Some(path) = RequestPath::parse(request.uri.path()) else {
            return text(StatusCode::BAD_REQUEST, "this path cannot be\n");
        };
        self.look_up(request, &path).unwrap_or_else(|error| refuse(&error))
    }

    fn look_up(&self, request: &Parts, path: &RequestPath) -> io::Result<Response<Body>> {
        let mut inner = path.names.iter().collect::<PathBuf>();
        if path.folder {
            inner.push(&self.settings.index);
        }
        match self.folder.find(&inner)? {
            Found::File(file, metadata) => self.file(request, &inner, file, &metadata),
            Found::Folder if path.folder => Ok(missing()),
            Found::Folder => into_folder(&request.uri),
        }
    }

    fn file(
        &self,
        request: &Parts,
        path: &Path,
        file: File,
        metadata: &Metadata,
    ) -> io::Result<Response<Body>> {
        let tag = self.tags.of(&file, metadata)?;
        let mut response = Response::new(Either::Left(Full::default()));
        if is_known(&request.headers, &tag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            *response.body_mut() = Either::Right(FileBody::new(file, metadata.len()));
            set(&mut response, CONTENT_LENGTH, metadata.len().into());
            set_static(&mut response, CONTENT_TYPE, content_type(path));
        }
        set(&mut response, ETAG, tag);
        set(&mut response, CACHE_CONTROL, self.cache_control()?);
        Ok(response)
    }

    fn cache_control(&self) -> io::Result<HeaderValue> {
        let value = format!("public, max-age={}", self.settings.cache_seconds);
        HeaderValue::try_from(value).map_err(io::Error::other)
    }
}

/// Only with a slash at its end do the relative links of a folder's index lead into the folder.
fn into_folder(uri: &Uri) -> io::Result<Response<Body>> {
    let query = uri.query().map(|query| format!("?{query}"));
    let place = format!("{}/{}", uri.path(), query.unwrap_or_default());
    let place = HeaderValue::try_from(place).map_err(io::Error::other)?;
    let mut response = text(StatusCode::MOVED_PERMANENTLY, "this is a folder\n");
    set(&mut response, LOCATION, place);
    Ok(response)
}

fn healthy() -> Response<Body> {
    let mut response = text(StatusCode::OK, "ok");
    set_static(&mut response, CACHE_CONTROL, "no-store");
    response
}

fn refuse_method() -> Response<Body> {
    let words = "only GET and HEAD are answered\n";
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, words);
    set_static(&mut response, ALLOW, "GET, HEAD");
    response
}

fn missing() -> Response<Body> {
    text(StatusCode::NOT_FOUND, "there is nothing here\n")
}

/// What a file that cannot be opened is answered with.
fn refuse(error: &io::Error) -> Response<Body> {
    // A circle of links, and a socket: neither has an error kind that can be named in this Rust.
    let system = error.raw_os_error().map(Errno::from_raw_os_error);
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename => missing(),
        _ if matches!(system, Some(Errno::LOOP | Errno::NXIO)) => missing(),
        ErrorKind::PermissionDenied => text(StatusCode::FORBIDDEN, "this may not be read\n"),
        _ => failed(error),
    }
}

/// The reason goes to the operator; the client cannot do anything with it.
fn failed(error: &io::Error) -> Response<Body> {
    notice(&format!("a file could not be served: {error}"));
    text(StatusCode::INTERNAL_SERVER_ERROR, "the server failed\n")
}

fn text(status: StatusCode, words: &'static str) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::from(words)));
    *response.status_mut() = status;
    set(&mut response, CONTENT_LENGTH, words.len().into());
    set_static(&mut response, CONTENT_TYPE, "text/plain; charset=utf-8");
    response
}

fn set(response: &mut Response<Body>, name: HeaderName, value: HeaderValue) {
    response.headers_mut().insert(name, value);
}

fn set_static(response: &mut Response<Body>, name: HeaderName, value: &'static str) {
    set(response, name, HeaderValue::from_static(value));
}
