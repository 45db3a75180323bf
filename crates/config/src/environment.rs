//! What the files below `environments/` say: regions, stages, and for one app in one region every
//! value with the file and line that it comes from.
//!
//! In reading order: [`Files`] are the texts; [`read_stage`] turns them into a [`StageFolder`], or
//! into every problem that they have; [`StageFolder::environment`] lays the values of one app over
//! one another; [`Environment::listing`] shows them. [`read_ledger`] reads beside them what the
//! stage runs. Nothing in these files can name a command, a credential or another endpoint than a
//! registry: there is no key for one.

mod aws_region;
mod compare;
mod context;
mod domain;
pub(crate) mod fields;
mod folder;
mod image_digest;
mod kubeconfig;
mod layered;
mod ledger;
mod listing;
mod local;
mod merge_conflict;
mod namespace;
mod origin;
mod pin;
mod placed;
mod region;
mod regions;
mod registry;
mod resolve;
mod setting;
mod slack_channel;
mod stage;
mod strangers;

use serde_json::Value as Json;

pub use compare::only_in_some;
pub use folder::{Files, StageFolder, StageSources, read_stage};
pub use layered::{Layered, LayeredContent, LayeredValue};
pub use ledger::{LEDGER_FORMAT, Ledger, LedgerEntry, LedgerOverride, LedgerPrevious, read_ledger};
pub use listing::{Place, Replaced, Shown};
pub use local::LocalRegion;
pub use namespace::{NamespaceError, NamespaceTemplate};
pub use origin::{Layer, Origin, Overridden};
pub use pin::{Pin, PinError};
pub(crate) use placed::read_values;
pub use placed::{PlacedContent, PlacedValue, PlacedValues};
pub use region::{Cluster, Region};
pub use regions::Regions;
pub use registry::{EcrRegistry, RegistryPrefix, RegistryPrefixError};
pub use resolve::{ClusterTarget, Environment};
pub use setting::{Setting, SettingError};
pub use stage::Stage;
pub use strangers::unknown_places;

use crate::schema::file_schema;

/// The JSON Schema of `environments/regions.toml`.
pub fn regions_schema() -> Json {
    file_schema(&fields::REGIONS_FILE)
}

/// The JSON Schema of `environments/STAGE/stage.toml`.
pub fn stage_schema() -> Json {
    file_schema(&fields::STAGE_FILE)
}

/// The JSON Schema of `environments/STAGE/REGION.toml`.
pub fn region_schema() -> Json {
    file_schema(&fields::REGION_FILE)
}

/// The JSON Schema of `environments/local.toml`.
pub fn local_schema() -> Json {
    file_schema(&fields::LOCAL_FILE)
}

/// The JSON Schema of `environments/STAGE/releases.toml`.
pub fn ledger_schema() -> Json {
    file_schema(&fields::LEDGER_FILE)
}
