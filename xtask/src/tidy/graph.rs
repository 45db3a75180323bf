//! Who is built with whom, as `cargo tree` says it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::paths::root;

/// Packages by name, each with what it is built with: normal and build dependencies, on every
/// target. Two versions of one package count as one.
#[derive(Debug, PartialEq, Eq)]
pub struct Graph {
    uses: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// Of some packages of the workspace, with the features that cargo gives to those alone.
    pub fn read(selection: &[&str]) -> Result<Self, String> {
        let words = ["tree", "--locked", "--edges", "normal,build", "--target", "all"];
        let mut cargo = Command::new("cargo");
        cargo.args(words).args(["--prefix", "depth", "--format", "{p}"]).args(selection);
        let output = cargo.current_dir(root()).output();
        let output = output.map_err(|error| format!("cargo cannot be started: {error}"))?;
        if !output.status.success() {
            return Err(format!("{cargo:?}: {}", String::from_utf8_lossy(&output.stderr)));
        }
        Ok(Self::parse(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Lines of `DEPTHNAME VERSION`, each below the last one with a smaller depth. What stands
    /// below a package is listed where it is named first.
    pub fn parse(tree: &str) -> Self {
        let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut above: Vec<&str> = Vec::new();
        for (depth, name) in tree.lines().filter_map(depth_and_name) {
            above.truncate(depth);
            if let Some(parent) = above.last() {
                uses.entry((*parent).to_owned()).or_default().insert(name.to_owned());
            }
            uses.entry(name.to_owned()).or_default();
            above.push(name);
        }
        Self { uses }
    }

    /// What a package names itself.
    pub fn direct(&self, package: &str) -> impl Iterator<Item = &str> {
        self.uses.get(package).into_iter().flatten().map(String::as_str)
    }

    /// What a package is built with, through others too.
    pub fn reach(&self, package: &str) -> BTreeSet<&str> {
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<&str> = self.direct(package).collect();
        while let Some(name) = waiting.pop() {
            if seen.insert(name) {
                waiting.extend(self.direct(name));
            }
        }
        seen
    }
}

fn depth_and_name(line: &str) -> Option<(usize, &str)> {
    let name = line.trim_start_matches(|symbol: char| symbol.is_ascii_digit());
    let depth = line[..line.len() - name.len()].parse().ok()?;
    Some((depth, name.split(' ').next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str =
        "0a v1.0.0 (/a)\n1b v1.0.0\n2c v2.0.0\n1c v2.0.0\n\n0d v1.0.0 (/d)\n1a v1.0.0 (/a) (*)\n";

    #[test]
    fn a_tree_gives_what_is_used_directly_and_through_others() {
        let graph = Graph::parse(TREE);
        assert_eq!(graph.direct("a").collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(graph.direct("d").collect::<Vec<_>>(), ["a"]);
        assert_eq!(graph.reach("d"), BTreeSet::from(["a", "b", "c"]));
        assert_eq!(graph.reach("nobody"), BTreeSet::new());
    }

    #[test]
    fn what_only_tests_use_is_left_out_and_what_builds_use_is_not() {
        let graph = Graph::read(&["--package", "landfall-image"]).expect("cargo tree");
        let reached = graph.reach("landfall-image");
        assert!(!reached.contains("proptest"), "a dev-dependency");
        assert!(reached.contains("cc"), "libdeflate-sys is built with it");
    }
}
