//! The house rules, each a check that says where and what to do instead.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::paths::{files, root};

/// Each crate's layer; a crate may use crates of lower layers, and of its own where it says so.
const LAYERS: [(&str, &[&str]); 8] = [
    ("base", &["hashing", "diagnostics", "tree", "failpoint", "yaml"]),
    ("core", &["config", "derivation", "archive", "image", "objects", "release", "rollout"]),
    ("keep", &["store"]),
    ("way", &["transport"]),
    ("edge", &["fetch", "compile", "registry", "cluster", "notify"]),
    ("line", &["pipeline", "deploy"]),
    ("front", &["cli", "operate"]),
    ("test", &["testkit"]),
];

/// Uses inside one layer that are meant.
const WITHIN: [(&str, &str); 5] = [
    ("tree", "hashing"),
    ("yaml", "diagnostics"),
    ("objects", "config"),
    ("release", "config"),
    ("operate", "cli"),
];

/// What base and core may not reach, even through others.
const FORBIDDEN_IN_CORE: [&str; 8] =
    ["tokio", "hyper", "reqwest", "rustls", "aws-config", "kube", "rustix", "tempfile"];

/// What no crate of the product may reach.
const FORBIDDEN: [&str; 5] =
    ["aws-lc-sys", "openssl-sys", "native-tls", "serde_yaml", "icu_normalizer"];

/// What may stand at the top of the repository, dot files apart.
const TOP: [&str; 13] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "apps",
    "crates",
    "docs",
    "environments",
    "flake.nix",
    "rust-toolchain.toml",
];
const TOP_MORE: [&str; 4] = ["tests", "xtask", "target", "flake.lock"];

/// Words that are never left behind, split here so that this file does not hold them.
const LEFT_BEHIND: [&str; 4] = [
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("#[ig", "nore"),
    concat!("dbg", "!("),
];

/// Names that say nothing of what a file holds.
const DRAWERS: [&str; 6] =
    ["utils.rs", "util.rs", "common.rs", "helpers.rs", "misc.rs", "types.rs"];

/// Runs every check and reports all that is wrong.
pub fn run() -> Result<(), String> {
    let graph = Graph::read()?;
    let mut wrong = Vec::new();
    wrong.extend(layers());
    wrong.extend(forbidden(&graph));
    wrong.extend(manifests());
    wrong.extend(sources());
    wrong.extend(documents());
    wrong.extend(top_level());
    for line in &wrong {
        eprintln!("{line}");
    }
    match wrong.len() {
        0 => Ok(()),
        count => Err(format!("{count} house rules are broken")),
    }
}

/// Who uses whom, from `cargo metadata`'s plain cousin: the manifests and the lock.
struct Graph {
    packages: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn read() -> Result<Self, String> {
        let lock = std::fs::read_to_string(root().join("Cargo.lock"))
            .map_err(|error| format!("Cargo.lock: {error}"))?;
        let packages = lock
            .split("[[package]]")
            .skip(1)
            .map(|block| (field(block, "name"), dependencies(block)));
        Ok(Self {
            packages: packages.fold(BTreeMap::new(), |mut all, (name, uses)| {
                all.entry(name).or_insert_with(BTreeSet::new).extend(uses);
                all
            }),
        })
    }

    /// Direct dependencies that a crate of ours is built with, tests apart.
    fn direct(manifest: &str) -> BTreeSet<String> {
        let normal = manifest.split("[dev-dependencies]").next().unwrap_or_default();
        let section = normal.split("[dependencies]").nth(1).unwrap_or_default();
        let section = section.split("\n[").next().unwrap_or_default();
        section
            .lines()
            .filter_map(|line| line.split(['.', ' ', '=']).next())
            .filter(|name| !name.is_empty() && !name.starts_with('#'))
            .map(str::to_owned)
            .collect()
    }

    fn reach(&self, start: &BTreeSet<String>) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let mut waiting: Vec<String> = start.iter().cloned().collect();
        while let Some(name) = waiting.pop() {
            if seen.insert(name.clone()) {
                let own = name
                    .strip_prefix("landfall-")
                    .and_then(manifest_of)
                    .map(|text| Self::direct(&text));
                let uses = own.or_else(|| self.packages.get(&name).cloned()).unwrap_or_default();
                waiting.extend(uses);
            }
        }
        seen
    }
}

fn field(block: &str, name: &str) -> String {
    let line = block.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_prefix('='));
    line.map(|value| value.trim().trim_matches('"').to_owned()).unwrap_or_default()
}

fn dependencies(block: &str) -> BTreeSet<String> {
    let list = block
        .split("dependencies = [")
        .nth(1)
        .and_then(|list| list.split(']').next())
        .unwrap_or_default();
    let names =
        list.lines().filter_map(|line| line.trim().trim_matches([',', '"']).split(' ').next());
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn manifest_of(krate: &str) -> Option<String> {
    std::fs::read_to_string(root().join("crates").join(krate).join("Cargo.toml")).ok()
}

fn layer_of(krate: &str) -> Option<usize> {
    LAYERS.iter().position(|(_, crates)| crates.contains(&krate))
}

fn crates() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("crates")).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

fn layers() -> Vec<String> {
    let mut wrong = Vec::new();
    for krate in crates() {
        let Some(layer) = layer_of(&krate) else {
            wrong.push(format!("crates/{krate}: error: it has no layer; give it one in xtask/src/tidy.rs and in ARCHITECTURE.md"));
            continue;
        };
        let uses = manifest_of(&krate).map(|text| Graph::direct(&text)).unwrap_or_default();
        for used in uses.iter().filter_map(|name| name.strip_prefix("landfall-")) {
            let meant = WITHIN.contains(&(krate.as_str(), used));
            if layer_of(used).is_some_and(|other| other >= layer) && !meant {
                wrong.push(format!("crates/{krate}/Cargo.toml: error: `{krate}` may not use `{used}`: data flows the other way; hand the value in from above"));
            }
        }
    }
    let known: BTreeSet<_> = crates().into_iter().collect();
    let listed = LAYERS.iter().flat_map(|(_, crates)| crates.iter());
    wrong.extend(listed.filter(|name| !known.contains(**name)).map(|name| {
        format!("xtask/src/tidy.rs: error: the crate `{name}` is gone; take it off the list")
    }));
    wrong
}

fn forbidden(graph: &Graph) -> Vec<String> {
    let mut wrong = Vec::new();
    for krate in crates().iter().filter(|krate| krate.as_str() != "testkit") {
        let start = manifest_of(krate).map(|text| Graph::direct(&text)).unwrap_or_default();
        let reached = graph.reach(&start);
        let core = layer_of(krate).is_some_and(|layer| layer <= 1);
        let bans = FORBIDDEN.iter().chain(FORBIDDEN_IN_CORE.iter().filter(|_| core));
        for name in bans.filter(|name| reached.contains(**name)) {
            wrong.push(format!("crates/{krate}/Cargo.toml: error: it reaches `{name}`, which it may not; `cargo tree -p landfall-{krate} -i {name}` says how"));
        }
    }
    wrong
}

/// Every package inherits the lints and the shared facts.
fn manifests() -> Vec<String> {
    let mut wrong = Vec::new();
    for krate in crates() {
        let text = manifest_of(&krate).unwrap_or_default();
        for line in
            ["edition.workspace = true", "license.workspace = true", "[lints]\nworkspace = true"]
        {
            if !text.contains(line) {
                wrong.push(format!(
                    "crates/{krate}/Cargo.toml: error: `{}` is missing",
                    line.replace('\n', " ")
                ));
            }
        }
    }
    wrong
}

fn sources() -> Vec<String> {
    let rust = |path: &Path| path.extension().is_some_and(|kind| kind == "rs");
    let folders = ["crates", "xtask", "tests", "apps"].map(|name| root().join(name));
    folders.iter().flat_map(|folder| files(folder, &rust)).flat_map(|path| source(&path)).collect()
}

fn source(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let shown = path.strip_prefix(root()).unwrap_or(path).display();
    let mut wrong = Vec::new();
    if !text.starts_with("//!") && !text.starts_with("#!") {
        wrong.push(format!("{shown}:1: error: it does not begin with `//!` and what it is for"));
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if DRAWERS.contains(&name) {
        wrong.push(format!(
            "{shown}: error: the name says nothing; name the file by the one noun it holds"
        ));
    }
    for (number, line) in text.lines().enumerate() {
        for word in LEFT_BEHIND.iter().filter(|word| line.contains(*word)) {
            wrong.push(format!(
                "{shown}:{}: error: `{word}` was left behind; finish it or take it out",
                number + 1
            ));
        }
    }
    wrong
}

/// Documents name files that are there.
fn documents() -> Vec<String> {
    let markdown = |path: &Path| path.extension().is_some_and(|kind| kind == "md");
    let mut paths = files(&root().join("docs"), &markdown);
    paths.extend(
        [
            "README.md",
            "ARCHITECTURE.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "apps/README.md",
            "environments/README.md",
        ]
        .map(|name| root().join(name)),
    );
    paths.iter().flat_map(|path| document(path)).collect()
}

fn document(path: &Path) -> Vec<String> {
    let shown = path.strip_prefix(root()).unwrap_or(path).display();
    let Ok(text) = std::fs::read_to_string(path) else {
        return vec![format!("{shown}: error: it is missing")];
    };
    let mut wrong = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for target in links(line) {
            let folder = path.parent().unwrap_or(root());
            if !folder.join(target).exists() {
                wrong.push(format!(
                    "{shown}:{}: error: it links to `{target}`, which is not there",
                    number + 1
                ));
            }
        }
        for name in line.split('`').skip(1).step_by(2).filter(|word| is_path(word)) {
            if !root().join(name).exists() {
                wrong.push(format!(
                    "{shown}:{}: error: it names `{name}`, which is not there",
                    number + 1
                ));
            }
        }
    }
    wrong
}

/// Targets of Markdown links that are files of the repository.
fn links(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets
        .filter_map(|target| target.split('#').next())
        .filter(|target| !target.is_empty() && !target.contains("://"))
}

/// A word in backticks that can only be a path of this repository.
fn is_path(word: &str) -> bool {
    let plain =
        word.chars().all(|symbol| symbol.is_ascii_alphanumeric() || "/._-".contains(symbol));
    let starts = ["crates/", "docs/", "tests/", "xtask/", "apps/myapp/", ".ci/"];
    plain && starts.iter().any(|start| word.starts_with(start))
}

fn top_level() -> Vec<String> {
    let entries = std::fs::read_dir(root()).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let foreign = names.filter(|name| {
        !name.starts_with('.')
            && !TOP.contains(&name.as_str())
            && !TOP_MORE.contains(&name.as_str())
    });
    foreign.map(|name| format!("{name}: error: it has no place at the top level")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_tidy() {
        assert_eq!(run(), Ok(()));
    }

    #[test]
    fn a_lock_entry_gives_its_name_and_what_it_uses() {
        let block =
            "\nname = \"a\"\nversion = \"1\"\ndependencies = [\n \"b\",\n \"c 2.0.0\",\n]\n";
        assert_eq!(field(block, "name"), "a");
        assert_eq!(dependencies(block), ["b", "c"].map(str::to_owned).into());
    }

    #[test]
    fn only_normal_dependencies_count() {
        let manifest =
            "[dependencies]\na.workspace = true\nb = \"1\"\n\n[dev-dependencies]\nc = \"1\"\n";
        assert_eq!(Graph::direct(manifest), ["a", "b"].map(str::to_owned).into());
    }

    #[test]
    fn links_and_paths_are_found_in_prose() {
        let line =
            "see [the map](ARCHITECTURE.md#map), `crates/image` and `cargo test`, [x](https://x)";
        assert_eq!(links(line).collect::<Vec<_>>(), ["ARCHITECTURE.md"]);
        let words: Vec<_> =
            line.split('`').skip(1).step_by(2).filter(|word| is_path(word)).collect();
        assert_eq!(words, ["crates/image"]);
    }
}
