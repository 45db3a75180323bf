//! Turns an `app.toml` into a checked [`App`], or into every problem that it has.
//!
//! One table of fields drives what is read, what is suggested and the JSON Schema alike. This
//! crate opens no file, fetches nothing and renders no template; it knows what can be said, and
//! that what was said can be.
//!
//! In reading order: [`App`] is what comes out; `fields` lists every key; `document` turns the
//! text into a tree with places; `shape` holds the tree against the fields; `read` makes the
//! values; the remaining modules are one kind of value each.

mod annotation;
mod app;
mod app_path;
mod archive_format;
mod cargo_name;
mod config_key;
mod conflicts;
mod defaults;
mod document;
pub mod environment;
mod environment_name;
mod field;
mod fields;
mod glob;
mod host;
mod image_path;
mod lines;
mod mode;
mod name;
mod owner;
mod platform;
mod port;
mod problems;
mod read;
mod schema;
mod shape;
mod stop_signal;
mod suggestion;
mod syntax;
mod url;
mod value;
mod variable;
mod version;

pub use app::{
    App, CargoInput, Compression, ConfigFile, ConfigMap, EnvironmentName, ImageSettings, Input,
    InputKind, Layer, Owner, Placement, PlacementSource, Port, Protocol, Reserved, Spanned, Unpack,
    UrlInput, Value,
};
pub use archive_format::ArchiveFormat;
pub use environment_name::EnvironmentNameError;
pub use name::{Name, NameError};
pub use owner::OwnerError;
pub use platform::{Platform, PlatformError};
pub use port::PortError;
pub use read::{Overrides, read_app};
pub use schema::app_schema;
pub use suggestion::nearest;
