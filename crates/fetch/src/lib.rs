//! Turns a URL into bytes that are what they were said to be, or into an error that says why not.
//!
//! Everything at the other end is taken for hostile: a server may lie about length, never end,
//! trickle, redirect elsewhere or send other bytes. What passes is bounded by [`Limits`] and, where
//! [`Expected`] is given, proven by SHA-256. No credential is ever sent to a server; only a proxy
//! gets those that stand in its own URL.
//!
//! This crate knows no lock, no store and no other edge. It reads neither environment nor home: the
//! front hands proxies and roots down in [`ClientSettings`]. Its face is blocking; a small runtime
//! lives inside each call, so a caller must not be inside an asynchronous runtime itself.

mod answer;
mod body;
mod error;
mod fetcher;
mod patience;
mod request;
mod route;
mod sink;

pub use error::{DownloadError, FetchError};
pub use fetcher::Fetcher;
pub use request::{Expected, Fetched, Progress, Request};
pub use sink::Sink;

pub use landfall_transport::{
    AddressError, ClientSettings, Limits, ProxySettings, RootCause, SettingsError, TransportError,
};
