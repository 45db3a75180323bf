//! What the store promises, by its public face.

mod collection;
mod fixture;
mod objects;
mod opening;
mod roots;
mod stat_cache;
mod verification;
mod views;
