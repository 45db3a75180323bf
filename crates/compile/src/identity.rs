//! All that decides the bytes of a binary, in one value that an id is taken of.

use std::collections::BTreeMap;

use landfall_hashing::{Digest, canonical};
use serde::Serialize;

use crate::layout::Layout;
use crate::{CCompiler, Sources, Toolchain};

/// Raised when the way of compiling changes so that the same inputs may give other bytes.
const BUILDER: u32 = 1;

/// What an input asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The binary, from [`Sources::binary`].
    pub binary: String,
    /// Features, sorted.
    pub features: Vec<String>,
    /// Whether the package's default features are on.
    pub default_features: bool,
    /// The target triple.
    pub target: String,
}

/// The identity of a compile. Two compiles of one identity give the same bytes, whatever the
/// machine, the folders, the user or the walls around them; where they do not, that is a defect
/// of a build script or a procedural macro, which `build --check` finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    builder: u32,
    package: String,
    binary: String,
    features: Vec<String>,
    default_features: bool,
    target: String,
    rustc: String,
    cargo: String,
    flags: Vec<String>,
    root_manifest: Digest,
    lock: Digest,
    sources: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    c_compiler: Option<CIdentity>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct CIdentity {
    version: String,
    parts: BTreeMap<String, Digest>,
    flags: String,
}

impl Identity {
    /// Puts an identity together. `tree_hash` is that of the tree of [`Sources::files`].
    pub fn new(
        sources: &Sources,
        tree_hash: Digest,
        settings: &Settings,
        toolchain: &Toolchain,
        c_compiler: Option<&CCompiler>,
    ) -> Self {
        let layout = Layout::inside();
        let c_identity = |compiler: &CCompiler| CIdentity {
            version: compiler.version().into(),
            parts: compiler.parts().clone(),
            flags: layout.c_flags(toolchain),
        };
        Self {
            builder: BUILDER,
            package: sources.package().into(),
            binary: settings.binary.clone(),
            features: settings.features.clone(),
            default_features: settings.default_features,
            target: settings.target.clone(),
            rustc: toolchain.rustc_version().into(),
            cargo: toolchain.cargo_version().into(),
            flags: layout.flags(toolchain),
            root_manifest: Digest::of(sources.root_manifest()),
            lock: Digest::of(sources.lock()),
            sources: tree_hash,
            c_compiler: c_compiler.map(c_identity),
        }
    }

    /// The digest of its canonical form.
    pub fn digest(&self) -> Digest {
        canonical::digest_of(self)
    }
}
