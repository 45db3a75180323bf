//! What holds where an app says little: its one Rust binary is the image.

use std::collections::BTreeMap;

use landfall_diagnostics::Diagnostic;

use crate::document::{Content, Entry, Table};
use crate::problems::Problems;
use crate::{
    CargoInput, ImageSettings, Input, InputKind, Layer, Name, Owner, Placement, PlacementSource,
    Reserved, Spanned,
};

/// The user of an app that names none: numeric, not root, and the same as in other minimal images.
const USER: Owner = Owner { user_id: 65532, group_id: 65532 };

const BINARY_LINES: &str = r#"[inputs.server]
cargo = { package = "myapp-server" }"#;

const FILES_LINES: &str = r#"[[layers]]
name = "files"
files = { "files/www" = "/srv/www" }"#;

impl CargoInput {
    /// The binary's name: `bin`, or the package's.
    pub fn bin_name(&self) -> &str {
        &self.bin.as_ref().unwrap_or(&self.package).value
    }
}

/// Adds the default layer, entrypoint and user, or notes that nothing says what the image holds.
pub(crate) fn apply(
    document: &Table,
    inputs: &BTreeMap<Name, Input>,
    image: &mut ImageSettings,
    layers: &mut Vec<Layer>,
    problems: &mut Problems,
) {
    if says_layers(document) || document.table("app").is_none() {
        return;
    }
    let declared = document.entries("inputs");
    match inputs.iter().next() {
        Some((name, Input { kind: InputKind::Cargo(cargo), .. })) if declared.len() == 1 => {
            let input = Spanned { value: name.clone(), span: declared[0].key.span.clone() };
            *layers = vec![layer(input, cargo)];
            image.user.get_or_insert(USER);
            if image.entrypoint.is_empty() {
                image.entrypoint = vec![format!("/usr/bin/{}", cargo.bin_name())];
            }
        }
        _ if inputs.len() == declared.len() && !inputs.values().any(is_reserved) => {
            problems.push(no_layers(document, declared, inputs));
        }
        // Something is wrong with an input, and that was said.
        _ => {}
    }
}

/// Also a list of another type is something said, and was refused before.
fn says_layers(document: &Table) -> bool {
    document
        .get("layers")
        .is_some_and(|item| !matches!(&item.content, Content::List(items) if items.is_empty()))
}

fn is_reserved(input: &Input) -> bool {
    matches!(input.kind, InputKind::Reserved(Reserved::S3 | Reserved::GitHub | Reserved::Image))
}

fn layer(input: Spanned<Name>, cargo: &CargoInput) -> Layer {
    let name = Spanned { value: "app".parse().expect("`app` is a name"), span: input.span.clone() };
    let to = format!("usr/bin/{}", cargo.bin_name())
        .parse()
        .expect("names that cargo takes can stand in a path");
    let span = input.span.clone();
    let source = PlacementSource::Input(input);
    let placement = Placement { span, source, to, mode: None, owner: None };
    Layer { name, placements: vec![placement], compression: None }
}

fn no_layers(document: &Table, declared: &[Entry], inputs: &BTreeMap<Name, Input>) -> Diagnostic {
    let diagnostic = Diagnostic::error("config::no-layers", "nothing says what the image holds");
    if declared.is_empty() {
        let app = document.entry("app").map(|entry| &entry.item.span);
        return app
            .into_iter()
            .fold(diagnostic, |all, span| all.at(span, "an app without inputs and layers"))
            .help(format!("for a Rust binary add these lines:\n{BINARY_LINES}"))
            .help(format!("for files add these lines:\n{FILES_LINES}"));
    }
    let diagnostic =
        declared.iter().fold(diagnostic, |all, entry| all.at(&entry.key.span, "not placed"));
    let lines: Vec<_> = inputs.iter().map(|(name, input)| layer_lines(name, input)).collect();
    diagnostic.help(format!(
        "say where each input goes; for example, add these lines:\n{}",
        lines.join("\n")
    ))
}

/// A layer that places an input where such things usually are.
fn layer_lines(name: &Name, input: &Input) -> String {
    let (verb, to) = match &input.kind {
        InputKind::Cargo(cargo) => ("copy", format!("/usr/bin/{}", cargo.bin_name())),
        InputKind::Url(_) => ("unpack", format!("/opt/{name}")),
        InputKind::Path(_) | InputKind::Reserved(_) => ("copy", format!("/srv/{name}")),
    };
    format!("[[layers]]\nname = \"{name}\"\n{verb} = {{ input = \"{name}\", to = \"{to}\" }}")
}
