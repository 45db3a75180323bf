//! Gives tests a world of their own: a temporary workspace, and the judges and servers that we
//! did not write.
//!
//! Nothing of the product is compiled into this crate, so that what it judges with shares no bug
//! with what it judges. It is a dev-dependency and reaches no binary that is shipped. In reading
//! order: the workspace that every end-to-end test begins with; then the rig, that is, programs
//! checked and built once, servers started for one test, and judges that read an image. The same
//! servers, started to stay, are the services that people try things by hand with.

mod environment;
mod fixture;
mod workspace;

mod command;
mod error;
mod go_module;
pub mod prerequisites;
mod programs;
mod rig;

mod deadline;
mod http;
mod namespaces;
mod port;
mod scratch;
mod server;

mod container;
mod containerd;
mod registry;

mod control_plane;
mod kubeconfig;
mod kubectl;
mod stages;

mod slack;
mod slack_limits;

mod services;
mod world;

mod image_layout;
#[cfg(feature = "rig")]
mod schema;
mod unpacked;

pub use command::succeed;
pub use container::{Container, ContainerRequest};
pub use containerd::Containerd;
pub use control_plane::{ControlPlane, ControlPlaneOptions};
pub use error::RigError;
pub use fixture::{Fixture, FixtureError, FixtureFile};
pub use go_module::{GoModule, GoTool};
pub use http::{HttpAnswer, free_port, get};
pub use image_layout::ImageLayout;
pub use registry::{Registry, RegistryOptions};
pub use rig::{Part, Rig};
#[cfg(feature = "rig")]
pub use schema::{ImageSchemas, SchemaProblem};
pub use services::{
    LocalFileState, PartReport, PartState, ServiceEvent, Services, ServicesReport, ServicesUp,
    receive_for_slack,
};
pub use slack::{SlackMood, SlackPost, SlackReceiver};
pub use stages::{POD_LABEL, PodFate};
pub use unpacked::{UnpackedEntry, UnpackedKind};
pub use workspace::{Outcome, Workspace, WorkspaceError};
pub use world::{World, WorldRegion};
