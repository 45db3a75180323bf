//! What the store promises, by its public face.

#![allow(clippy::unwrap_used, reason = "tests")]

mod collection;
mod fixture;
mod objects;
mod opening;
mod roots;
mod stat_cache;
mod verification;
mod views;
