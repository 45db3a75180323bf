//! The straight line: app.toml, lock, derivation, trees, layers, image.
//!
//! Each module is one arrow, in this order: [`workspace`] reads an app, [`lock`] resolves what is
//! fetched, `derive` hashes everything that enters, `realise` makes the trees that are not there
//! yet, `assemble` places them and writes layers, `documents` describes the image, [`output`] hands
//! it to other tools. [`build`] is all of it; [`why`] and [`check`] look at two builds side by side.
//! What is handed from arrow to arrow stands in `derived` and `made`.
//!
//! Nothing here reads the environment, the home folder or the clock: a [`Session`] is handed in.

mod archive_build;
mod assemble;
pub mod build;
mod cargo;
pub mod check;
mod conflicts;
mod derive;
mod derived;
mod documents;
mod download;
pub mod environments;
mod error;
mod events;
mod git;
pub mod ledger;
pub mod load;
mod local;
mod locations;
pub mod lock;
mod made;
mod one_reading;
pub mod output;
mod parts;
pub mod plain_file;
pub mod promote;
pub mod publish;
pub mod push;
mod realise;
mod record;
pub mod render;
mod root;
mod session;
mod setting;
mod side_by_side;
pub mod stored_image;
pub mod tag;
mod unpack;
mod url;
mod verified;
pub mod whole;
pub mod why;
pub mod workspace;

pub use error::{Error, ErrorKind};
pub use events::{Event, Events};
pub use session::{Session, Strictness, thread_pool};
