//! The server as its users meet it: the real program, asked over a real socket.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `serving` | what is answered to which request, and what is logged |
//! | `escaping` | no request leads out of the folder |
//! | `caching` | entity tags and what is sent when a client has a file already |
//! | `starting` | the configuration file, the environment, and what is said about mistakes in them |
//! | `stopping` | signals: what is in flight is finished |
//! | `world` | a folder, a running server and a client that sends exactly what it is told |

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod caching;
mod escaping;
mod serving;
mod starting;
mod stopping;
mod world;
