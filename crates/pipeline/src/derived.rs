//! What a derivation holds: layers of placed trees, and the builds and downloads that give them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use landfall_archive::{Format, Options};
use landfall_config::{App, Platform};
use landfall_derivation::record::InputFact;
use landfall_diagnostics::Span;
use landfall_hashing::Digest;
use landfall_image::{Compression, Encoding, Modes, Owners};
use landfall_tree::{EntryPath, Tree};

use crate::cargo::CargoPlan;
use crate::download::Download;
use crate::locations::Stat;

/// An app with every input known by content.
pub struct Derived {
    /// What was asked for.
    pub app: App,
    /// How layers are written.
    pub encoding: Encoding,
    /// One a platform, in the app's order.
    pub images: Vec<DerivedImage>,
    /// Builds by the id that layers name them by.
    pub(crate) builds: BTreeMap<Digest, PlannedBuild>,
    /// Locked files that are placed as they are, by digest.
    pub(crate) downloads: BTreeMap<Digest, Download>,
    /// Records of the store that save time at the next build.
    pub(crate) remembered: BTreeSet<Digest>,
    /// For the record: everything that enters, by a name that people know.
    pub inputs: BTreeMap<String, InputFact>,
}

impl Derived {
    /// The folders of the workspace that hold its sources.
    pub(crate) fn folders(&self) -> Vec<String> {
        let own = format!("apps/{}", self.app.name.value);
        let plans = self.builds.values().filter_map(|planned| match &planned.action {
            Action::Cargo(plan) => Some(plan.folders()),
            Action::Unpack(_) => None,
        });
        std::iter::once(own).chain(plans.flatten()).collect()
    }
}

/// One platform's layers.
pub struct DerivedImage {
    /// The platform.
    pub platform: Platform,
    /// Lowest first.
    pub layers: Vec<DerivedLayer>,
}

/// One layer before its trees are placed.
pub struct DerivedLayer {
    /// From app.toml.
    pub name: String,
    /// The layer's own, or the image's.
    pub compression: Compression,
    /// In their order.
    pub(crate) places: Vec<DerivedPlace>,
    /// Keys of [`Derived::inputs`].
    pub inputs: Vec<String>,
}

/// One placement with its tree, or with the build that will give it.
pub(crate) struct DerivedPlace {
    pub(crate) span: Span,
    pub(crate) to: EntryPath,
    pub(crate) modes: Modes,
    pub(crate) owners: Owners,
    pub(crate) tree: TreeSource,
}

/// Where a tree comes from.
pub(crate) enum TreeSource {
    Known(Arc<Tree>),
    Build(Digest),
}

/// A build and how it would be done.
pub(crate) struct PlannedBuild {
    pub(crate) input: String,
    pub(crate) span: Span,
    pub(crate) action: Action,
}

impl PlannedBuild {
    /// Whether it starts a compiler.
    pub(crate) fn compiles(&self) -> bool {
        matches!(self.action, Action::Cargo(_))
    }
}

/// What a build does.
pub(crate) enum Action {
    Unpack(Box<UnpackPlan>),
    Cargo(Box<CargoPlan>),
}

/// An archive that can be unpacked.
pub(crate) struct UnpackPlan {
    pub(crate) archive: ArchivePlace,
    pub(crate) format: Format,
    pub(crate) options: Options,
}

/// Where an archive lies.
#[derive(Clone)]
pub(crate) enum ArchivePlace {
    Local { path: PathBuf, stat: Stat, digest: Digest },
    Download(Digest),
}
