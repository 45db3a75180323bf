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

mod address;
mod answer;
mod body;
mod client;
mod error;
mod failure;
mod fetcher;
mod pace;
mod patience;
mod printable;
mod request;
mod roots;
mod route;
mod settings;
mod sink;

pub use address::AddressError;
pub use error::{DownloadError, FetchError, SettingsError};
pub use failure::RootCause;
pub use fetcher::Fetcher;
pub use request::{Expected, Fetched, Progress, Request};
pub use settings::{ClientSettings, Limits, ProxySettings};
pub use sink::Sink;
