//! Reads what a layer places: `unpack`, `copy`, `files`, `templates`, `directories`, `symlinks`.

use std::collections::BTreeMap;

use landfall_diagnostics::{Diagnostic, Span};
use landfall_tree::EntryPath;

use crate::app_path::AppPath;
use crate::conflicts::{Placed, Shape};
use crate::document::{Entry, Table};
use crate::glob::Glob;
use crate::image_path::ImagePath;
use crate::mode::Mode;
use crate::problems::Problems;
use crate::{Input, InputKind, Name, Owner, Placement, PlacementSource, Spanned, Unpack};

/// The keys that place something, in the order in which they do.
pub(super) const KINDS: [&str; 6] =
    ["unpack", "copy", "files", "templates", "directories", "symlinks"];

/// Everything that a layer places, kind by kind, and within a kind by destination.
pub(super) fn read(
    layer: &Table,
    inputs: &BTreeMap<Name, Input>,
    problems: &mut Problems,
) -> Vec<Placed> {
    let kinds = [
        collect(&layer.tables("unpack"), |table| read_unpack(table, problems)),
        collect(&layer.tables("copy"), |table| read_copy(table, inputs, problems)),
        collect(layer.entries("files"), |entry| read_file(entry, problems)),
        collect(layer.entries("templates"), |entry| read_template(entry, problems)),
        read_directories(layer, problems),
        collect(layer.entries("symlinks"), |entry| read_symlink(entry, problems)),
    ];
    kinds.into_iter().flat_map(by_destination).collect()
}

fn collect<T>(written: &[T], read: impl FnMut(&T) -> Option<Placed>) -> Vec<Placed> {
    written.iter().filter_map(read).collect()
}

fn by_destination(mut placed: Vec<Placed>) -> Vec<Placed> {
    placed.sort_by(|one, other| one.placement.to.cmp(&other.placement.to));
    placed
}

/// What is common to all kinds: where, and with which mode and owner.
struct Destination {
    to: Spanned<ImagePath>,
    mode: Option<u16>,
    owner: Option<Owner>,
}

impl Destination {
    fn of(to: Spanned<&str>, attributes: Option<&Table>, problems: &mut Problems) -> Option<Self> {
        let to = problems.parse::<ImagePath>(to);
        let text = |key| attributes.and_then(|table: &Table| table.text(key));
        let mode =
            text("mode").and_then(|text| problems.parse::<Mode>(text)).map(|mode| mode.value.0);
        let owner = text("owner").and_then(|text| problems.parse(text)).map(|owner| owner.value);
        Some(Self { to: to?, mode, owner })
    }

    fn in_table(table: &Table, problems: &mut Problems) -> Option<Self> {
        Self::of(table.text("to")?, Some(table), problems)
    }

    /// A map's value: the destination alone, or a table that holds it.
    fn in_entry(entry: &Entry, problems: &mut Problems) -> Option<Self> {
        match entry.item.table() {
            Some(table) => Self::in_table(table, problems),
            None => Self::of(entry.item.text()?, None, problems),
        }
    }

    fn names_folder(&self) -> bool {
        self.to.value.is_folder
    }

    fn is_root(&self) -> bool {
        self.to.value.path.is_root()
    }

    fn place(self, source: PlacementSource, shape: Shape, span: &Span) -> Placed {
        let Self { to, mode, owner } = self;
        let placement = Placement { span: span.clone(), source, to: to.value.path, mode, owner };
        Placed { placement, shape, to: to.span }
    }
}

fn read_unpack(table: &Table, problems: &mut Problems) -> Option<Placed> {
    let input = table.text("input").and_then(|text| problems.parse(text));
    let destination = Destination::in_table(table, problems);
    let [include, exclude, allow_special] =
        ["include", "exclude", "allow_special"].map(|key| globs(table, key, problems));
    let strip = table.integer("strip").and_then(|strip| strip.try_into().ok()).unwrap_or(0);
    let (keep_modes, keep_owners) = (keeps(table, "modes"), keeps(table, "owners"));
    if let (true, Some(owner)) = (keep_owners, table.entry("owner")) {
        problems.push(two_owners(table, owner));
    }
    let input = input?;
    let unpack = Unpack { input, strip, include, exclude, allow_special, keep_modes, keep_owners };
    Some(destination?.place(PlacementSource::Unpack(unpack), Shape::Folder, &table.span))
}

fn keeps(table: &Table, key: &str) -> bool {
    table.text(key).is_some_and(|text| text.value == "keep")
}

fn globs(table: &Table, key: &str, problems: &mut Problems) -> Vec<String> {
    let texts = table.texts(key).into_iter();
    texts.filter_map(|text| problems.parse::<Glob>(text)).map(|glob| glob.value.0).collect()
}

fn two_owners(table: &Table, owner: &Entry) -> Diagnostic {
    let message = "`owners = \"keep\"` and `owner` contradict each other";
    let diagnostic = Diagnostic::error("config::contradiction", message)
        .at(&owner.key.span, "one owner for all");
    let owners = table.entry("owners").map(|entry| &entry.key.span);
    let diagnostic = owners.into_iter().fold(diagnostic, |all, span| all.at(span, "each its own"));
    diagnostic.help("keep one of the two")
}

fn read_copy(
    table: &Table,
    inputs: &BTreeMap<Name, Input>,
    problems: &mut Problems,
) -> Option<Placed> {
    let input = table.text("input").and_then(|text| problems.parse::<Name>(text));
    let destination = Destination::in_table(table, problems)?;
    let input = input?;
    let kind = inputs.get(&input.value).map(|input| &input.kind);
    let (file_name, shape) = match kind {
        Some(InputKind::Cargo(cargo)) => (cargo.bin_name(), Shape::Leaf),
        Some(InputKind::Url(_)) => (input.value.as_str(), Shape::Leaf),
        _ => (input.value.as_str(), Shape::Unknown),
    };
    let is_open = destination.is_root() && matches!(shape, Shape::Unknown);
    if destination.names_folder() && !is_open {
        problems.push(folder_as_destination(&destination, file_name, shape));
    }
    Some(destination.place(PlacementSource::Input(input), shape, &table.span))
}

fn read_file(entry: &Entry, problems: &mut Problems) -> Option<Placed> {
    let source = problems.parse::<AppPath>(entry.key_text());
    let destination = Destination::in_entry(entry, problems)?;
    let source = source?;
    let shape = if source.value.is_folder { Shape::Folder } else { Shape::Unknown };
    if destination.names_folder() && !destination.is_root() && !source.value.is_folder {
        problems.push(folder_as_destination(&destination, base_name(&source.value.path), shape));
    }
    let source = Spanned { value: source.value.path, span: source.span };
    Some(destination.place(PlacementSource::File(source), shape, &entry.key.span))
}

fn read_template(entry: &Entry, problems: &mut Problems) -> Option<Placed> {
    let source = problems.parse::<AppPath>(entry.key_text());
    let destination = Destination::in_entry(entry, problems)?;
    let source = source?;
    if source.value.is_folder {
        problems.push(template_folder(&source));
    }
    if destination.names_folder() {
        problems.push(folder_as_destination(
            &destination,
            base_name(&source.value.path),
            Shape::Leaf,
        ));
    }
    let source = Spanned { value: source.value.path, span: source.span };
    Some(destination.place(PlacementSource::Template(source), Shape::Leaf, &entry.key.span))
}

fn read_symlink(entry: &Entry, problems: &mut Problems) -> Option<Placed> {
    let destination = Destination::of(entry.key_text(), None, problems);
    let target = entry.item.text()?;
    if target.value.is_empty() {
        problems.push(empty_target(&target.span));
    }
    let destination = destination?;
    if destination.names_folder() {
        problems.push(link_as_folder(&destination));
    }
    let source = PlacementSource::Symlink(target.value.to_owned());
    Some(destination.place(source, Shape::Leaf, &entry.key.span))
}

/// A list of paths, or a table of paths with their attributes.
fn read_directories(layer: &Table, problems: &mut Problems) -> Vec<Placed> {
    let listed = layer.texts("directories").into_iter().map(|text| (text, None));
    let described =
        layer.entries("directories").iter().map(|entry| (entry.key_text(), entry.item.table()));
    let written: Vec<_> = listed.chain(described).collect();
    collect(&written, |(text, attributes)| {
        let destination = Destination::of(text.clone(), *attributes, problems)?;
        if destination.is_root() {
            problems.push(root_as_directory(&text.span));
        }
        Some(destination.place(PlacementSource::Directory, Shape::Folder, &text.span))
    })
}

fn base_name(path: &EntryPath) -> &str {
    path.components().next_back().unwrap_or_default()
}

/// A slash at the end would have to mean "into": of a file it could be guessed, of a folder not.
fn folder_as_destination(destination: &Destination, file_name: &str, shape: Shape) -> Diagnostic {
    let to = &destination.to;
    let folder = to.value.path.as_str();
    let inside =
        if folder.is_empty() { format!("/{file_name}") } else { format!("/{folder}/{file_name}") };
    let message = "a destination is the whole path, and this one ends with a slash";
    let diagnostic =
        Diagnostic::error("config::trailing-slash", message).at(&to.span, "names a folder");
    match shape {
        Shape::Leaf => diagnostic.help(format!("write the name too, as in `{inside}`")),
        _ => diagnostic
            .help(format!("where it is a file, write its name too: `{inside}`"))
            .help(format!("where it is a folder, leave the slash out: `/{folder}`")),
    }
}

fn link_as_folder(destination: &Destination) -> Diagnostic {
    let to = &destination.to;
    let message = "the name of a symbolic link ends with a slash";
    let diagnostic =
        Diagnostic::error("config::trailing-slash", message).at(&to.span, "names a folder");
    match to.value.path.is_root() {
        true => diagnostic.help("name the link, as in `/usr/bin/sh`"),
        false => diagnostic.help(format!("leave the slash out: `/{}`", to.value.path)),
    }
}

fn template_folder(source: &Spanned<AppPath>) -> Diagnostic {
    let message = "a template is one file, and this path ends with a slash";
    let diagnostic =
        Diagnostic::error("config::trailing-slash", message).at(&source.span, "names a folder");
    diagnostic.help("name each template by itself, as in `templates/nginx.conf`")
}

fn empty_target(span: &Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("config::path", "a symbolic link says nothing").at(span, "empty");
    diagnostic.help("write what the link points at, as in `busybox` or `/usr/bin/busybox`")
}

fn root_as_directory(span: &Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("config::path", "the image's root is always there").at(span, "the root");
    diagnostic.help("take it away; name the folders below it")
}
