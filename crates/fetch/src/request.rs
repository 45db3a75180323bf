//! What is asked for, what is told on the way, and what comes out.

use landfall_hashing::Digest;

/// One file to fetch.
///
/// It has no `Debug`: the query of a presigned URL is a credential.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// An `http://` or `https://` URL without user and password.
    pub url: &'a str,
    /// What the file must be. Where there is none the file is taken as it comes, which only the
    /// lock may do.
    pub expected: Option<Expected>,
    /// Hosts beside the URL's own origin to which the server may redirect, each as it stands in a
    /// URL: `host` allows all its ports, `host:port` that one.
    pub redirect_hosts: &'a [String],
}

/// What a file must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// Its SHA-256.
    pub digest: Digest,
    /// Its size; where it is known a longer body is stopped at once.
    pub size_bytes: Option<u64>,
}

/// How far a download is. It begins anew with every attempt, so it may go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What has arrived in this attempt.
    pub received_bytes: u64,
    /// What will arrive, where that is known.
    pub total_bytes: Option<u64>,
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The SHA-256 of the bytes that went to the sink.
    pub digest: Digest,
    /// Their number.
    pub size_bytes: u64,
    /// Where they came from, after redirects; for people: values of its query are left out, so it
    /// may be shown and cannot be fetched again.
    pub final_url: String,
}
