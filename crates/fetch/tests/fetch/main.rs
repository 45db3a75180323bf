//! Downloads from servers that misbehave, one script per fault.
//!
//! [`server`] replays the scripts; the other modules are tables of them. No test leaves this
//! machine, and none waits longer than its fault takes.

#![allow(clippy::unwrap_used, reason = "functions beside the tests are part of them")]

mod environment;
mod faults;
mod proxies;
mod redirects;
mod retries;
mod rig;
mod server;
mod silence;
mod success;
mod tls;
mod urls;
