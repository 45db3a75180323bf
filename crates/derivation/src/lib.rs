//! Turns what is locked and hashed into ids, and two builds into what changed between them.
//!
//! Pure: nothing here reads a file or the network. In reading order: [`lock`] is what was fetched,
//! [`template`] turns names into text, [`build`] is what a tree is made by, [`record`] is what one
//! image was made of, [`changes`] compares two records.

pub mod build;
pub mod changes;
pub mod lock;
pub mod record;
pub mod template;
