//! The house rules, each a check that says where and what to do instead.

mod graph;
mod version;

use std::path::Path;

use crate::paths::{files, root};
use graph::Graph;

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

/// What the program `landfall` may not reach: nothing of a cluster or a cloud is compiled for `build`.
const FORBIDDEN_FOR_BUILD: [&str; 5] =
    ["aws-*", "k8s-openapi", "kube*", "landfall-cluster", "landfall-deploy"];

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
    let workspace = Graph::read(&["--workspace"])?;
    let program = Graph::read(&["--package", PROGRAM])?;
    let crates = crates();
    let mut wrong = Vec::new();
    wrong.extend(layers(&workspace, &crates));
    wrong.extend(forbidden(&workspace, &crates));
    wrong.extend(forbidden_for_build(&program));
    wrong.extend(crates.iter().flat_map(|krate| manifest(krate, &manifest_of(krate))));
    wrong.extend(version::shared(&manifests(&crates)));
    wrong.extend(sources());
    wrong.extend(documents());
    wrong.extend(architecture(&read("ARCHITECTURE.md"), &crates));
    wrong.extend(top_level(&top_level_names()));
    for line in &wrong {
        eprintln!("{line}");
    }
    match wrong.len() {
        0 => Ok(()),
        count => Err(format!("{count} house rules are broken")),
    }
}

/// The package of `crates/cli`.
const PROGRAM: &str = "landfall";

/// The package of a folder of `crates/`.
fn package_of(krate: &str) -> String {
    if krate == "cli" { PROGRAM.into() } else { format!("{PROGRAM}-{krate}") }
}

/// The folder of `crates/` that a package would stand in; none where it is not ours.
fn crate_of(package: &str) -> Option<&str> {
    if package == PROGRAM { Some("cli") } else { package.strip_prefix("landfall-") }
}

/// A file of the repository; nothing where there is none.
fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_default()
}

fn manifest_of(krate: &str) -> String {
    read(&format!("crates/{krate}/Cargo.toml"))
}

/// Every Cargo.toml of the workspace whose versions are ours to share.
fn manifests(crates: &[String]) -> Vec<(String, String)> {
    let crates = crates.iter().map(|krate| format!("crates/{krate}/Cargo.toml"));
    let others = ["Cargo.toml", "xtask/Cargo.toml", "tests/Cargo.toml"].map(str::to_owned);
    others.into_iter().chain(crates).map(|path| (path.clone(), read(&path))).collect()
}

fn layer_of(krate: &str) -> Option<usize> {
    LAYERS.iter().position(|(_, crates)| crates.contains(&krate))
}

/// The folders of `crates/`, sorted.
fn crates() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("crates")).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

fn layers(graph: &Graph, crates: &[String]) -> Vec<String> {
    let listed = LAYERS.iter().flat_map(|(_, crates)| crates.iter());
    let gone = listed.filter(|name| !crates.iter().any(|krate| krate == *name)).map(|name| {
        format!("xtask/src/tidy.rs: error: the crate `{name}` is gone; take it off the list")
    });
    crates.iter().flat_map(|krate| uses_above(graph, krate)).chain(gone).collect()
}

/// What a crate uses that is not below it.
fn uses_above(graph: &Graph, krate: &str) -> Vec<String> {
    let Some(layer) = layer_of(krate) else {
        return vec![format!(
            "crates/{krate}: error: it has no layer; give it one in xtask/src/tidy.rs and in ARCHITECTURE.md"
        )];
    };
    let package = package_of(krate);
    let used = graph.direct(&package).filter_map(crate_of);
    let above = used.filter(|used| {
        let is_meant = WITHIN.contains(&(krate, used));
        layer_of(used).is_some_and(|other| other >= layer) && !is_meant
    });
    above
        .map(|used| format!("crates/{krate}/Cargo.toml: error: `{krate}` may not use `{used}`: data flows the other way; hand the value in from above"))
        .collect()
}

fn forbidden(graph: &Graph, crates: &[String]) -> Vec<String> {
    let judged = crates.iter().filter(|krate| krate.as_str() != "testkit");
    judged
        .flat_map(|krate| {
            let is_core = layer_of(krate).is_some_and(|layer| layer <= 1);
            let bans = FORBIDDEN.iter().chain(FORBIDDEN_IN_CORE.iter().filter(|_| is_core));
            reached(graph, krate, &bans.copied().collect::<Vec<_>>())
        })
        .collect()
}

/// `graph` is of the program alone: what only the crates that operate clusters turn on is not in it.
fn forbidden_for_build(graph: &Graph) -> Vec<String> {
    reached(graph, "cli", &FORBIDDEN_FOR_BUILD)
}

/// What a crate reaches of what it may not; a name that ends with `*` stands for all that begin so.
fn reached(graph: &Graph, krate: &str, bans: &[&str]) -> Vec<String> {
    let package = package_of(krate);
    let is_banned = |name: &str| {
        bans.iter().any(|ban| match ban.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == *ban,
        })
    };
    let found = graph.reach(&package).into_iter().filter(|name| is_banned(name));
    found
        .map(|name| format!("crates/{krate}/Cargo.toml: error: it reaches `{name}`, which it may not; `cargo tree -p {package} -i {name}` says how"))
        .collect()
}

/// Every package inherits the lints and the shared facts.
fn manifest(krate: &str, text: &str) -> Vec<String> {
    let wanted =
        ["edition.workspace = true", "license.workspace = true", "[lints]\nworkspace = true"];
    let missing = wanted.iter().filter(|line| !text.contains(**line));
    missing
        .map(|line| {
            let line = line.replace('\n', " ");
            format!("crates/{krate}/Cargo.toml: error: `{line}` is missing")
        })
        .collect()
}

fn sources() -> Vec<String> {
    let rust = |path: &Path| path.extension().is_some_and(|kind| kind == "rs");
    let folders = ["crates", "xtask", "tests", "apps"].map(|name| root().join(name));
    let paths = folders.iter().flat_map(|folder| files(folder, &rust));
    paths
        .flat_map(|path| {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            source(path.strip_prefix(root()).unwrap_or(&path), &text)
        })
        .collect()
}

fn source(path: &Path, text: &str) -> Vec<String> {
    let shown = path.display();
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
    let shown = |path: &Path| path.strip_prefix(root()).unwrap_or(path).to_owned();
    let judged = paths.iter().map(|path| match std::fs::read_to_string(path) {
        Ok(text) => document(&shown(path), &text),
        Err(_) => vec![format!("{}: error: it is missing", shown(path).display())],
    });
    judged.flatten().collect()
}

/// What a document, by its path in the repository, names that is not there.
fn document(path: &Path, text: &str) -> Vec<String> {
    let (shown, place) = (path.display(), root().join(path));
    let mut wrong = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for target in links(line) {
            let folder = place.parent().unwrap_or(root());
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

/// Every crate has its paragraph on the map, and no other has one.
fn architecture(text: &str, crates: &[String]) -> Vec<String> {
    let titles = text.lines().filter_map(|line| line.strip_prefix("**`crates/")?.split('`').next());
    let titles: Vec<_> = titles.collect();
    let missing = crates.iter().filter(|krate| !titles.contains(&krate.as_str()));
    let missing = missing.map(|krate| format!("ARCHITECTURE.md: error: it has no paragraph that begins with **`crates/{krate}`**: what it does, and what it must not know"));
    let gone = titles.iter().filter(|title| !crates.iter().any(|krate| krate == *title));
    let gone = gone.map(|title| {
        format!("ARCHITECTURE.md: error: it has a paragraph of `crates/{title}`, which is gone")
    });
    missing.chain(gone).collect()
}

fn top_level_names() -> Vec<String> {
    let entries = std::fs::read_dir(root()).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn top_level(names: &[String]) -> Vec<String> {
    let foreign = names.iter().filter(|name| {
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

    fn names<const COUNT: usize>(names: [&str; COUNT]) -> Vec<String> {
        names.map(str::to_owned).into()
    }

    /// What is wrong with a graph, beside that most of the crates are not in it.
    fn wrong_uses(tree: &str, krate: &str) -> Vec<String> {
        let mut wrong = layers(&Graph::parse(tree), &names([krate]));
        wrong.retain(|line| !line.contains("is gone"));
        wrong
    }

    #[test]
    fn a_crate_uses_what_is_below_it() {
        assert_eq!(wrong_uses("0landfall-image v1\n1landfall-hashing v1\n", "image"), [""; 0]);
        assert_eq!(wrong_uses("0landfall-tree v1\n1landfall-hashing v1\n", "tree"), [""; 0]);
        let said = |krate: &str, used: &str| {
            format!(
                "crates/{krate}/Cargo.toml: error: `{krate}` may not use `{used}`: data flows the other way; hand the value in from above"
            )
        };
        let above = "0landfall-image v1\n1landfall-store v1\n1landfall-archive v1\n";
        assert_eq!(wrong_uses(above, "image"), [said("image", "archive"), said("image", "store")]);
        let program = "0landfall-pipeline v1\n1landfall v1\n";
        assert_eq!(wrong_uses(program, "pipeline"), [said("pipeline", "cli")]);
    }

    #[test]
    fn a_crate_without_a_layer_and_a_layer_without_its_crate_are_told() {
        let wrong = layers(&Graph::parse(""), &names(["new"]));
        assert!(wrong[0].starts_with("crates/new: error: it has no layer"), "{wrong:?}");
        let gone = "xtask/src/tidy.rs: error: the crate `store` is gone; take it off the list";
        assert!(wrong.contains(&gone.to_owned()), "{wrong:?}");
    }

    #[test]
    fn what_may_not_be_reached_is_found_behind_others() {
        let tree = "0landfall-image v1\n1a v1\n2tokio v1\n3openssl-sys v1\n0landfall-store v1\n1tokio v1 (*)\n0landfall-testkit v1\n1openssl-sys v1\n";
        let said = |krate: &str, name: &str| {
            format!(
                "crates/{krate}/Cargo.toml: error: it reaches `{name}`, which it may not; `cargo tree -p landfall-{krate} -i {name}` says how"
            )
        };
        let wrong = forbidden(&Graph::parse(tree), &names(["image", "store", "testkit"]));
        let expected = [("image", "openssl-sys"), ("image", "tokio"), ("store", "openssl-sys")];
        assert_eq!(wrong, expected.map(|(krate, name)| said(krate, name)));
    }

    #[test]
    fn nothing_of_a_cluster_or_a_cloud_is_compiled_for_build() {
        let tree = |name: &str| format!("0landfall v1\n1landfall-pipeline v1\n2{name} v1\n");
        assert_eq!(forbidden_for_build(&Graph::parse(&tree("landfall-registry"))), [""; 0]);
        for name in ["kube-core", "k8s-openapi", "aws-config", "landfall-cluster"] {
            let expected = format!(
                "crates/cli/Cargo.toml: error: it reaches `{name}`, which it may not; `cargo tree -p landfall -i {name}` says how"
            );
            assert_eq!(forbidden_for_build(&Graph::parse(&tree(name))), [expected]);
        }
    }

    #[test]
    fn a_package_inherits_lints_and_facts() {
        let whole =
            "edition.workspace = true\nlicense.workspace = true\n[lints]\nworkspace = true\n";
        assert_eq!(manifest("x", whole), [""; 0]);
        let expected = ["license.workspace = true", "[lints] workspace = true"]
            .map(|line| format!("crates/x/Cargo.toml: error: `{line}` is missing"));
        assert_eq!(manifest("x", "edition.workspace = true\n"), expected);
    }

    #[test]
    fn a_source_says_what_it_is_for_has_a_name_and_leaves_nothing_behind() {
        let of = |path: &str, text: &str| source(Path::new(path), text);
        assert_eq!(of("a/layer.rs", "//! Layers.\n"), [""; 0]);
        let said = "a/layer.rs:1: error: it does not begin with `//!` and what it is for";
        assert_eq!(of("a/layer.rs", "fn layer() {}\n"), [said]);
        let said =
            "a/utils.rs: error: the name says nothing; name the file by the one noun it holds";
        assert_eq!(of("a/utils.rs", "//! Things.\n"), [said]);
        for word in LEFT_BEHIND {
            let text = format!("//! Layers.\n\n{word}\n");
            let said =
                format!("a/layer.rs:3: error: `{word}` was left behind; finish it or take it out");
            assert_eq!(of("a/layer.rs", &text), [said]);
        }
    }

    #[test]
    fn a_document_names_what_is_there() {
        let of = |text: &str| document(Path::new("docs/page.md"), text);
        assert_eq!(of("[style](style.md#code), `xtask/src/tidy.rs`, [x](https://x)"), [""; 0]);
        let gone = of("fine\n[gone](gone.md) and `crates/gone`");
        let expected = ["links to `gone.md`", "names `crates/gone`"]
            .map(|what| format!("docs/page.md:2: error: it {what}, which is not there"));
        assert_eq!(gone, expected);
    }

    #[test]
    fn the_map_has_every_crate_and_no_other() {
        let text = "The text of **`crates/c`** is no title.\n\n**`crates/a`** Does.\n\n**`crates/b`** Did.\n";
        assert_eq!(architecture(text, &names(["a", "b"])), [""; 0]);
        let expected = [
            "ARCHITECTURE.md: error: it has no paragraph that begins with **`crates/c`**: what it does, and what it must not know",
            "ARCHITECTURE.md: error: it has a paragraph of `crates/b`, which is gone",
        ];
        assert_eq!(architecture(text, &names(["a", "c"])), expected);
    }

    #[test]
    fn what_has_no_place_at_the_top_is_told() {
        let wrong = top_level(&names([".git", "README.md", "target", "notes.txt"]));
        assert_eq!(wrong, ["notes.txt: error: it has no place at the top level"]);
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
