//! Speaks with any registry of the OCI distribution specification 1.1: reads and writes images by
//! digest, and moves them whole.
//!
//! In reading order: [`publish`] and [`copy`], which move an image; [`Registry`], one request after
//! the other with patience and proof; then who we say we are ([`Credentials`]) and what everything
//! is called ([`Endpoint`], [`Repository`], [`Reference`]).
//!
//! Everything at the other end is taken for hostile. Bytes are proven by SHA-256 before they are
//! used, waits and sizes are bounded, and a credential goes to the origin that it was made for and
//! nowhere else: neither along a redirect, nor to an upload's `Location`, nor to a token server
//! that the registry names and nobody knows.
//!
//! This crate knows no store, no stage and no other edge. It reads neither environment nor home: the
//! front hands in the client, the login file's text and where credential helpers lie.

mod answer;
mod authorizer;
mod blob;
mod budget;
mod call;
mod challenge;
mod copy;
mod credential_helper;
mod credentials;
mod docker_config;
mod endpoint;
mod error;
mod grammar;
mod host;
mod location;
mod manifest;
mod manifests;
mod patience;
mod plan;
mod publish;
mod realm;
mod reference;
mod referrers;
mod refusal;
mod registry;
mod repository;
mod route;
mod scope;
mod secret;
mod sized_blob;
mod source;
mod tags;
mod token;
mod transfer;
mod upload;
mod verified;

pub use blob::BlobStream;
pub use copy::copy;
pub use credential_helper::{CredentialHelper, HelperPrograms};
pub use credentials::{Anonymous, Credentials, CredentialsError, Login};
pub use docker_config::DockerConfig;
pub use endpoint::Endpoint;
pub use error::{RegistryError, RequestError};
pub use futures_util::future::BoxFuture;
pub use grammar::NameError;
pub use host::RegistryHost;
pub use location::Location;
pub use manifest::{Contents, Descriptor, MANIFEST_LIMIT_BYTES, Manifest, ManifestError};
pub use publish::{Publication, PublishError, publish};
pub use reference::{Reference, Tag};
pub use referrers::fallback_tag;
pub use refusal::{Refusal, RegistryMessage};
pub use registry::Registry;
pub use repository::Repository;
pub use secret::Secret;
pub use sized_blob::{Blobs, SizedBlob};
pub use transfer::{How, Progress, Published, Transfer};
