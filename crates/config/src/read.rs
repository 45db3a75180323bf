//! Turns the text of an `app.toml` into an [`App`], or into every problem that it has.

mod archives;
mod identity;
mod image;
mod inputs;
mod kubernetes;
mod layers;
mod placements;
mod references;

use std::sync::Arc;

use landfall_diagnostics::{Diagnostic, Source};
use landfall_tree::EntryPath;

use crate::app_path::AppPath;
use crate::document::{self, Table};
use crate::problems::{Problems, has_error};
use crate::{App, Spanned, defaults, fields, shape};

/// What the command line says in the place of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--set version=…`.
    pub version: Option<String>,
}

/// Turns an `app.toml` into a checked [`App`] and all that is to be said of it.
///
/// There is an app where no diagnostic is an error; warnings stand beside it. The diagnostics come
/// in the order of the file.
pub fn read_app(source: &Arc<Source>, overrides: &Overrides) -> (Option<App>, Vec<Diagnostic>) {
    let (document, syntax) = document::parse(source);
    let mut problems = Problems::default();
    shape::check(&document, &fields::APP_FILE, &mut problems);
    let app = assemble(&document, overrides, &mut problems);
    let diagnostics = syntax.join(problems.into_sorted());
    (app.filter(|_| !has_error(&diagnostics)), diagnostics)
}

/// Reads every part, whatever is wrong with another.
fn assemble(document: &Table, overrides: &Overrides, problems: &mut Problems) -> Option<App> {
    let identity = identity::read(document, overrides, problems);
    let inputs = inputs::read(document, &identity.platforms, problems);
    let mut image = image::read(document, problems);
    let mut layers = layers::read(document, &inputs, problems);
    let objects =
        document.table("kubernetes").and_then(|table| app_path(table, "objects", problems));
    let kubernetes = kubernetes::read(document, problems);
    archives::check(document, &inputs, problems);
    references::check(document, &inputs, problems);
    defaults::apply(document, &inputs, &mut image, &mut layers, problems);
    Some(App {
        name: identity.name?,
        version: identity.version?,
        environments: identity.environments,
        platforms: identity.platforms,
        inputs,
        image,
        layers,
        objects,
        templates: kubernetes.templates,
        config_maps: kubernetes.config_maps,
        shared: kubernetes.shared,
        values: kubernetes.values,
    })
}

/// A key's path below its folder; a slash at its end changes nothing.
pub(crate) fn app_path(
    table: &Table,
    key: &str,
    problems: &mut Problems,
) -> Option<Spanned<EntryPath>> {
    let path = problems.parse::<AppPath>(table.text(key)?)?;
    Some(Spanned { value: path.value.path, span: path.span })
}
