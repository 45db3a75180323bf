//! The one way out: an HTTP client that does nothing by itself, and what is said when it fails.
//!
//! It follows no redirect, retries nothing, decodes nothing, sends no credential and knows only the
//! proxies and roots handed in. Edges build on it what they need: `fetch` downloads, `registry`
//! speaks the distribution protocol. Everything at the other end is taken for hostile, so each wait
//! is bounded by [`Limits`], and text from outside is shown only through [`printable`] and
//! [`redacted`].
//!
//! This crate knows no file, image or registry. It reads neither environment nor home.

mod address;
mod builder;
mod client;
mod error;
mod pace;
mod patience;
mod printable;
mod roots;
mod settings;
mod upload;

pub use address::{Address, AddressError, redacted};
pub use client::{Client, Connections};
pub use error::{RootCause, SettingsError, TransportError};
pub use pace::Pace;
pub use patience::retry_after;
pub use printable::printable;
pub use settings::{ClientSettings, Limits, ProxySettings};
pub use upload::Counter;
