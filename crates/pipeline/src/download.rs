//! Brings files of the network into the store.

use std::io::{self, Write};

use landfall_derivation::lock::LockedInput;
use landfall_fetch::{Expected, Fetcher, Progress, Request};
use landfall_hashing::Digest;
use landfall_store::{BlobWriter, Store};

use crate::{Error, Event, Session};

/// A locked file.
#[derive(Clone)]
pub(crate) struct Download {
    pub(crate) input: String,
    pub(crate) locked: LockedInput,
    pub(crate) redirects: Vec<String>,
}

/// Brings a locked file into the store, unless it is there.
pub(crate) fn fetch(session: &Session<'_>, app: &str, download: &Download) -> Result<(), Error> {
    let locked = &download.locked;
    if session.store.blob_size_bytes(&locked.digest).is_some() {
        return Ok(());
    }
    let input = download.input.as_str();
    let fetcher =
        Fetcher::new(session.fetch.clone()).map_err(|error| Error::fetch(app, input, error))?;
    let request = Request {
        url: &locked.url,
        expected: Some(Expected { digest: locked.digest, size_bytes: Some(locked.size_bytes) }),
        redirect_hosts: &download.redirects,
    };
    let (digest, size_bytes) = into_store(session, app, input, &fetcher, &request)?;
    debug_assert_eq!(digest, locked.digest);
    session.events.event(Event::Fetched { app, input, size_bytes });
    Ok(())
}

/// Downloads into the store; the blob appears only when it is whole and as expected.
pub(crate) fn into_store(
    session: &Session<'_>,
    app: &str,
    input: &str,
    fetcher: &Fetcher,
    request: &Request<'_>,
) -> Result<(Digest, u64), Error> {
    let mut writer = None;
    let mut sink = StoreSink { store: &session.store, writer: &mut writer };
    let progress = |progress: Progress| {
        let Progress { received_bytes, total_bytes } = progress;
        session.events.event(Event::Fetching { app, input, received_bytes, total_bytes });
    };
    let fetched = fetcher
        .fetch(request, &mut sink, &progress)
        .map_err(|error| Error::fetch(app, input, error))?;
    let writer = writer.ok_or_else(|| Error::File {
        action: "write",
        path: session.store.folder().into(),
        source: io::Error::other("the download was never begun"),
    })?;
    writer.commit_as(fetched.digest)?;
    Ok((fetched.digest, fetched.size_bytes))
}

/// Lets a download write into the store, each attempt anew.
struct StoreSink<'a, 'store> {
    store: &'store Store,
    writer: &'a mut Option<BlobWriter<'store>>,
}

impl Write for StoreSink<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let writer =
            self.writer.as_mut().ok_or_else(|| io::Error::other("written before it was begun"))?;
        writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl landfall_fetch::Sink for StoreSink<'_, '_> {
    fn restart(&mut self) -> io::Result<()> {
        *self.writer = Some(self.store.blob_writer().map_err(io::Error::other)?);
        Ok(())
    }
}
