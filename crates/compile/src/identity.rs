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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::PathBuf;

    use serde_json::Value;

    use super::*;

    fn formats() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats"))
    }

    fn documented() -> Value {
        let text = fs::read_to_string(formats().join("vectors/build-cargo.json")).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["identity"].take()
    }

    /// The identity that the documented vector holds.
    fn identity(document: &Value) -> Identity {
        let text = |key: &str| document[key].as_str().unwrap().to_owned();
        let texts = |key: &str| {
            let list = document[key].as_array().unwrap().iter();
            list.map(|word| word.as_str().unwrap().to_owned()).collect()
        };
        Identity {
            builder: BUILDER,
            package: text("package"),
            binary: text("binary"),
            features: texts("features"),
            default_features: document["default_features"].as_bool().unwrap(),
            target: text("target"),
            rustc: text("rustc"),
            cargo: text("cargo"),
            flags: texts("flags"),
            root_manifest: text("root_manifest").parse().unwrap(),
            lock: text("lock").parse().unwrap(),
            sources: text("sources").parse().unwrap(),
            c_compiler: None,
        }
    }

    fn with_c_compiler(identity: Identity) -> Identity {
        let parts = BTreeMap::from([("driver".into(), Digest::of("driver"))]);
        let c_compiler = CIdentity { version: "cc 1".into(), parts, flags: "-O2".into() };
        Identity { c_compiler: Some(c_compiler), ..identity }
    }

    fn keys(value: &Value) -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    }

    /// The words in backticks in a line of a table, by its cells.
    fn named(cell: &str) -> impl Iterator<Item = String> + '_ {
        cell.split('`').skip(1).step_by(2).map(str::to_owned)
    }

    /// The table of keys below the heading of the builder.
    fn rows() -> Vec<(BTreeSet<String>, String)> {
        let document = fs::read_to_string(formats().join("derivation.md")).unwrap();
        let section = document.split("\n### ").find(|part| part.starts_with("`cargo`\n")).unwrap();
        let lines = section.lines().filter(|line| line.starts_with("| `"));
        lines
            .map(|line| {
                let (key, holds) = line.trim_matches('|').split_once('|').unwrap();
                (named(key).collect(), holds.into())
            })
            .collect()
    }

    #[test]
    fn an_identity_is_written_as_documented() {
        let document = documented();
        let identity = identity(&document);
        assert_eq!(serde_json::to_value(&identity).unwrap(), document);
        assert_eq!(identity.digest(), canonical::digest_of(&document));
    }

    #[test]
    fn every_key_stands_in_the_table_and_no_other() {
        let written = serde_json::to_value(with_c_compiler(identity(&documented()))).unwrap();
        let rows = rows();
        let in_table: BTreeSet<_> = rows.iter().flat_map(|(keys, _)| keys.clone()).collect();
        assert_eq!(in_table, keys(&written));
        let (_, of_c) = rows.iter().find(|(keys, _)| keys.contains("c_compiler")).unwrap();
        let said: BTreeSet<_> = of_c.split(':').skip(1).flat_map(named).collect();
        assert_eq!(said, keys(&written["c_compiler"]));
    }
}
