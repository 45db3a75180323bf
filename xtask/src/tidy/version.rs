//! Versions of dependencies: one that several packages use stands in the root Cargo.toml only.

use std::collections::{BTreeMap, BTreeSet};

/// Says which Cargo.toml holds a version that another one needs as well; `manifests` are their
/// paths and texts, the root's among them.
pub fn shared(manifests: &[(String, String)]) -> Vec<String> {
    let mut users: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (path, text) in manifests {
        for dependency in dependencies(text) {
            users.entry(dependency.name).or_default().insert(path);
        }
    }
    let own = manifests.iter().flat_map(|(path, text)| {
        let own = dependencies(text).into_iter().filter(|dependency| dependency.has_version);
        own.map(move |dependency| (path.as_str(), dependency.name))
    });
    let own = own.filter(|(path, _)| *path != ROOT);
    own.filter_map(|(path, name)| {
        let other = users[name].iter().find(|other| **other != path)?;
        Some(format!("{path}: error: the version of `{name}` stands here, and {other} needs it as well; put it into the root Cargo.toml"))
    })
    .collect()
}

const ROOT: &str = "Cargo.toml";

/// One line of a Cargo.toml that names a dependency.
struct Dependency<'a> {
    name: &'a str,
    has_version: bool,
}

fn dependencies(manifest: &str) -> Vec<Dependency<'_>> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            inside = section.trim_end_matches(']').ends_with("dependencies");
        } else if inside {
            found.extend(dependency(line));
        }
    }
    found
}

fn dependency(line: &str) -> Option<Dependency<'_>> {
    let (name, value) = line.split_once('=')?;
    let name = name.split('.').next()?.trim();
    let has_version = value.trim().starts_with('"') || value.contains("version =");
    (!name.starts_with('#')).then_some(Dependency { name, has_version })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(manifests: &[(&str, &str)]) -> Vec<String> {
        let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        shared(&manifests.iter().map(owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_version_that_two_need_stands_in_the_root() {
        let root = ("Cargo.toml", "[workspace.dependencies]\na = \"1\"\n");
        let inherits = ("crates/x/Cargo.toml", "[dependencies]\na.workspace = true\n");
        let alone = ("crates/y/Cargo.toml", "[dependencies]\nb = { version = \"1\" }\n");
        assert_eq!(wrong(&[root, inherits, alone]), [""; 0]);
        let twice = ("crates/z/Cargo.toml", "[target.'cfg(unix)'.dev-dependencies]\nb = \"1\"\n");
        let said = |path: &str, name: &str, other: &str| {
            format!(
                "{path}: error: the version of `{name}` stands here, and {other} needs it as well; put it into the root Cargo.toml"
            )
        };
        let expected = [said(alone.0, "b", twice.0), said(twice.0, "b", alone.0)];
        assert_eq!(wrong(&[root, inherits, alone, twice]), expected);
        let again = ("crates/y/Cargo.toml", "[build-dependencies]\na = { version = \"2\" }\n");
        assert_eq!(wrong(&[root, again]), [said(again.0, "a", root.0)]);
    }

    #[test]
    fn what_is_no_dependency_is_no_version() {
        let package = "[package]\nversion = \"1\"\n[features]\na = [\"dep:b\"]\n";
        assert_eq!(wrong(&[("x/Cargo.toml", package), ("y/Cargo.toml", package)]), [""; 0]);
    }
}
