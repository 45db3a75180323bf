//! umoci unpacks each image, and what it wrote is what was asked for.
//!
//! trees.txt has a block an app, the same for all its platforms, and a line a path:
//! `PATH MODE USER:GROUP SECONDS KIND`, where the kind is `folder`, `link TARGET`, `file SHA-256`
//! (the first twelve digits), or `same PATH` for a hard link.
//! `LANDFALL_BLESS=new` writes blocks of apps that have none; each has to be read by a person.

#![allow(clippy::disallowed_methods, reason = "new blocks are written where a variable says so")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use landfall_testkit::{ImageLayout, UnpackedEntry, UnpackedKind};

use crate::plain::{has_zstd, plain};
use crate::world::{platforms, world};

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("judged/trees.txt")
}

/// Blocks by their first line.
fn wanted() -> BTreeMap<String, String> {
    let text = fs::read_to_string(file()).unwrap_or_default();
    let blocks = text.split("\n\n").filter_map(|block| block.trim().split_once('\n'));
    blocks.map(|(title, lines)| (title.to_owned(), lines.to_owned())).collect()
}

/// An entry as trees.txt has it.
pub fn line(entry: &UnpackedEntry) -> String {
    let UnpackedEntry { path, mode, user, group, modified_seconds, .. } = entry;
    assert_eq!(entry.modified_nanoseconds, 0, "{}", path.display());
    let kind = match (&entry.hard_link_to, &entry.kind) {
        (Some(first), _) => format!("same {}", first.display()),
        (None, UnpackedKind::Directory) => "folder".into(),
        (None, UnpackedKind::File { sha256 }) => format!("file {}", &sha256[..12]),
        (None, UnpackedKind::Symlink { target }) => format!("link {}", target.display()),
        (None, UnpackedKind::Other(letter)) => {
            panic!("{}: a `{letter}` in an image", path.display())
        }
    };
    format!("{} {mode:04o} {user}:{group} {modified_seconds} {kind}", path.display())
}

fn bless(found: &BTreeMap<String, String>) {
    let mut blocks = wanted();
    for (title, lines) in found {
        blocks.entry(title.clone()).or_insert_with(|| lines.clone());
    }
    let blocks: Vec<_> =
        blocks.iter().map(|(title, lines)| format!("{title}\n{lines}\n")).collect();
    fs::write(file(), blocks.join("\n")).expect("trees.txt can be written");
}

fn unpacked(app: &str, image: &ImageLayout, platform: &str) -> Vec<UnpackedEntry> {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = has_zstd(image, platform).then(|| plain(image, platform, folder.path()));
    let image = plain.as_ref().unwrap_or(image);
    world().rig.unpack(image, platform).unwrap_or_else(|error| panic!("{app}: {error}"))
}

#[test]
fn every_image_unpacks_to_what_was_asked_for() {
    let mut found = BTreeMap::new();
    for (app, image) in &world().images {
        for platform in platforms(image) {
            let lines: Vec<_> = unpacked(app, image, platform).iter().map(line).collect();
            let lines = lines.join("\n");
            let other = found.insert(app.clone(), lines.clone());
            assert!(
                other.is_none_or(|other| other == lines),
                "{app} is another tree on {platform}"
            );
        }
    }
    if std::env::var("LANDFALL_BLESS").is_ok_and(|value| value == "new") {
        bless(&found);
    }
    for (title, lines) in wanted() {
        assert_eq!(found.remove(&title), Some(lines), "{title}");
    }
    assert!(found.is_empty(), "not in trees.txt: {:?}", found.keys());
}
